import pytest
from tests.conftest import brand_dataset, brand_tables

from shopwindow.datasets.split import SplitSpec
from shopwindow.training.page_split import page_split


@pytest.fixture(scope="session")
def pages():
    """Brands that customers like."""
    tables = brand_tables(num_customers=20, num_pages=400)
    return page_split(brand_dataset(tables), tables, SplitSpec(valid_share=0.2, test_share=0.2))
