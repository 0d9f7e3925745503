"""``chaintwin ingest``, ``replay`` and ``refused``: events into the log of a project at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from chaintwin.cli.application import app
from chaintwin.examples import Example, load
from chaintwin.network import write

FAULTY = '{"type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-03-01T08:00:00Z", "epcList": []}\n'


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the beer game beside a run of it as events."""
    folder = tmp_path / "beer"
    write(load(Example.BEER_GAME), folder)
    assert command("trace", folder, "--periods", 4, "--events", tmp_path / "run.jsonl").exit_code == 0
    return folder


def told(*words: object) -> dict[str, int]:
    """Run a command with --json and return what became of the first source."""
    document = json.loads(command(*words, "--json").stdout)
    first: dict[str, int] = document["sources"][0]
    return first


def test_ingest__each_event_once(project: Path) -> None:
    feed = project.parent / "run.jsonl"
    count = len(feed.read_bytes().splitlines())
    assert told("ingest", project, feed, "--dry-run")["accepted"] == count
    assert not (project / ".twin").exists()
    assert told("ingest", project, feed)["accepted"] == count
    assert (project / ".twin" / "log.db").is_file()
    again = told("ingest", project, feed, "--anew", "--dry-run")
    assert (again["accepted"], again["duplicate"]) == (0, count)
    assert told("ingest", project, feed, "--anew")["duplicate"] == count
    later = json.loads(command("state", project, "--json").stdout)
    assert later["summary"]["discrepancies"] == 0


def test_refused__tells_what_was_set_aside(project: Path) -> None:
    feed = project.parent / "faulty.jsonl"
    feed.write_text(FAULTY)
    ran = command("ingest", project, feed)
    assert ran.exit_code == 1
    shown = command("refused", project, "--json")
    assert "eventTimeZoneOffset" in shown.stdout
    out = project.parent / "refused.jsonl"
    assert command("refused", project, "--out", out).exit_code == 0
    assert "2026-03-01T08:00:00Z" in out.read_text()


def test_replay__a_part_by_time_and_then_the_rest(project: Path) -> None:
    feed = project.parent / "run.jsonl"
    count = len(feed.read_bytes().splitlines())
    assert command("replay", feed, "--project", project, "--until", "2026-01-10").exit_code == 0
    some = len(json.loads(command("state", project, "--json").stdout)["tables"])
    assert some
    assert command("replay", feed, "--project", project).exit_code == 0
    assert told("ingest", project, feed)["duplicate"] == count


def test_ingest__what_cannot_be_read(project: Path) -> None:
    ran = command("refused", project)
    assert ran.exit_code == 2
    assert "found no log" in " ".join(ran.stderr.split())
    ran = command("ingest", project, project.parent / "nothing.jsonl")
    assert ran.exit_code == 2
    assert "nothing.jsonl" in "".join(ran.stderr.split())
    run = project.parent / "run.jsonl"
    for words in (
        ["ingest", project, "https://me:pass-word@host/v2"],
        ["replay", "x://pass-word@host", "--project", project],
        ["replay", run, "--project", project, "--to", "http://me:pass-word@host/epcis"],
    ):
        ran = command(*words)
        assert ran.exit_code == 2
        assert "token-file" in ran.stderr
        assert "pass-word" not in ran.output
