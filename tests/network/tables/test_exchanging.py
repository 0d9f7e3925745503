"""Exchanging files: one writer after the other, in any kind of folder, whole or not at all even when killed."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from chaintwin.errors import UsageError
from chaintwin.network.tables.files.exchanging import write_file, write_folder, write_group
from chaintwin.network.tables.reading import read, read_project
from chaintwin.network.tables.writing import Layout, write
from tests.network.tables.projects import write_files
from tests.sizes import scaled

MARKER = ".chaintwin-writing"


def fill(folder: Path, *, text: str = "new", names: tuple[str, ...] = ("a", "b", "deep/c")) -> None:
    """Write a few small files."""
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def content(folder: Path) -> dict[str, str]:
    """Return every file, hidden ones too, and every folder."""
    return {str(path.relative_to(folder)): path.read_text() if path.is_file() else "folder" for path in sorted(folder.rglob("*"))}


def nothing(_: Path) -> tuple[str, ...]:
    return ()


def write_rounds(source: str, folder: str, number: int, barrier: Barrier, faults: multiprocessing.SimpleQueue[str]) -> None:
    """Write one of two projects again and again, at the same time as another process."""
    network = read(source)
    network = replace(network, settings=replace(network.settings, name=str(number)))
    draw = random.Random(number)
    while barrier.wait(60) >= 0:
        if Path(source, "end").exists():
            return
        time.sleep(draw.random() * 0.004)
        try:
            write(network, folder, layout=(Layout.CSV, Layout.PARQUET)[number])
            faults.put("")
        except Exception as error:
            faults.put(f"{type(error).__name__}: {error}")
        barrier.wait(60)


STATES = ("project", "project with notes", "empty", "absent")


def test_write__two_programs_at_the_same_time(tmp_path: Path) -> None:
    source = write_files(tmp_path / "source", {})
    network, folder = read(source), tmp_path / "shared"
    whole = []
    for number, layout in enumerate((Layout.CSV, Layout.PARQUET)):
        write(replace(network, settings=replace(network.settings, name=str(number))), tmp_path / str(number), layout=layout)
        whole.append({path.name: path.read_bytes() for path in (tmp_path / str(number)).iterdir()})
    context = multiprocessing.get_context("spawn")
    barrier, faults = context.Barrier(3), context.SimpleQueue()
    arguments = [(str(source), str(folder), number, barrier, faults) for number in (0, 1)]
    writers = [context.Process(target=write_rounds, args=given) for given in arguments]
    for writer in writers:
        writer.start()
    try:
        for turn in range(scaled(ci=48, full=1000)):
            state = STATES[turn % len(STATES)]
            remains = prepare(folder, state, network=source)
            barrier.wait(60)
            barrier.wait(60)
            assert [faults.get(), faults.get()] == ["", ""], state
            found = {path.name: path.read_bytes() for path in folder.iterdir()}
            assert {name: found.pop(name) for name in remains} == remains
            assert found in whole, (state, sorted(found))
        (source / "end").touch()
        barrier.wait(60)
    finally:
        barrier.abort()
        for writer in writers:
            writer.join(60)
            writer.kill()


def prepare(folder: Path, state: str, *, network: Path) -> dict[str, bytes]:
    """Bring the folder into a state of before writing and return what must stay there."""
    for path in folder.iterdir() if folder.exists() else ():
        path.unlink()
    if state == "absent":
        if folder.exists():
            folder.rmdir()
        return {}
    folder.mkdir(exist_ok=True)
    if state == "empty":
        return {}
    write(read(network), folder)
    if state == "project":
        return {}
    (folder / "notes.txt").write_text("mine")
    return {"notes.txt": b"mine"}


def test_write__killed_at_any_moment_and_written_again(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {"notes.txt": "mine"})
    network = read(folder)
    program = (
        "import sys\nfrom dataclasses import replace\nfrom chaintwin.network.tables.reading import read\n"
        "from chaintwin.network.tables.writing import write\n"
        "a = read(sys.argv[1])\nprint('ready', flush=True)\nwhile True:\n    write(a, sys.argv[1])\n"
    )
    source = str(Path(__file__).parents[3] / "src")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
    count = scaled(ci=3, full=40)
    for number in range(count):
        with subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"ready"
            time.sleep(0.02 + 0.1 * number / count)
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
        codes = {finding.code for finding in read_project(folder)[1]}
        assert not codes or "project.interrupted" in codes
        write(network, folder)
        assert read_project(folder)[1] == []
        assert not (folder / MARKER).exists()
        assert (folder / "notes.txt").read_text() == "mine"


@contextmanager
def another_writer(folder: Path) -> Iterator[None]:
    """Hold the folder as a program does that is writing there."""
    with (folder / MARKER).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(".tables-12345678.old\n")
        held.flush()
        yield


def test_write_folder__waits_a_limited_time_for_another_program(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {})
    before = content(folder)
    with another_writer(folder), pytest.raises(UsageError, match="another program that writes there"):
        write_folder(folder, fill, stale=nothing, wait=0.1)
    assert content(folder) == before | {MARKER: ".tables-12345678.old\n"}
    # The other program was killed: the system frees its lock.
    write_folder(folder, fill, stale=nothing, wait=0.1)
    assert content(folder) == before | {"a": "new", "b": "new", "deep": "folder", "deep/c": "new"}


def test_write_folder__on_a_disk_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_file: object, _how: int) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    (tmp_path / "a").write_text("old")
    write_folder(tmp_path, fill, stale=nothing)
    assert content(tmp_path) == {"a": "new", "b": "new", "deep": "folder", "deep/c": "new"}
    (tmp_path / MARKER).write_text(".tables-12345678.old\n")
    with pytest.raises(UsageError, match=f"or delete {MARKER} if there is none"):
        write_folder(tmp_path, fill, stale=nothing, wait=0.1)


def test_write_folder__failure_after_a_kill_keeps_the_mark(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "project", {MARKER: ".tables-12345678.old\n"})
    before = content(folder)
    with pytest.raises(OSError, match="not there"):
        write_folder(folder, fill, stale=lambda _: ["sites.csv", "not there"])
    assert content(folder) == before


def test_read_project__marker_without_content_means_nothing(tmp_path: Path) -> None:
    assert read_project(write_files(tmp_path / "project", {MARKER: ""}))[1] == []


def test_write_folder__refused_by_the_caller_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def refuse(_: Path) -> tuple[str, ...]:
        raise UsageError("no")

    with pytest.raises(UsageError, match="no"):
        write_folder(tmp_path, fill, stale=refuse)
    assert content(tmp_path) == {"a": "old"}


def test_write_folder__current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_folder(Path(), fill, stale=nothing)
    assert content(tmp_path) == {"a": "new", "b": "new", "deep": "folder", "deep/c": "new"}
    write_file(Path("a"), lambda path: path.write_text("newer") and None)
    assert (tmp_path / "a").read_text() == "newer"


def test_write_folder__links(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_folder(tmp_path / "link", fill, stale=nothing)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "deep" / "c").read_text() == "new"
    (tmp_path / "broken").symlink_to("nowhere")
    with pytest.raises(UsageError, match="a link that leads nowhere"):
        write_folder(tmp_path / "broken", fill, stale=nothing)


def test_write_folder__permissions_stay(tmp_path: Path) -> None:
    folder = tmp_path / "group"
    folder.mkdir()
    folder.chmod(0o2770)
    write_folder(folder, fill, stale=nothing)
    assert folder.stat().st_mode & 0o7777 == 0o2770
    (folder / "a").chmod(0o600)
    write_folder(folder, partial(fill, text="newer"), stale=nothing)
    write_file(folder / "b", lambda path: path.write_text("newest") and None)
    assert [((folder / name).stat().st_mode & 0o777, (folder / name).read_text()) for name in ("a", "b")] == [
        (0o600, "newer"),
        ((folder / "deep" / "c").stat().st_mode & 0o777, "newest"),
    ]
    (folder / "b").chmod(0o640)
    write_file(folder / "b", lambda path: path.write_text("last") and None)
    assert (folder / "b").stat().st_mode & 0o777 == 0o640


def test_write_group__all_or_none(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    group = partial(fill, names=("a.xlsx", "a-import/report.json"))
    write_group(tmp_path / "a.xlsx", group, stale=nothing)
    whole = {"a-import": "folder", "a-import/report.json": "new", "a.xlsx": "new", "notes.txt": "mine"}
    assert content(tmp_path) == whole
    with pytest.raises(OSError, match="not there"):
        write_group(tmp_path / "a.xlsx", partial(group, text="newer"), stale=lambda _: ["not there"])
    assert content(tmp_path) == whole
    (tmp_path / "b.xlsx").mkdir()
    with pytest.raises(OSError, match=r"b\.xlsx"):
        write_group(tmp_path / "b.xlsx", partial(fill, names=("b.xlsx", "b-import/report.json")), stale=nothing)
    assert content(tmp_path) == whole | {"b.xlsx": "folder"}
