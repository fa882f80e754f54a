from pathlib import Path

import pytest

from shopwindow.charts import bars, heat, lines, points
from shopwindow.document import Chart, Document, Grid, Section, Text, Verdict


def page(*blocks: Text | Verdict | Grid | Chart) -> str:
    return Document(title="T", lead="what it is", sections=(Section("S", blocks),)).html()


def test_what_a_shop_wrote_into_its_data_is_shown_and_never_run() -> None:
    html = page(Text("<script>a</script>"), Grid(headings=("<b>",), rows=(("<i>x</i>",),)))
    assert "<script" not in html
    assert "&lt;script&gt;a" in html
    assert "&lt;i&gt;x" in html


def test_a_column_of_figures_stands_to_the_right() -> None:
    html = page(Grid(headings=("name", "count"), rows=(("shoes", "1,200"), ("hats", "-3"))))
    assert "<td class=right>1,200</td>" in html
    assert "<td>shoes</td>" in html


def test_charts_that_follow_one_another_stand_side_by_side() -> None:
    chart = Chart(svg="<?xml?><svg></svg>", caption="c")
    assert page(chart, chart).count('class="charts"') == 1
    assert page(chart, Text("between"), chart).count('class="charts"') == 2


def test_a_page_needs_nothing_from_the_network(tmp_path: Path) -> None:
    svg = lines({"a": ([1, 2], [3, 4]), "b": ([1, 2], [4, 3])}, ("x", "y"), log="x", dots=True)
    html = Document(title="T", lead="l", sections=(Section("S", (Chart(svg=svg, caption="c"),)),))
    written = html.write(tmp_path / "deep" / "page.html").read_text(encoding="utf-8")
    assert "<script" not in written
    assert "src=" not in written
    assert "@import" not in written


@pytest.mark.parametrize(
    "draw",
    [
        lambda: lines({"one": ([1.0, 2.0], [0.5, 0.7])}, ("k", "recall")),
        lambda: bars({"ours": [1.0, 2.0]}, ["a", "b"], "share", errors={"ours": ([0.1, 0.1], [0.2, 0.2])}),
        lambda: points({"m": ([1.0], [2.0])}, ("popularity", "recall"), named=True),
        lambda: heat([[1.0, 2.0], [3.0, 0.0]], ["0", "1"], ["Mon", "Tue"], ("hour", "actions")),
    ],
)
def test_equal_charts_are_equal_texts(draw) -> None:  # type: ignore[no-untyped-def]
    assert draw() == draw()
    assert "<svg" in draw()


def test_a_legend_of_many_names_stands_below_the_axes_and_takes_nothing_of_their_width() -> None:
    def size(number: int) -> list[float]:
        svg = lines({f"model {n}": ([1, 2], [n, n + 1]) for n in range(number)}, ("k", "recall"))
        return [float(each) for each in svg.partition('viewBox="')[2].partition('"')[0].split()[2:]]

    (width, height), (wide, high) = size(4), size(12)
    assert wide == width
    assert high == pytest.approx(height + 0.2 * 72 * 4)  # inches, points an inch, 12 names in lines of 3
