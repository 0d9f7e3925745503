"""A log as a file: Parquet, or a JSON document a line with the head first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.network.tables.files.columnar import unreadable_files
from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.simulation.history.checking import check_log
from chaintwin.simulation.history.event_log import EVENT_SCHEMA, EventLog, Head

HEAD_KEY = "chaintwin"
"""Where a file says what it is of."""

ENDINGS = (".parquet", ".jsonl")

LATER = "disruption_id"
"""A column that logs had not at first; where it is missing there were no disruptions."""

EVENTS_MAX = 50_000_000
"""Most events of a log that is read."""


def write_log(log: EventLog, path: Path | str) -> None:
    """Write a log, complete or not at all.

    Parameters
    ----------
    log : the log.
    path : a file that ends in ``.parquet`` (small and fast) or ``.jsonl`` (a line an event, what is null left out).

    Raises
    ------
    UsageError
        The name has another ending.
    """
    target = Path(path)
    head = json.dumps(asdict(log.head))
    if log_ending(target) == ".parquet":
        write_file(target, lambda file: log.events.write_parquet(file, metadata={HEAD_KEY: head}))
        return

    def fill(file: Path) -> None:
        with file.open("w", encoding="utf-8") as lines:
            lines.write(json.dumps({HEAD_KEY: asdict(log.head)}) + "\n")
            for row in log.events.iter_rows(named=True):
                kept = {name: value for name, value in row.items() if value is not None}
                lines.write(json.dumps(kept, ensure_ascii=False) + "\n")

    write_file(target, fill)


def read_log(path: Path | str) -> EventLog:
    """Return a log that was written to a file; numbers are those that were written, to the last bit.

    Raises
    ------
    UsageError
        There is no such file, it is no log, or the log is not whole.
    """
    source = Path(path)
    ending = log_ending(source)
    if not source.is_file():
        raise UsageError(f"{source}: found no such file; allowed: a log written by chaintwin trace")
    log = _read_parquet(source) if ending == ".parquet" else _read_lines(source)
    try:
        check_log(log)
    except UsageError as fault:
        raise UsageError(f"{source}: {fault}") from None
    return log


def log_ending(path: Path) -> str:
    """Return the ending of a log file.

    Raises
    ------
    UsageError
        It is none of a log.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UsageError(f"{path}: found a name that ends in {ending or 'nothing'}; allowed: {' or '.join(ENDINGS)}")
    return ending


def _read_parquet(source: Path) -> EventLog:
    wrong = UsageError(f"{source}: found a file that is no log; allowed: a log written by chaintwin trace")
    if unreadable_files([source]):
        raise wrong
    try:
        lazy = pl.scan_parquet(source, glob=False)
        known = lazy.collect_schema()
        if known.keys() == EVENT_SCHEMA.keys() - {LATER}:
            lazy = lazy.with_columns(pl.lit(None, dtype=pl.String).alias(LATER)).select(EVENT_SCHEMA.keys())
        if lazy.collect_schema() != EVENT_SCHEMA or int(lazy.select(pl.len()).collect().item()) > EVENTS_MAX:
            raise wrong
        return EventLog(_head(json.loads(pl.read_parquet_metadata(source)[HEAD_KEY])), lazy.collect())
    except (KeyError, TypeError, ValueError, OSError, pl.exceptions.PolarsError) as fault:
        raise wrong from fault


def _read_lines(source: Path) -> EventLog:
    columns: dict[str, list[object]] = {name: [] for name in EVENT_SCHEMA}
    head, number = None, 0
    with source.open(encoding="utf-8") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                document = json.loads(line)
                if head is None:
                    head = _head(document[HEAD_KEY])
                    continue
                if number > EVENTS_MAX + 1 or not document.keys() <= EVENT_SCHEMA.keys():
                    raise ValueError
                for name, values in columns.items():
                    values.append(document.get(name))
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            what = "a head such as chaintwin trace writes" if head is None else f"events with {', '.join(EVENT_SCHEMA)}"
            raise UsageError(f"{source}:{max(number, 1)}: found a line that is none of a log; allowed: {what}") from fault
    if head is None:
        raise UsageError(f"{source}: found an empty file; allowed: a log written by chaintwin trace")
    try:
        return EventLog(head, pl.DataFrame(columns, schema=EVENT_SCHEMA, strict=True))
    except (TypeError, pl.exceptions.PolarsError) as fault:
        raise UsageError(f"{source}: found a value of the wrong kind ({fault}); allowed: ids as text, else numbers") from fault


def _head(values: Mapping[str, object]) -> Head:
    """Return a head; TypeError or KeyError where a value is of the wrong kind or missing."""
    kinds = {"program_digest": str, "version": str}
    for field in fields(Head):
        if type(values[field.name]) is not kinds.get(field.name, int):
            raise TypeError(field.name)
    return Head(**{field.name: values[field.name] for field in fields(Head)})  # type: ignore[arg-type]
