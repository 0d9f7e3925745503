"""``chaintwin log``: back up, restore, verify, copy and upgrade at the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from chaintwin.cli.application import app
from chaintwin.cli.commands.log.places import point_of, shown
from chaintwin.clock import SetClock
from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.network import write
from chaintwin.store.opening import open_store
from tests.serve.documents import document
from tests.store.making import record_of
from tests.store.test_migrating import as_version_0
from tests.twin.simulated import HEAD

SECOND = 1_000_000


def command(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def told(*words: object, code: int = 0) -> Any:
    """Run a command with --json and return its document."""
    ran = command("log", *words, "--json")
    assert ran.exit_code == code, f"{ran.stdout}\n{ran.stderr}"
    return json.loads(ran.stdout)


def said(ran: Result) -> str:
    return " ".join(ran.stderr.split())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the beer game with a log of four entries, one a second, the third with a value of a person."""
    folder = tmp_path / "beer"
    write(load(Example.BEER_GAME), folder)
    (folder / ".twin").mkdir()
    with open_store(folder / ".twin" / "log.db", clock=SetClock(now=1)) as store:
        for number in range(1, 5):
            store.append([record_of(number, subject="ada" if number == 3 else "")], received_at=number * SECOND)
    return folder


def test_backup__and_back_into_a_project(project: Path) -> None:
    file, other = project.parent / "backup.db", project.parent / "other"
    found = told("backup", project, file)
    assert found["events"] == 4
    assert Path(found["key_file"]) == project.parent / "backup.db.key"
    assert told("verify", file)["root"] == found["root"]
    write(load(Example.BEER_GAME), other)
    assert told("restore", file, other)["root"] == found["root"]
    whole = told("verify", other)
    assert (whole["events"], whole["root"], whole["findings"]) == (4, found["root"], [])


def test_backup__replaces_only_when_told_to(project: Path) -> None:
    file = project.parent / "backup.db"
    told("backup", project, file)
    before = file.read_bytes()
    assert "--replace" in said(command("log", "backup", project, file))
    assert file.read_bytes() == before
    with open_store(project / ".twin" / "log.db") as store:
        # A log that is being written is read all the same.
        store.append([record_of(9)], received_at=9 * SECOND)
        assert told("backup", project, file, "--replace")["events"] == 5
    for wrong in (project / ".twin" / "log.db", project.parent / "no" / "such.db"):
        assert command("log", "backup", project, wrong, "--replace").exit_code == 2
    assert told("verify", project)["events"] == 5


def test_backup__not_over_a_log_that_is_written(project: Path) -> None:
    written = project.parent / "written.db"
    with open_store(written) as store:
        store.append([record_of(1)], received_at=1)
        ran = command("log", "backup", project, written, "--replace")
        assert ran.exit_code == 2
        assert "open for writing" in said(ran)
        assert store.head().sequence == 1


@pytest.mark.parametrize(("point", "events"), [("2", 2), ("1970-01-01T00:00:03", 3), ("1970-01-01T01:00:02.5+01:00", 2)])
def test_restore__to_a_point(project: Path, point: str, events: int) -> None:
    file = project.parent / "backup.db"
    told("backup", project, file)
    assert told("restore", file, project.parent / "then.db", "--to", point)["events"] == events
    assert told("verify", project.parent / "then.db")["findings"] == []


@pytest.mark.parametrize("point", ["0", "5", "soon", "1970-01-01", "1970-01-01T00:00:00.5"])
def test_restore__refuses_a_point_that_nothing_is_of(project: Path, point: str) -> None:
    target = project.parent / "then.db"
    ran = command("log", "restore", project, target, "--to", point)
    assert ran.exit_code == 2
    assert "--to" in said(ran)
    assert not target.exists()


def test_restore__keeps_a_log_that_is_there(project: Path) -> None:
    file = project.parent / "backup.db"
    told("backup", project, file)
    with open_store(project / ".twin" / "log.db") as store:
        store.append([record_of(9)], received_at=9 * SECOND)
        in_use = command("log", "restore", file, project)
    assert in_use.exit_code == 2
    assert "open for writing" in said(in_use)
    closed = command("log", "restore", file, project)
    assert closed.exit_code == 2
    assert "found a log in it" in said(closed)
    assert told("verify", project)["events"] == 5


def test_restore__erases_again(project: Path) -> None:
    file, target = project.parent / "backup.db", project.parent / "new.db"
    told("backup", project, file)
    told("restore", file, target, "--erased", "ada")
    with open_store(target, read_only=True) as store:
        assert [value for _, value in store.entries_of([3])[0].personal] == [None]
    with open_store(file, read_only=True) as store:
        assert None not in [value for _, value in store.entries_of([3])[0].personal]


def test_verify__tells_what_was_changed(project: Path) -> None:
    log = project / ".twin" / "log.db"
    with open_store(log) as store:
        writer = store.database.writer()
        writer.begin()
        writer.run("UPDATE facts SET occurred_at = 77 WHERE sequence = 2")
        writer.commit()
        writer.close()
    found = told("verify", project, code=1)
    assert "store.checksum" in {finding["code"] for finding in found["findings"]}
    ran = command("log", "verify", project)
    assert ran.exit_code == 1
    assert "is not what was written" in " ".join(ran.stdout.split())
    content = bytearray(log.read_bytes())
    content[5_000] ^= 1
    log.write_bytes(bytes(content))
    assert command("log", "verify", log).exit_code == 1


def test_copy__to_another_kind_and_back(project: Path, postgresql_url: Any) -> None:
    url, key = postgresql_url(), project.parent / "pg.key"
    assert "key_file" in said(command("log", "copy", project, url))
    there = told("copy", project, url, "--key-file", key)
    assert Path(there["key_file"]) == key
    back = told("copy", url, project.parent / "back.db", "--key-file", key)
    assert back["events"] == 4
    assert back["root"] == there["root"] == told("verify", url, "--key-file", key)["root"]
    assert told("backup", url, project.parent / "kept.db", "--key-file", key)["root"] == back["root"]
    with open_store(project.parent / "back.db", read_only=True) as store:
        assert None not in [value for _, value in store.entries_of([3])[0].personal]


@pytest.mark.parametrize("name", ["ingest", "replay"])
def test_feeding__persons_in_a_database_need_the_file_of_their_key(project: Path, postgresql_url: Any, name: str) -> None:
    url, key, file = postgresql_url(), project.parent / "pg.key", project.parent / "person.json"
    seen = {
        "type": "ct:PersonSeen",
        "eventTime": "2026-01-05T08:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "bizLocation": {"id": "https://example.org/plant"},
        "ct:present": True,
        "ct:person": "p-17",
        "ct:person_name": "Ann Doe",
    }
    file.write_text(json.dumps(document(seen, context=HEAD["@context"])))
    places = (file, "--project", project) if name == "replay" else (project, file)
    without = command(name, *places, "--store", url)
    assert without.exit_code != 0
    assert "--key-file" in said(without) + " ".join(without.stdout.split())
    ran = command(name, *places, "--store", url, "--key-file", key)
    assert ran.exit_code == 0, f"{ran.stdout}\n{ran.stderr}"
    assert told("verify", url, "--key-file", key)["events"] == 1
    with open_store(url, read_only=True, key_file=key) as store:
        assert b"Ann Doe" in b"".join(value or b"" for _, value in store.entries_of([1])[0].personal)


def test_erase__a_person_for_ever_and_only_when_told_to(project: Path) -> None:
    log = project / ".twin" / "log.db"
    assert "--yes" in said(command("log", "erase", project, "ada"))
    with open_store(log, read_only=True) as store:
        assert None not in [value for _, value in store.entries_of([3])[0].personal]
    root = told("verify", project)["root"]
    assert told("erase", project, "Ada", "--yes", code=1)["events"] == 0
    assert told("erase", project, "ada", "--yes")["events"] == 1
    with open_store(log, read_only=True) as store:
        assert [value for _, value in store.entries_of([3])[0].personal] == [None]
    whole = told("verify", project)
    assert (whole["root"], whole["findings"]) == (root, [])
    again = command("log", "erase", project, "ada", "--yes")
    assert again.exit_code == 1
    assert "erased before" in " ".join(again.stdout.split())


def test_upgrade__of_an_earlier_version(project: Path) -> None:
    as_version_0(str(project / ".twin" / "log.db"))
    assert "chaintwin log upgrade" in said(command("log", "verify", project))
    assert told("upgrade", project)["events"] == 4
    assert told("verify", project)["findings"] == []


def test_commands__a_place_without_a_log(project: Path) -> None:
    empty = project.parent / "empty"
    empty.mkdir()
    for words in (("verify", empty), ("backup", project.parent / "no.db", "x.db"), ("verify", project / "sites.csv")):
        ran = command("log", *words)
        assert ran.exit_code in (1, 2)
        assert "Error" not in ran.stderr
    assert not (empty / ".twin").exists()


def test_point_of__entries_days_and_times() -> None:
    assert point_of("--to", None) == (None, None)
    assert point_of("--to", "12") == (12, None)
    assert point_of("--to", "1970-01-02") == (None, 86_400 * SECOND)
    with pytest.raises(UsageError, match="number of an entry"):
        point_of("--to", "soon")


def test_shown__without_a_password() -> None:
    assert shown("postgresql://ada:secret@host/db") == "postgresql://ada:...@host/db"
    assert shown("a.db") == "a.db"
