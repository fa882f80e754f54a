import json
from pathlib import Path

from tests.ingest.quality.conftest import Look
from tests.ingest.quality.files import HEALTHY, PLAIN, SHOE, File, log

from shopwindow.ingest.quality.page import quality_page
from shopwindow.ingest.quality.report import write_json


def test_what_a_shop_wrote_into_its_files_is_shown_and_never_run(look_at: Look) -> None:
    nasty = "<script>alert(1)</script>"
    unknown = log(("u", nasty, "click", 0), ("u", nasty, nasty, 1))
    html = quality_page(look_at([SHOE, unknown])).html()
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)") == 4  # rejected, unknown action, unknown item, busiest


def test_the_page_ends_with_what_the_data_supports_and_where_to_begin(look_at: Look) -> None:
    report = look_at(HEALTHY)
    page = quality_page(report)
    assert [each.heading for each in page.sections[-2:]] == [
        "What this shop's data can support",
        "Where to begin",
    ]
    html = page.html()
    assert "No check found anything that needs a look." in html
    assert html.count("<svg") == 6  # per day, new, hours, two spreads, funnel
    for finding in report.findings:
        assert finding.name in html


def test_what_is_wrong_comes_with_examples_and_a_remedy(look_at: Look) -> None:
    html = quality_page(look_at([File(PLAIN.content.replace(",click,", ",ping,", 1))])).html()
    assert "<td>ping</td>" in html
    assert "Add the action with its gain to shop.toml" in html


def test_the_page_names_no_customer(look_at: Look) -> None:
    rows = [("anna@example.org", f"i{n}", "click", n) for n in range(60)]
    html = quality_page(look_at([log(*rows)])).html()
    assert "behave like programs" in html
    assert "anna" not in html


def test_an_empty_shop_is_welcomed(look_at: Look) -> None:
    html = quality_page(look_at([])).html()
    assert "Nothing was imported yet." in html
    assert "shopwindow import" in html
    assert "<svg" not in html


def test_machines_get_everything(look_at: Look, tmp_path: Path) -> None:
    report = look_at([PLAIN])
    write_json(report, tmp_path / "new" / "quality.json")
    said = json.loads((tmp_path / "new" / "quality.json").read_text())
    assert said["figures"]["actions"] == 2
    assert [each["name"] for each in said["findings"]] == [each.name for each in report.findings]
    assert {"name", "verdict", "count", "share", "examples", "remedy", "command"} <= set(said["findings"][0])
