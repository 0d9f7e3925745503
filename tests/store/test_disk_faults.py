"""A disk that is full, does not answer or is slow: no false acknowledgement, reads go on, and it recovers by itself."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from chaintwin.errors import StoreFailedError
from chaintwin.store.opening import open_store
from chaintwin.store.sqlite.checkpointing import MOST_TIMES
from chaintwin.store.verifying import verify
from tests.sizes import scaled
from tests.store.making import key_of, record_of
from tests.store.programs import run_program


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["full", "error", "sync"])
def test_append__failing_disk(tmp_path: Path, fault: str) -> None:
    runs = json.loads(run_program("tests.store.disk_faults", fault, str(tmp_path)))
    failed = [run for run in runs if run["failures"]]
    assert len(failed) >= 0.8 * len(runs)
    for run in failed:
        assert not run["writable"]
        assert run["readable"]
        assert run["refused"] == len(run["failures"]) == 3
        assert all("nothing is acknowledged" in text for text in run["failures"])
        assert run["reason"]
        if fault == "full":
            assert "no space is left" in run["reason"]
    for run in runs:
        # What failed was either not written or is found as a duplicate; never twice, never missing.
        assert run["again"] in (run["expected_again"], run["expected_again"] - 1)
        assert run["findings"] == []
        assert run["kept"]
    assert sum(run["acknowledged"] for run in runs) > 10


@pytest.mark.slow
def test_append__slow_disk_pushes_back(tmp_path: Path) -> None:
    found = json.loads(run_program("tests.store.disk_faults", "slow", str(tmp_path)))
    assert found["missing"] == found["extra"] == 0
    assert found["acknowledged"] > 5
    assert found["busy"] > 0
    assert found["counted"] == 5 * found["busy"]
    assert 0 < found["retry_after"] <= 60
    assert found["slowest_read"] < 1.0


def test_append__no_acknowledgement_waits_while_pages_are_moved(tmp_path: Path) -> None:
    found = json.loads(run_program("tests.store.disk_faults", "stuck", str(tmp_path)))
    assert found["waited"], "no checkpoint came"
    assert not found["stopped"], "an acknowledgement waits for a checkpoint that does not end"
    assert found["found"] == found["acknowledged"] >= 10
    assert found["findings"] == []
    # What is written ahead begins anew in time all the same.
    assert found["longest"] < MOST_TIMES + 1


def test_append__a_file_that_may_not_grow(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open_store(path, retry_seconds=1_000) as store:
        acknowledged = 0
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
            with pytest.raises(StoreFailedError):
                for number in range(10_000):
                    store.append([record_of(number, size=2_000)], received_at=1)
                    acknowledged += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, before)
        assert acknowledged > 10
        assert [entry.key for entry in store.entries()] == [key_of(number) for number in range(acknowledged)]
        with pytest.raises(StoreFailedError, match="nothing is acknowledged"):
            store.append([record_of(0)], received_at=1)
        store.reopen()
        store.append([record_of(number, size=2_000) for number in range(acknowledged + 5)], received_at=1)
        assert store.head().sequence == acknowledged + 5
        assert verify(store).findings == ()


@pytest.fixture
def small_disk(tmp_path: Path) -> Path | None:
    """A folder on a file system of 2 MB, or None where this user may not make one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", folder], capture_output=True, check=False)
    if mounted.returncode:
        yield None
        return
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_append__full_disk_and_space_again(small_disk: Path | None, tmp_path: Path) -> None:
    # Where no small file system can be made, a file that may not grow stands for it in the test above.
    folder = small_disk or tmp_path
    with open_store(folder / "log.db", retry_seconds=0.1) as store:
        blocker = folder / "blocker"
        blocker.write_bytes(bytes(1_000_000))
        acknowledged = 0
        if small_disk:
            with pytest.raises(StoreFailedError, match="no space is left"):
                for number in range(10_000):
                    store.append([record_of(number, size=2_000)], received_at=1)
                    acknowledged += 1
        blocker.unlink()
        for _ in range(200):
            if store.health().writable:
                break
            time.sleep(0.05)
        store.append([record_of(number, size=2_000) for number in range(acknowledged + 5)], received_at=1)
        assert store.head().sequence == acknowledged + 5
        assert verify(store).findings == ()


@pytest.mark.slow
def test_append__memory_stays_bounded() -> None:
    found = json.loads(run_program("tests.store.memory_of_appending", str(scaled(ci=60_000, full=400_000))))
    # Between one third and the end only caches of fixed size may still fill.
    assert found["end"] - found["third"] < 40_000_000
    assert found["end"] < 400_000_000
