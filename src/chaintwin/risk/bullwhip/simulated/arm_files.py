"""Scenarios as TOML files, which ``chaintwin compare`` and ``chaintwin simulate --scenario`` read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.laws.law import format_number
from chaintwin.network.scenarios.change import Action, Change, Scalar
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.tables.files.exchanging import write_file


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as TOML.

    Example
    -------
    >>> print(scenario_text(Scenario.of("peak", [{"table": "lanes", "column": "lead_time", "set": "2"}])))
    name = "peak"
    levels = "kept"
    <BLANKLINE>
    [[change]]
    table = "lanes"
    column = "lead_time"
    set = "2"
    <BLANKLINE>
    """
    lines = [f"name = {_text(scenario.name)}"]
    if scenario.note:
        lines.append(f"note = {_text(scenario.note)}")
    lines.append(f"levels = {_text(scenario.levels.value)}")
    for change in scenario.changes:
        lines += ["", "[[change]]", f"table = {_text(change.table)}", *_parts(change)]
    return "\n".join(lines) + "\n"


def write_scenarios(folder: Path | str, scenarios: Iterable[Scenario]) -> list[Path]:
    """Write scenarios into a folder, which is made if it is not there; existing files of the same names are replaced.

    Parameters
    ----------
    folder : where to; files have the names of the scenarios with dashes for blanks.

    Raises
    ------
    UsageError
        The folder cannot be made or written to.
    """
    place = Path(folder)
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"{place}: found {error.strerror or 'no access'}; allowed: a folder in one that exists") from error
    files = []
    for scenario in scenarios:
        file = place / f"{scenario.name.replace(' ', '-')}.toml"
        content = scenario_text(scenario).encode()

        def write(target: Path, content: bytes = content) -> None:
            target.write_bytes(content)

        write_file(file, write)
        files.append(file)
    return files


def _parts(change: Change) -> list[str]:
    lines = []
    if change.where:
        chosen = ", ".join(
            f"{name} = {_value(values[0]) if len(values) == 1 else '[' + ', '.join(map(_value, values)) + ']'}"
            for name, values in change.where.items()
        )
        lines.append(f"where = {{ {chosen} }}")
    if change.column:
        lines.append(f"column = {_text(change.column)}")
    if change.action is Action.INSERT:
        cells = ", ".join(f"{name} = {_value(value)}" for name, value in change.row.items())
        return [*lines, f"insert = {{ {cells} }}"]
    value = True if change.action is Action.REMOVE else change.value
    assert value is not None
    return [*lines, f"{change.action.value} = {_value(value)}"]


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return format_number(value) if isinstance(value, float) else _text(value)


def _text(text: str) -> str:
    # The escapes of JSON are those of TOML; a sign beyond the basic plane, which JSON writes in two parts, is left as it is.
    return json.dumps(text, ensure_ascii=False)
