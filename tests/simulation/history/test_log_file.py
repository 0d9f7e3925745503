"""Logs come back from files to the last bit, and what is no log is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.errors import UsageError
from chaintwin.simulation.history.event_log import log_of
from chaintwin.simulation.history.log_file import read_log, write_log
from chaintwin.simulation.history.tracing import trace
from tests.simulation.history.programs import random_program


@pytest.mark.parametrize("name", ["log.parquet", "log.jsonl"])
@pytest.mark.parametrize("integer", [True, False])
def test_write_log__round_trip(tmp_path: Path, name: str, integer: bool) -> None:
    log = log_of(trace(random_program(3, integer=integer), periods=12, seed=2**64 - 1, replication=4))
    write_log(log, tmp_path / name)
    back = read_log(tmp_path / name)
    assert back.head == log.head
    assert back.events.equals(log.events)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_read_log__line_that_is_cut_off_or_missing(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    write_log(log_of(trace(random_program(3, integer=True), periods=3)), path)
    lines = path.read_text().splitlines()
    for changed, message in (
        (lines[:-1], "as its head says"),
        ([*lines[:4], *lines[5:]], "gap"),
        ([*lines[:-1], lines[-1][:9]], f":{len(lines)}: found a line that is none"),
        (lines[1:], ":1: found a line that is none"),
        ([], "empty file"),
        ([lines[0].replace('"begin": 0', '"begin": "0"'), *lines[1:]], ":1:"),
        ([*lines[:-1], lines[-1].replace('"quantity": ', '"quantity": "many", "due": ')], "wrong kind"),
    ):
        path.write_text("\n".join(changed))
        with pytest.raises(UsageError, match=message):
            read_log(path)


def test_read_log__files_that_are_no_logs(tmp_path: Path) -> None:
    (tmp_path / "log.parquet").write_bytes(b"PAR1 and nothing else")
    for name, message in (("log.parquet", "no log"), ("none.parquet", "no such file"), ("log.csv", "ends in .csv")):
        with pytest.raises(UsageError, match=message):
            read_log(tmp_path / name)
