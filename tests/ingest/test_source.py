from pathlib import Path

import pytest

from shopwindow.errors import IngestError, SchemaError
from shopwindow.ingest.source import FieldMapping, Source, merged, read_mapping

MAPPING = """
[actions]
time = "s"
names = ["user", "product", "what", "stamp"]
columns = {item = "product", action = "what", at = "stamp"}
constants = {surface = "home"}
values.action = {pv = "click", ping = "-"}
"""


def test_a_mapping_file_says_all_that_flags_say(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING)
    assert read_mapping(path, "actions") == FieldMapping(
        columns=(("item", "product"), ("action", "what"), ("at", "stamp")),
        values=(("action", "pv", "click"), ("action", "ping", "-")),
        constants=(("surface", "home"),),
        names=("user", "product", "what", "stamp"),
        time="s",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[items]\n", r"field 'actions': expected a part \[actions\], came \['items'\]"),
        ("[actions]\ncolour = 1\n", r"field 'actions\.colour': expected one of category_separator"),
        ("[actions]\nnames = 1\n", r"field 'actions\.names': expected a list of texts, came 1"),
        ("[actions]\ncolumns = {item = 3}\n", r"field 'actions\.columns': expected a table of texts"),
        ("[actions]\nvalues = 3\n", r"field 'actions\.values': expected a table per field, came 3"),
        ('[actions]\nyear = "x"\n', r"field 'actions\.year': expected a whole number, came 'x'"),
        ('[actions]\nform = "xml"\n', r"field 'form': expected one of csv, jsonl"),
        ("[actions\n", r"expected TOML"),
    ],
)
def test_a_wrong_mapping_file_is_named(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(SchemaError, match=message):
        read_mapping(path, "actions")


def test_flags_count_before_the_file() -> None:
    flags = FieldMapping(columns=(("item", "sku"),), time="ms")
    file = FieldMapping(columns=(("item", "product"), ("at", "stamp")), time="s", year=2014)
    both = merged(flags, file)
    assert both.columns == (("item", "sku"), ("at", "stamp"))
    assert (both.time, both.year) == ("ms", 2014)


def test_there_are_five_tables() -> None:
    with pytest.raises(IngestError, match=r"expected a table of actions, pages, .*, came 'orders'"):
        Source(Path("x.csv"), "orders")
