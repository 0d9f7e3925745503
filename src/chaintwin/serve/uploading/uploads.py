"""Files that were sent, each for a while."""

from __future__ import annotations

import re
import secrets
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from chaintwin.clock import SECOND, Clock
from chaintwin.errors import Finding
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.settings import UploadLimits
from chaintwin.serve.threads import Threads

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
"""Kinds of files that an import reads."""

NAME_SIGNS_MAX = 120


class Upload(msgspec.Struct, frozen=True, rename="camel"):
    """A file that was sent.

    Parameters
    ----------
    id : of it. name : that it had. size : bytes. expires_at : when it is forgotten, microseconds since 1970 in UTC.
    """

    id: str
    name: str
    size: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class _Coming:
    """Bytes of a file that is being sent, so that several together are bounded too."""

    taken: dict[str, int]


@dataclass(frozen=True, slots=True)
class _There:
    """Files that are there whole: how many, and their bytes."""

    count: int
    size: int


class Uploads:
    """Keeps files that were sent.

    Parameters
    ----------
    root : folder they lie in. limits : of each and of all. threads : where a disk may be waited for. clock : tells when they
        expire.
    """

    def __init__(self, root: Path, *, limits: UploadLimits, threads: Threads, clock: Clock) -> None:
        self._root, self._limits, self._threads, self._clock = root, limits, threads, clock
        self._lock = threading.Lock()
        self._coming = _Coming({})

    async def take(self, name: str, content: AsyncIterator[bytes]) -> Upload:
        """Keep a file as it comes and return it.

        Parameters
        ----------
        name : that it has; its ending tells what it is. content : its bytes, piece by piece.

        Raises
        ------
        ProblemError
            400 for a name that is none, 413 for more bytes than one may have, 429 where all together would be too many.
        """
        _check_name(name)
        upload_id = secrets.token_hex(16)
        folder = self._root / upload_id
        size = 0
        try:
            there = await self._threads.read(self._there)
            self._reserve(upload_id, 0, there=there)
            await self._threads.write(lambda: folder.mkdir(parents=True))
            with (folder / "content").open("wb") as file:
                async for piece in content:
                    size += len(piece)
                    if size > self._limits.bytes_each:
                        detail = f"The file is longer than {self._limits.bytes_each:,} bytes; send a part of it"
                        raise ProblemError(413, "body-size", detail=detail)
                    self._reserve(upload_id, size, there=there)
                    await self._threads.write(lambda piece=piece: file.write(piece))  # type: ignore[misc]
            if not size:
                finding = Finding("upload.empty", "no bytes", "the content of a file", column="body")
                raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
            upload = Upload(upload_id, name, size, self._clock.now() + self._limits.kept_seconds * SECOND)
            await self._threads.write(lambda: (folder / "upload.json").write_bytes(msgspec.json.encode(upload)))
        except OSError as error:
            await self._threads.write(lambda: shutil.rmtree(folder, ignore_errors=True))
            detail = f"The file cannot be kept: {error.strerror}"
            raise ProblemError(503, "store-failed", detail=detail, headers={"Retry-After": "10"}) from None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        finally:
            with self._lock:
                self._coming.taken.pop(upload_id, None)
        return upload

    def file(self, upload_id: str) -> tuple[str, str]:
        """Return where a file lies, and the name that it had.

        Raises
        ------
        ProblemError
            400 where there is none.
        """
        if re.fullmatch(r"[0-9a-f]{32}", upload_id):
            with suppress(OSError, msgspec.MsgspecError):
                folder = self._root / upload_id
                upload = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload)
                if upload.expires_at > self._clock.now():
                    return str(folder / "content"), upload.name
        finding = Finding("upload.unknown", repr(upload_id[:40]), "the id that an upload was answered with", column="upload")
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])

    def tidy(self) -> None:
        """Forget what has expired, and what never came whole."""
        now = self._clock.now()
        for folder in self._root.glob("*"):
            if folder.name in self._coming.taken:
                continue
            try:
                kept = msgspec.json.decode((folder / "upload.json").read_bytes(), type=Upload).expires_at > now
            except (OSError, msgspec.MsgspecError):
                kept = False
            if not kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _there(self) -> _There:
        """Return how many files are there whole, and their bytes."""
        # Each that takes bytes takes folders and names besides, however few they are.
        files = [file for file in self._root.glob("*/content") if file.parent.name not in self._coming.taken]
        return _There(len(files), sum(file.stat().st_size for file in files))

    def _reserve(self, upload_id: str, size: int, *, there: _There) -> None:
        limits = self._limits
        with self._lock:
            self._coming.taken[upload_id] = size
            coming = self._coming.taken
            is_large = there.size + sum(coming.values()) > limits.bytes_all
            if is_large or there.count + len(coming) > limits.kept or len(coming) > limits.at_once:
                detail = "The files that were sent take all the room there is for them; import or wait until they expire"
                raise ProblemError(429, "busy", detail=detail, headers={"Retry-After": "60"})


def _check_name(name: str) -> None:
    allowed = f"a name of at most {NAME_SIGNS_MAX} visible characters without slashes that ends in {', '.join(ENDINGS)}"
    is_plain = name.isprintable() and len(name) <= NAME_SIGNS_MAX and not set(name) & {"/", "\\", "\x00"}
    if not is_plain or name.startswith(".") or not name.lower().endswith(ENDINGS):
        finding = Finding("upload.name", repr(name[:60]), allowed, column="name")
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
