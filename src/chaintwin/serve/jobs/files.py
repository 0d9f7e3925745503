"""Where jobs lie: a folder each with the job, what was saved on the way and what was found; and the networks that they ran."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import blake2b
from io import BytesIO
from pathlib import Path

import msgspec

from chaintwin.network.network import Network
from chaintwin.network.tables.writing import Layout, sample_files, write
from chaintwin.serve.jobs.job import Job, packed, unpacked
from chaintwin.store.sqlite.moving import move_durably, sync

JOB_FILE = "job.json"
CHECKPOINT = "saved"
PROJECT = "project"
UPLOADED = "uploaded"
"""In the folder of a job: itself, the replications that are saved, the network that an import made and the file it made it of."""

GONE = "gone"
"""Folder of jobs that were taken away and are not deleted yet."""


class JobFiles:
    """The folder of all jobs of one server; its methods wait for a disk.

    Parameters
    ----------
    root : the folder, made when something is put there.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock, self._of_networks = threading.Lock(), threading.Lock()
        self._last: tuple[Network, str] | None = None

    def folder(self, job_id: str) -> Path:
        """Return the folder of a job."""
        return self.root / "all" / job_id

    def part(self, job: Job) -> Path:
        """Return the folder of the tables that a job has found so far."""
        return self.folder(job.id) / f"part-{job.part}"

    def project(self, job_id: str) -> Path:
        """Return the folder of the network that an import made."""
        return self.folder(job_id) / PROJECT

    def make(self, job: Job) -> None:
        """Keep a new job, durably."""
        folder = self.folder(job.id)
        folder.mkdir(parents=True)
        self.save(job)
        sync(folder.parent)

    def save(self, job: Job) -> None:
        """Keep a job as it is now, durably: the old one is there or the new one, whatever happens.

        Raises
        ------
        OSError
            The disk takes nothing, or the job was taken away meanwhile; it does not come back.
        """
        fresh = self.folder(job.id) / f"{JOB_FILE}.new"
        with self._lock:
            fresh.write_bytes(packed(job))
            move_durably(fresh, self.folder(job.id) / JOB_FILE)

    def jobs(self) -> list[Job]:
        """Return all jobs that are kept, the oldest first; a folder without one that can be read is left alone.

        What was left of jobs that were taken away when the server ended is deleted.
        """
        shutil.rmtree(self.root / GONE, ignore_errors=True)
        found = []
        for folder in sorted((self.root / "all").glob("*")):
            with suppress(OSError, msgspec.MsgspecError):
                found.append(unpacked((folder / JOB_FILE).read_bytes()))
        return found

    def remove(self, job_id: str) -> None:
        """Take a job away, with all that it found: all of it is there or nothing, whatever happens."""
        gone = self.root / GONE / job_id
        with self._lock, suppress(FileNotFoundError):
            gone.parent.mkdir(parents=True, exist_ok=True)
            self.folder(job_id).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def size(self, job_id: str) -> int:
        """Return the bytes that a job takes."""
        return sum(_sizes(self.folder(job_id)))

    def clear(self, job: Job) -> None:
        """Take away what a job that is over has no use for: what was saved on the way, and all results but the last."""
        folder = self.folder(job.id)
        for name in (CHECKPOINT, UPLOADED):
            shutil.rmtree(folder / name, ignore_errors=True)
        for part in folder.glob("part-*"):
            if part != self.part(job):
                shutil.rmtree(part, ignore_errors=True)

    def keep(self, network: Network) -> str:
        """Keep a network and return its hash; one that is there already is not written again."""
        with self._of_networks:
            if self._last is None or self._last[0] is not network:
                self._last = (network, network_hash(network))
            name = self._last[1]
            if not self.network(name).is_dir():
                fresh = self.root / "networks" / f"{name}.new"
                shutil.rmtree(fresh, ignore_errors=True)
                fresh.parent.mkdir(parents=True, exist_ok=True)
                write(network, fresh, layout=Layout.CSV)
                fresh.rename(self.network(name))
        return name

    def network(self, name: str) -> Path:
        """Return the folder of a network, by its hash."""
        return self.root / "networks" / name

    def keep_only(self, names: Iterable[str]) -> None:
        """Take away all networks but these and the last."""
        with self._of_networks:
            kept = {*names, *(() if self._last is None else (self._last[1],))}
            for folder in (self.root / "networks").glob("*"):
                if folder.name not in kept:
                    shutil.rmtree(folder, ignore_errors=True)


def network_hash(network: Network) -> str:
    """Return a hash of the settings, of every cell and of the files named in cells of a network, hexadecimal."""
    total = blake2b(repr(network.settings).encode(), digest_size=16)
    for file in sample_files(network):
        total.update(file.encode() + b"\x00" + (network.folder / file).read_bytes() if network.folder is not None else b"")
    for name, frame in sorted(network.tables.items()):
        content = BytesIO()
        frame.rechunk().write_ipc(content)
        total.update(name.encode() + b"\x00" + content.getvalue())
    return total.hexdigest()


def _sizes(folder: Path) -> Iterator[int]:
    for file in folder.rglob("*"):
        with suppress(OSError):
            yield file.stat().st_size if file.is_file() else 0
