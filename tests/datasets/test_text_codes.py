import pyarrow as pa

from shopwindow.datasets.text_codes import text_codes


def test_each_distinct_text_is_coded_once_and_null_is_no_code() -> None:
    asked: list[str] = []

    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    column = pa.chunked_array([["boots", None], ["", "boots"]], pa.string())
    assert text_codes(column, length).tolist() == [5, -1, 0, 5]
    assert sorted(asked) == ["", "boots"]


def test_an_empty_column_has_no_codes() -> None:
    assert text_codes(pa.chunked_array([], pa.string()), len).tolist() == []
