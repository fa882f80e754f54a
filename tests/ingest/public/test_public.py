from shopwindow.ingest.public import PUBLIC
from shopwindow.ingest.public_names import ABOUT


def test_every_set_is_told_in_a_line_and_every_line_has_a_set() -> None:
    assert list(ABOUT) == list(PUBLIC)
