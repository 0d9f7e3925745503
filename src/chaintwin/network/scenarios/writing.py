"""Scenarios as TOML, which ``Scenario.read`` reads back as they were."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from chaintwin.laws.law import format_number
from chaintwin.network.disruptions.disruption import Cause, Disruption, Fading, Impact, Where
from chaintwin.network.scenarios.change import Action, Change, Scalar
from chaintwin.network.scenarios.scenario import Scenario


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as TOML.

    Parameters
    ----------
    scenario : changes, disruptions and interventions.

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
    for disruption in scenario.disruptions:
        word = "intervention" if disruption.cause is Cause.INTERVENTION else "disruption"
        lines += ["", f"[[{word}]]", *_keys(disruption)]
    return "\n".join(lines) + "\n"


def _parts(change: Change) -> list[str]:
    lines = []
    if change.where:
        chosen = ", ".join(f"{name} = {_one_or_list(values)}" for name, values in change.where.items())
        lines.append(f"where = {{ {chosen} }}")
    if change.column:
        lines.append(f"column = {_text(change.column)}")
    if change.action is Action.INSERT:
        cells = ", ".join(f"{name} = {_value(value)}" for name, value in change.row.items())
        return [*lines, f"insert = {{ {cells} }}"]
    value = True if change.action is Action.REMOVE else change.value
    assert value is not None
    return [*lines, f"{change.action.value} = {_value(value)}"]


def _keys(disruption: Disruption) -> list[str]:
    """Return the lines of a disruption; what is usual is left out."""
    one = disruption
    usual = Disruption("")
    lines = [f"name = {_text(one.name)}"]
    if one.cause not in (Cause.INTERVENTION, usual.cause):
        lines.append(f"cause = {_text(one.cause.value)}")
    lines.append(f"where = {{ {', '.join(_where(one.where))} }}")
    if one.start is not None:
        lines.append(f"start = {one.start.isoformat()}")
    elif one.after != usual.after:
        lines.append(f"after = {_days(one.after)}")
    if one.duration:
        lines.append(f"duration = {_days(one.duration)}")
    if one.recovery:
        lines.append(f"recovery = {format_number(one.recovery)}")
    if one.fading is not Fading.LINEAR:
        lines.append(f"fading = {_text(one.fading.value)}")
    if one.stages:
        pairs = ", ".join(f"[{format_number(begin)}, {format_number(left)}]" for begin, left in one.stages)
        lines.append(f"stages = [{pairs}]")
    if one.chance != usual.chance:
        lines.append(f"chance = {format_number(one.chance)}")
    if one.event:
        lines.append(f"event = {_text(one.event)}")
    if one.reroute != (bool(one.where.corridor) and Impact.CAPACITY not in one.effect):
        lines.append(f"reroute = {_value(one.reroute)}")
    if one.elasticity:
        lines.append(f"elasticity = {format_number(one.elasticity)}")
    if one.effect:
        does = ", ".join(f"{impact.value} = {format_number(size)}" for impact, size in one.effect.items())
        lines.append(f"effect = {{ {does} }}")
    if one.confidence is not None:
        lines.append(f"confidence = {format_number(one.confidence)}")
    if one.source:
        lines.append(f"source = {_text(one.source)}")
    return lines


def _where(where: Where) -> list[str]:
    found = []
    for name in where.__slots__:
        value = getattr(where, name)
        if not value:
            continue
        if name == "between":
            text = "[" + ", ".join(_list(side) for side in value) + "]"
        elif name == "area":
            places = zip(("latitude", "longitude", "radius_km"), value, strict=True)
            text = "{ " + ", ".join(f"{key} = {format_number(number)}" for key, number in places) + " }"
        elif isinstance(value, tuple):
            text = _one_or_list(value)
        else:
            text = _value(value)
        found.append(f"{name} = {text}")
    return found


def _days(law: str) -> str:
    """Return days as a number where that reads back as the same text."""
    try:
        number = float(law)
    except ValueError:
        return _text(law)
    plain = format_number(number)
    return plain if f"{number:.12g}" == plain == law else _text(law)


def _one_or_list(values: Iterable[Scalar]) -> str:
    several = tuple(values)
    return _value(several[0]) if len(several) == 1 else _list(several)


def _list(values: Iterable[Scalar]) -> str:
    return "[" + ", ".join(map(_value, values)) + "]"


def _value(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    return format_number(value) if isinstance(value, float) else _text(value)


def _text(text: str) -> str:
    # The escapes of JSON are those of TOML but for one sign; a sign beyond the basic plane, which JSON writes in two parts, is
    # left as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
