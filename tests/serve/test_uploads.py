"""Files that are sent to be imported: bounded one by one and together, on the disk, forgotten after a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import UploadLimits
from chaintwin.serve.threads import Threads
from chaintwin.serve.uploading.uploads import Uploads
from tests.serve.running import Running, server
from tests.serve.test_access import is_problem

OCTETS = {"Content-Type": "application/octet-stream"}


def test_upload__is_kept_as_it_is(running: Running) -> None:
    with running.client() as client:
        content = bytes(range(256)) * 1000
        sent = client.post("/api/v1/uploads?name=log.parquet", content=content, headers=OCTETS)
        assert sent.status_code == 201
        document = sent.json()
        assert document["bytes"] == len(content)
        assert (running.folder / "jobs" / "uploads" / document["uploadID"] / "content").read_bytes() == content


def test_upload__names_that_are_none_are_refused(running: Running) -> None:
    with running.client() as client:
        for name in ("", "../log.csv", "a/b.csv", ".csv", "log.exe", "log", "a\nb.csv", "a" * 200 + ".csv"):
            assert is_problem(client.post("/api/v1/uploads", params={"name": name}, content=b"a", headers=OCTETS), 400), name
        assert is_problem(client.post("/api/v1/uploads", content=b"a", headers=OCTETS), 400)
        assert is_problem(client.post("/api/v1/uploads?name=a.csv", content=b"", headers=OCTETS), 400)


def test_upload__bounds_hold_for_each_and_for_all(tmp_path: Path) -> None:
    limits = {"bytes_each": 3000, "bytes_all": 5000}
    # The memory that bodies may take is less than a file: files take none.
    with server(tmp_path, uploads=limits, limits={"bodies_bytes": 2 * 2**20}) as running, running.client() as client:

        def send(size: int, *, in_pieces: bool = False) -> int:
            pieces: Iterator[bytes] = iter([b"a" * 1000] * (size // 1000))
            content = pieces if in_pieces else b"a" * size
            return client.post("/api/v1/uploads?name=a.csv", content=content, headers=OCTETS).status_code

        assert send(3001) == 413
        assert send(4000, in_pieces=True) == 413
        assert send(3000) == 201
        assert send(3000) == 429
        assert send(2000, in_pieces=True) == 201
        assert not [folder for folder in (tmp_path / "jobs" / "uploads").iterdir() if not (folder / "upload.json").exists()]


def test_upload__small_ones_are_bounded_in_number(tmp_path: Path) -> None:
    with server(tmp_path, uploads={"kept": 3}) as running, running.client() as client:
        path = "/api/v1/uploads?name=a.csv"
        sent = [client.post(path, content=b"a", headers=OCTETS).status_code for _ in range(4)]
        assert sent == [201, 201, 201, 429]


def test_uploads__are_forgotten_after_their_time(tmp_path: Path) -> None:
    async def take() -> tuple[Uploads, str]:
        uploads = Uploads(tmp_path, limits=UploadLimits(kept_seconds=10), threads=threads, clock=clock)

        async def pieces() -> AsyncIterator[bytes]:
            yield b"a"

        return uploads, (await uploads.take("a.csv", pieces())).id

    clock, threads = SetClock(now=10**15), Threads()
    uploads, found = asyncio.run(take())
    assert uploads.file(found) == (str(tmp_path / found / "content"), "a.csv")
    clock.advance(9_000_000)
    uploads.tidy()
    assert uploads.file(found)[1] == "a.csv"
    clock.advance(1_000_000)
    for unknown in (found, "0" * 32, "../" + found, ""):
        with pytest.raises(ProblemError, match="upload: found"):
            uploads.file(unknown)
    uploads.tidy()
    assert not list(tmp_path.iterdir())
    threads.close()
