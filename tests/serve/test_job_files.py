"""Jobs on the disk: durable when they are taken in, whole or not there, and gone for good once they were taken away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import polars as pl
import pytest

from chaintwin.serve.jobs.asking import Simulate
from chaintwin.serve.jobs.files import GONE, JobFiles
from chaintwin.serve.jobs.job import Job, State
from chaintwin.serve.jobs.scheduling import RESUMES_MAX
from tests.serve.running import eventually, server
from tests.shared_data import REPOSITORY

JOB = Job(id="0001", asked=Simulate(periods=2, replications=2), by="token:1", created_at=1)


def test_make__outlasts_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    sync = os.fsync

    def noted(descriptor: int) -> None:
        sync(descriptor)
        synced.append(os.fstat(descriptor).st_ino)

    monkeypatch.setattr(os, "fsync", noted)
    files = JobFiles(tmp_path)
    files.make(JOB)
    folder = files.folder(JOB.id)
    # The file, its name in the folder, and the name of the folder.
    assert {place.stat().st_ino for place in (folder / "job.json", folder, folder.parent)} <= set(synced)
    assert JobFiles(tmp_path).jobs() == [JOB]


def test_save__what_was_taken_away_does_not_come_back(tmp_path: Path) -> None:
    files = JobFiles(tmp_path)
    files.make(JOB)
    files.remove(JOB.id)
    with pytest.raises(OSError):
        files.save(msgspec.structs.replace(JOB, state=State.CANCELLED))
    assert JobFiles(tmp_path).jobs() == []
    assert not files.folder(JOB.id).exists()


def test_remove__a_job_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    files = JobFiles(tmp_path)
    files.make(JOB)
    for number in range(3):
        (files.folder(JOB.id) / f"part-{number}").mkdir()
    # As it is when the server is killed right after the job went: nothing of it is found, and what lies there is deleted.
    gone = tmp_path / GONE / JOB.id
    gone.parent.mkdir()
    files.folder(JOB.id).rename(gone)
    again = JobFiles(tmp_path)
    assert again.jobs() == []
    assert not gone.exists()
    # A job that is not there is taken away without a word.
    again.remove(JOB.id)


def test_clear__leaves_the_last_result_alone(tmp_path: Path) -> None:
    files = JobFiles(tmp_path)
    files.make(JOB)
    folder = files.folder(JOB.id)
    for name in ("part-1", "part-2", "saved", "uploaded"):
        (folder / name).mkdir()
    files.clear(msgspec.structs.replace(JOB, part=2))
    assert {place.name for place in folder.iterdir()} == {"part-2", "job.json"}


def test_keep_only__networks_of_jobs_and_the_last(tmp_path: Path) -> None:
    from chaintwin.examples import Example, load

    files = JobFiles(tmp_path)
    network = load(Example.BEER_GAME)
    other = network.with_table("sites", network["sites"].with_columns(pl.lit("x").alias("name")))
    names = [files.keep(one) for one in (network, other)]
    assert names[0] != names[1]
    files.keep_only({names[0]})
    assert all(files.network(name).is_dir() for name in names)
    JobFiles(tmp_path).keep_only({names[0]})
    assert [files.network(name).is_dir() for name in names] == [True, False]


def test_start__a_job_that_ended_the_server_many_times_is_given_up(tmp_path: Path) -> None:
    running = msgspec.structs.replace(JOB, state=State.RUNNING)
    files = JobFiles(tmp_path / "jobs")
    for number, resumed in enumerate((RESUMES_MAX - 1, RESUMES_MAX)):
        files.make(msgspec.structs.replace(running, id=f"000{number}", resumed=resumed))
    with server(tmp_path, project="beer-game", jobs={"at_once": 1, "threads": 1}) as found, found.client() as client:
        given_up = client.get("/api/v1/jobs/0001").json()
        assert given_up["state"] == "failed"
        assert given_up["problem"]["type"] == "urn:chaintwin:problem:interrupted"
        assert f"{RESUMES_MAX + 1} times" in given_up["problem"]["detail"]
        assert eventually(lambda: client.get("/api/v1/jobs/0000").json()["state"] == "done", within=240)


def test_csv_of__a_table_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    # 160 MB in memory, next to nothing on the disk.
    rows = 5_000_000
    pl.select(*(pl.lit(0.5).repeat_by(rows).explode().alias(name) for name in "abcd")).write_parquet(tmp_path / "large.parquet")
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from chaintwin.serve.jobs.results.tables import csv_of\n"
        "from chaintwin.serve.problems import ProblemError\n"
        "import chaintwin.simulation.writing\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before = peak()\n"
        "try:\n"
        "    csv_of(Path(sys.argv[1]))\n"
        "except ProblemError as problem:\n"
        "    print(problem.status, peak() - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "large.parquet"], capture_output=True, text=True, check=True, cwd=REPOSITORY
    )
    status, grown = map(int, ran.stdout.split())
    assert status == 413
    assert grown < 80
