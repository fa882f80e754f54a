from pathlib import Path

from typer.testing import CliRunner

from shopwindow.cli import app

LOG = "user_id,sku,event,timestamp\n" + "".join(f"robot,i{n},view,{1700000000 + n}\n" for n in range(60))


def run(*words: str | Path) -> str:
    done = CliRunner(env={"COLUMNS": "80"}).invoke(app, [str(word) for word in words])
    if done.exception:
        raise done.exception
    return done.output


def test_quality_prints_verdicts_that_fit_80_columns_and_writes_the_page(tmp_path: Path) -> None:
    shop = tmp_path / "s"
    run("init", "--shop", shop)
    (tmp_path / "log.csv").write_text(LOG)
    assert f"shopwindow quality --shop {shop}" in run("import", "--shop", shop, tmp_path / "log.csv").replace(
        "\n", ""
    )
    shown = run("quality", "--shop", shop)
    assert "programs" in shown
    assert "personal history" in shown
    assert max(len(line) for line in shown.splitlines() if str(tmp_path) not in line) <= 80
    assert "behave like programs" in (shop / "reports" / "quality.html").read_text()
    assert run("quality", "--shop", shop, "--list-programs") == "robot\n"


def test_an_empty_shop_is_told_what_to_do(tmp_path: Path) -> None:
    run("init", "--shop", tmp_path)
    assert f"shopwindow import --shop {tmp_path} FILE" in run("quality", "--shop", tmp_path)
