"""Files and folders of EPCIS documents: whole ones, growing ones, half-written ones, large ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chaintwin.clock import SECOND, SetClock
from chaintwin.errors import InputError, UsageError
from chaintwin.events.capturing import capture
from chaintwin.events.xml import read_xml
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.files.epcis_file import EpcisFile
from chaintwin.ingest.connectors.interface import Batch, Run
from tests.ingest.connectors.sources import document, event, json_file, xml_file
from tests.shared_data import shared_path

NOW = 2_000_000_000 * SECOND


def read(source: Path | str, since: str | None = None, *, follow: bool = False, **options: str) -> list[Batch]:
    run = Run(SetClock(now=NOW), lambda _: None, options, follow)
    return list(EpcisFile().read(str(source), since=since, run=run))


def positions(batches: list[Batch]) -> list[int]:
    return [item.place.position for batch in batches for item in batch.items]


def test_read__every_public_document_has_the_verdict_it_has_as_a_whole() -> None:
    files = [path for path in sorted(shared_path("epcis").rglob("*")) if path.suffix in (".json", ".jsonld", ".xml")]
    seen = 0
    for path in files:
        try:
            whole = capture(read_xml(path.read_bytes()) if path.suffix == ".xml" else path.read_bytes())
            keys, is_bad = [record.key for record in whole.records], any(one.refuses for one in whole.all_problems)
        except InputError:
            keys, is_bad = [], True
        batches = read(path)
        found = captured([item for batch in batches for item in batch.items], "x")
        problems = [problem for batch in batches for problem in batch.problems] + list(found.problems)
        assert [record.key for _, record in found.records] == keys, path
        assert bool(problems) == is_bad, path
        seen += len(keys)
    assert seen > 100


def test_read__a_file_that_grows_is_read_on_from_its_old_end(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = [json.dumps(event(number)) + "\n" for number in range(9)]
    path.write_text("".join(lines[:4]) + lines[4][:20])
    first = read(path, follow=True)
    assert positions(first) == [1, 2, 3, 4], "a line that is being written is left"
    path.write_text("".join(lines))
    assert positions(read(path, first[-1].cursor, follow=True)) == [5, 6, 7, 8, 9]
    # Another file under the same name is read from its begin.
    path.write_text("".join(lines[::-1]) + lines[0])
    assert positions(read(path, first[-1].cursor, follow=True)) == list(range(1, 11))


def test_read__a_last_line_without_an_end_is_an_event_too(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text(json.dumps(event(1)) + "\n" + json.dumps(event(2)))
    batches = read(path)
    assert positions(batches) == [1, 2]
    assert not read(path, batches[-1].cursor)
    # Should it go on after all, the line is read again as a whole.
    path.write_text(json.dumps(event(1)) + "\n" + json.dumps(event(2)) + "\n" + json.dumps(event(3)) + "\n")
    assert positions(read(path, batches[-1].cursor)) == [2, 3]


def test_read__files_of_a_folder_are_left_until_they_have_stood_still(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(document([event(1)])))
    old, young = NOW // SECOND - 100, NOW // SECOND - 1
    os.utime(tmp_path / "a.json", (old, old))
    os.utime(tmp_path / "b.json", (young, young))
    first = read(tmp_path, follow=True)
    assert [item.place.file for batch in first for item in batch.items] == ["a.json"]
    os.utime(tmp_path / "b.json", (old, old))
    second = read(tmp_path, first[-1].cursor, follow=True)
    assert [item.place.file for batch in second for item in batch.items] == ["b.json"]
    assert not read(tmp_path, second[-1].cursor, follow=True)


def test_read__a_file_that_is_still_written_while_it_is_looked_at_twice(tmp_path: Path) -> None:
    path, notes = tmp_path / "a.json", []
    path.write_text(json.dumps(document([event(1)])))
    os.utime(path, (NOW // SECOND, NOW // SECOND))

    def sleep(_: float) -> None:
        path.write_text("{")

    run = Run(SetClock(now=NOW), sleep, note=notes.append)
    assert not list(EpcisFile().read(str(tmp_path), since=None, run=run))
    assert "a.json is still being written" in notes[0]


def test_read__files_are_moved_when_all_of_them_is_durable(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document([event(number) for number in range(1_200)])))
    batches = EpcisFile().read(str(tmp_path), since=None, run=Run(SetClock(now=NOW), lambda _: None, {"after": "move"}))
    cursors = []
    for batch in batches:
        assert (tmp_path / "a.json").exists(), "the last batch may not be durable yet"
        cursors.append(batch.cursor)
    assert not (tmp_path / "a.json").exists()
    assert (tmp_path / "done" / "a.json").exists()
    # Killed before it was moved: the rest is nothing, and it is moved then; a name that is taken gets a number.
    (tmp_path / "a.json").write_text((tmp_path / "done" / "a.json").read_text())
    read(tmp_path, after="move")
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["a-2.json", "a.json"]
    with pytest.raises(UsageError, match="allowed: keep or move"):
        read(tmp_path, after="burn")


def test_read__large_xml_gives_the_events_of_small_xml(tmp_path: Path) -> None:
    large = xml_file(tmp_path, 600, padding=8_000)
    assert Path(large).stat().st_size > 4 * 2**20
    items = [item for batch in read(large) for item in batch.items]
    assert len(items) == 600
    found = captured(items, "x")
    whole = capture(read_xml(Path(large).read_bytes()))
    assert [record.key for _, record in found.records] == [record.key for record in whole.records]


@pytest.mark.parametrize("filling", ["<ex:many>%d</ex:many>", "<ex:a><ex:b x='%d'/></ex:a>", "<!-- %d -->"])
def test_read__an_event_of_xml_that_is_too_large_is_set_aside(tmp_path: Path, filling: str) -> None:
    small = Path(xml_file(tmp_path, 3)).read_text(encoding="utf-8")
    first, second, rest = small.split("</ObjectEvent>", 2)
    large = tmp_path / "large.xml"
    with large.open("w", encoding="utf-8") as file:
        file.write(f"{first}</ObjectEvent>{second}")
        for number in range(40 * 2**20 // len(filling)):
            file.write(filling % number)
        file.write(f"</ObjectEvent>{rest}")
    counted = MEMORY.format(folder=str(large))
    told = subprocess.run([sys.executable, "-c", counted], capture_output=True, text=True, check=True, timeout=100).stdout.split()
    assert told[:3] == ["2", "1", "source.large"]
    # An event of that size as a whole takes ten times as much.
    assert int(told[-1]) < 250 * 2**20


MEMORY = """
import resource, sys
from pathlib import Path
from chaintwin.clock import SetClock
from chaintwin.events.xml import read_xml
from chaintwin.ingest.connectors.files.epcis_file import EpcisFile
from chaintwin.ingest.connectors.interface import Run
import lxml.etree
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
batches = list(EpcisFile().read({folder!r}, since=None, run=Run(SetClock(), lambda _: None)))
items = [item for batch in batches for item in batch.items]
problems = [problem for batch in batches for problem in batch.problems]
print(len(items), len(problems), *(finding.code for problem in problems for finding in problem.findings))
print(1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before))
"""


def test_read__broken_documents_say_where(tmp_path: Path) -> None:
    whole = Path(json_file(tmp_path, 20)).read_bytes()
    cut = tmp_path / "cut.json"
    cut.write_bytes(whole[: len(whole) // 2])
    [batch] = read(cut)
    assert not batch.items, "a document whose head is not known is not guessed at"
    assert "the end of the file" in batch.problems[0].findings[0].found
    other = tmp_path / "notes.txt"
    other.write_text("hello")
    [batch] = read(other)
    assert "ends in .txt" in batch.problems[0].findings[0].found
    with pytest.raises(UsageError, match="found nothing there"):
        read(tmp_path / "absent.json")
