import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from shopwindow.cli import app
from shopwindow.errors import ConfigError

LOG = "user_id,sku,event,timestamp\nu,a,view,1700000000\nu,b,ping,1700000001\n"
GOOD = '{"type":"action","event_id":"1","customer":"u","item":"a","action":"click"}\n'
BAD = '{"type":"action","event_id":"2","customer":"u","item":"nope","action":"click"}\n'


def run(*words: str | Path, stdin: str = "") -> Result:
    done = CliRunner(env={"COLUMNS": "80"}).invoke(app, [str(word) for word in words], input=stdin)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A shop that knows item a."""
    run("init", "--shop", tmp_path / "s")
    (tmp_path / "first.csv").write_text("user_id,sku,event,timestamp\nu,a,view,1700000000\n")
    run("import", "--shop", tmp_path / "s", tmp_path / "first.csv")
    return tmp_path / "s"


def test_a_file_is_shown_with_reasons_and_exit_code_one(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(LOG)
    done = run("validate", "--shop", shop, tmp_path / "log.csv")
    assert done.exit_code == 1
    for words in ("user_id", "guessed", "1 would be taken", "1 would be refused", "came 'ping'"):
        assert words in done.output.replace("\n", " ")
    fixed = run("validate", "--shop", shop, tmp_path / "log.csv", "--value", "action:ping=-")
    assert (fixed.exit_code, "all rows would be taken" in fixed.output) == (0, True)


def test_a_stream_of_events_is_judged_as_the_server_would(shop: Path) -> None:
    done = run("validate", "--shop", shop, "--json", "-", stdin=GOOD + "\n" + BAD)
    assert done.exit_code == 1
    said = json.loads(done.output)
    assert (said["ok"], said["rows"], said["good"], said["refused"]) == (False, 2, 1, 1)
    assert (said["reasons"][0]["field"], said["reasons"][0]["first_line"]) == ("item", 3)
    assert run("validate", "--shop", shop, "-", stdin=GOOD).exit_code == 0


def test_a_file_of_events_is_told_from_a_table(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text(GOOD)
    (tmp_path / "table.jsonl").write_text('{"user":"u","item":"a","action":"click","at":1700000005}\n')
    done = run("validate", "--shop", shop, "--json", tmp_path / "events.jsonl", tmp_path / "table.jsonl")
    assert [json.loads(line)["form"] for line in done.output.splitlines()] == ["events", "actions"]
    assert done.exit_code == 0


def test_a_file_that_begins_with_a_word_of_consent_is_one_of_events(shop: Path, tmp_path: Path) -> None:
    consent = '{"type":"consent","event_id":"3","customer":"u","consent":false}\n'
    (tmp_path / "events.jsonl").write_text(consent + GOOD)
    said = json.loads(run("validate", "--shop", shop, "--json", tmp_path / "events.jsonl").output)
    assert (said["form"], said["rows"], said["good"]) == ("events", 2, 2)


def test_events_that_are_not_there_are_named(shop: Path) -> None:
    with pytest.raises(ConfigError, match="expected a file of JSON lines, came nothing there"):
        run("validate", "--shop", shop, "none.jsonl", "--form", "events")
