"""From a TOML file or plain mappings to changes, with every fault named: file, number of the change, what was found."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from chaintwin.errors import Finding, InputError
from chaintwin.network.disruptions.disruption import Cause, Disruption
from chaintwin.network.disruptions.reading import disruptions_of, unique_names
from chaintwin.network.scenarios.change import Action, Change, Levels, Scalar
from chaintwin.network.tables.catalog import TABLE_NAMES, table
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import names_of
from chaintwin.network.tables.schema import Table

FILE_BYTES_MAX = 1024 * 1024
NAME_LENGTH_MAX = 200

FILE_KEYS = ("name", "note", "levels", "change", "disruption", "intervention")
CHANGE_KEYS = ("table", "where", "column", *(action.value for action in Action))

EXAMPLE = '[[change]], table = "lanes", column = "lead_time", multiply = 1.5'


@dataclass(frozen=True, slots=True)
class Written:
    """What a scenario says.

    Parameters
    ----------
    name, note : for people.
    levels : see ``Levels``.
    changes : in order.
    disruptions : those and then the interventions.
    """

    name: str
    note: str
    levels: Levels
    changes: tuple[Change, ...]
    disruptions: tuple[Disruption, ...]


def read_written(path: Path) -> Written:
    """Read a scenario file.

    Parameters
    ----------
    path : TOML in UTF-8, at most FILE_BYTES_MAX.

    Raises
    ------
    InputError
        The file cannot be read or has faults; the exception carries all of them.
    """
    file = path.name
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise InputError([Finding("scenario.file", "more than 1 MiB", "at most 1 MiB", "split the scenario", file=file)])
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        values = tomllib.loads(text)
    except OSError as error:
        fix = "name a scenario file, such as port-closed.toml"
        raise InputError(
            [Finding("scenario.file", error.strerror or "no access", "a readable file", fix, file=str(path))]
        ) from error
    except (ValueError, RecursionError) as error:
        # Beside its own error the library lets pass that a number has too many digits, or lists lie too deep in one another.
        fix = f"write blocks such as {EXAMPLE}, a line each"
        raise InputError([Finding("scenario.file", shown(str(error)), "TOML in UTF-8", fix, file=file)]) from error
    return written_of(values, name=path.stem, file=file)


def written_of(values: Mapping[str, Any], *, name: str, file: str) -> Written:
    """Check a scenario given as a mapping with the keys of the file.

    Parameters
    ----------
    values : ``name``, ``note``, ``levels`` and the lists ``change``, ``disruption`` and ``intervention``.
    name : used where it has none.
    file : how findings name the place.

    Raises
    ------
    InputError
        There are faults; the exception carries all of them.
    """
    findings = [_unknown(key, FILE_KEYS, file=file) for key in values if key not in FILE_KEYS]
    changes = []
    for number, item in enumerate(_blocks(values, "change", findings, file=file), start=1):
        change, faults = _change(item, place=place_of(file, number))
        findings += faults
        if change is not None:
            changes.append(change)
    disruptions: list[Disruption] = []
    for key, cause in (("disruption", None), ("intervention", Cause.INTERVENTION)):
        found, faults = disruptions_of(_blocks(values, key, findings, file=file), file=file, cause=cause)
        disruptions, findings = disruptions + found, findings + faults
    findings += unique_names(disruptions, file=file)
    texts = {}
    for key, default in (("name", name), ("note", "")):
        text = values.get(key, default)
        if (
            not isinstance(text, str)
            or not text.isprintable()
            or len(text) > NAME_LENGTH_MAX
            or (key == "name" and not text.strip())
        ):
            allowed = f"a text of at most {NAME_LENGTH_MAX} visible characters"
            findings.append(Finding("scenario.value", shown(str(text)), allowed, file=file, column=key))
            text = default
        texts[key] = text.strip()
    kept = values.get("levels", Levels.KEPT.value)
    if kept not in [choice.value for choice in Levels]:
        allowed = ", ".join(choice.value for choice in Levels)
        findings.append(Finding("scenario.value", shown(str(kept)), allowed, file=file, column="levels"))
        kept = Levels.KEPT
    if findings:
        raise InputError(findings)
    return Written(texts["name"], texts["note"], Levels(kept), tuple(changes), tuple(disruptions))


def place_of(file: str, number: int) -> str:
    """Return how findings name one change of a scenario.

    Example
    -------
    >>> place_of("peak.toml", 2)
    'peak.toml, change 2'
    """
    return f"{file}, change {number}"


def _blocks(values: Mapping[str, Any], key: str, findings: list[Finding], *, file: str) -> Sequence[Any]:
    """Return the blocks of a key, none where it is no list, which is told."""
    listed = values.get(key, [])
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        return listed
    findings.append(Finding("scenario.key", f"{key} that is no list", f"blocks that begin with [[{key}]]", file=file))
    return ()


def _change(item: Any, *, place: str) -> tuple[Change | None, list[Finding]]:
    if not isinstance(item, Mapping):
        return None, [Finding("scenario.key", shown(str(item)), f"a block such as {EXAMPLE}", file=place)]
    findings = [_unknown(key, CHANGE_KEYS, file=place) for key in item if key not in CHANGE_KEYS]
    described, faults = _table(item, place=place)
    findings += faults
    actions = [action for action in Action if action.value in item]
    if len(actions) != 1:
        found = " and ".join(action.value for action in actions) or "none of them"
        findings.append(Finding("scenario.action", found, f"one of {', '.join(Action)}", f"write {EXAMPLE}", file=place))
    if described is None or len(actions) != 1:
        return None, findings
    where, faults = _where(item.get("where", {}), described, place=place)
    findings += faults
    (action,) = actions
    value = item[action.value]
    column = ""
    row: dict[str, Scalar] = {}
    if action in (Action.SET, Action.MULTIPLY, Action.ADD):
        column, faults = _column(item.get("column"), described, place=place)
        findings += faults
        allowed = "a text, a number, a date, true or false" if action is Action.SET else "a number"
        wrong = not _is_scalar(value) if action is Action.SET else not _is_number(value)
        if wrong:
            findings.append(Finding("scenario.value", shown(str(value)), allowed, file=place, column=action.value))
    elif "column" in item:
        fix = "remove column, or use set"
        findings.append(Finding("scenario.key", f"column beside {action}", f"{action} without column", fix, file=place))
    if action is Action.REMOVE and value is not True:
        findings.append(Finding("scenario.value", shown(str(value)), "true", "write remove = true", file=place, column="remove"))
    if action is Action.REMOVE and not where:
        fix = "add where = { ... }; without it the whole table would go"
        findings.append(Finding("scenario.where", "no where", "which rows to remove", fix, file=place))
    if action is Action.INSERT:
        row, faults = _row(value, described, place=place)
        findings += faults
        if where:
            findings.append(Finding("scenario.key", "where beside insert", "insert without where", "remove it", file=place))
    if findings:
        return None, findings
    cell = value if action not in (Action.INSERT, Action.REMOVE) else None
    return Change(described.name, action, column=column, where=where, value=cell, row=row), []


def _table(item: Mapping[str, Any], *, place: str) -> tuple[Table | None, list[Finding]]:
    name = item.get("table")
    if isinstance(name, str) and name in TABLE_NAMES:
        return table(name), []
    near = names_of(TABLE_NAMES).nearest(name) if isinstance(name, str) else ""
    found = "no table" if name is None else f"the table {shown(str(name))}"
    fix = f"did you mean {near}?" if near else f"write a block such as {EXAMPLE}"
    return None, [Finding("scenario.table", found, f"one of {', '.join(TABLE_NAMES)}", fix, file=place, column="table")]


def _column(name: Any, described: Table, *, place: str) -> tuple[str, list[Finding]]:
    known = [column.name for column in described.columns]
    if isinstance(name, str) and name in known:
        return name, []
    near = names_of(known).nearest(name) if isinstance(name, str) else ""
    found = "no column" if name is None else f"the column {shown(str(name))}"
    fix = f"did you mean {near}?" if near else ""
    allowed = f"a column of {described.name}: {', '.join(known)}"
    return "", [Finding("scenario.column", found, allowed, fix, file=place, column="column")]


def _where(value: Any, described: Table, *, place: str) -> tuple[dict[str, tuple[Scalar, ...]], list[Finding]]:
    if not isinstance(value, Mapping):
        fix = 'write where = { site_id = "A" }'
        return {}, [Finding("scenario.where", shown(str(value)), "columns with values", fix, file=place, column="where")]
    chosen: dict[str, tuple[Scalar, ...]] = {}
    findings: list[Finding] = []
    for name, wanted in value.items():
        column, faults = _column(name, described, place=place)
        findings += faults
        values = tuple(wanted) if isinstance(wanted, list | tuple) else (wanted,)
        if not values or not all(map(_is_scalar, values)):
            allowed = "a text, a number, a date, true or false, or a list of them"
            findings.append(Finding("scenario.where", shown(str(wanted)), allowed, file=place, column=str(name)))
        elif column:
            chosen[column] = values
    return chosen, findings


def _row(value: Any, described: Table, *, place: str) -> tuple[dict[str, Scalar], list[Finding]]:
    if not isinstance(value, Mapping) or not value:
        fix = 'write insert = { site_id = "A", ... }'
        return {}, [Finding("scenario.value", shown(str(value)), "columns with values", fix, file=place, column="insert")]
    findings: list[Finding] = []
    for name, cell in value.items():
        findings += _column(name, described, place=place)[1]
        if not _is_scalar(cell):
            allowed = "a text, a number, a date, true or false"
            findings.append(Finding("scenario.value", shown(str(cell)), allowed, file=place, column=str(name)))
    for column in described.columns:
        if column.required and value.get(column.name, "") == "":
            found, fix = f"no {column.name}", f"add it: {column.meaning}"
            findings.append(Finding("scenario.value", found, "every required column", fix, file=place, column="insert"))
    return dict(value), findings


def _unknown(key: str, known: Sequence[str], *, file: str) -> Finding:
    near = names_of(known).nearest(key)
    fix = f"did you mean {near}?" if near else "remove it"
    return Finding("scenario.key", f"unknown key {shown(key)}", ", ".join(known), fix, file=file)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | date) and not isinstance(value, datetime)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
