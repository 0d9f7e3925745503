"""``chaintwin.toml``: what holds for the whole project, read with every fault named and written with comments."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chaintwin.errors import Finding, Severity
from chaintwin.network.network import Period, Quantities, Settings
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.dates import date_fault
from chaintwin.network.tables.cells.nearest import names_of
from chaintwin.network.tables.cells.synonyms import suggested
from chaintwin.network.tables.feeds.feeds import FEEDS_KEY, is_list_of_tables
from chaintwin.network.tables.schema import PERIODS_MAX

SETTINGS_SHEET = "project"
SETTINGS_BYTES_MAX = 1024 * 1024

NAME_LENGTH_MAX = 200

MEANINGS = (
    ("name", "Name of the project."),
    ("period", "Length of one period: hour, day or week. Lead times and demand are counted in it."),
    ("currency", "ISO 4217 code of every amount that has no currency of its own."),
    ("start", "First day of period 0."),
    ("horizon", "Periods a simulation covers unless told otherwise."),
    ("warm_up", "Periods at the start of a simulation that are left out of its results."),
    ("quantities", "continuous: real numbers; integer: whole multiples of each product's quantum."),
    ("schema_version", "Version of the tables; do not change it by hand."),
)
"""Every key of the file and its meaning, in the order they are written."""

_CHOICES: Mapping[str, type[StrEnum]] = MappingProxyType({"period": Period, "quantities": Quantities})
_EXAMPLES = (("period", "day"), ("currency", "EUR"), ("quantities", "continuous"))

_SETTING_LINE = re.compile(r'^\s*"?([A-Za-z_]+)"?\s*=\s*([^#]*)')
_KEY_LINE = re.compile(r'^\s*"?([A-Za-z_]+)"?\s*=')


def read_settings(text: str, *, file: str) -> tuple[Settings, list[Finding]]:
    """Read the text of ``chaintwin.toml``.

    Parameters
    ----------
    text : content of the file. Its tables ``[[sources]]`` are left to whoever takes events in.
    file : how findings name it.

    Returns
    -------
    settings and findings
        A key that is missing or wrong has its default.
    """
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Beside its own error the library lets pass that a number has too many digits, or lists lie too deep in one another.
        return Settings(), [_unreadable(text, error, file=file)]
    lines: dict[str, int] = {}
    for number, line_text in enumerate(text.splitlines(), start=1):
        match = _KEY_LINE.match(line_text)
        if match:
            lines.setdefault(match.group(1), number)
    tables = values.pop(FEEDS_KEY, [])
    settings, findings = settings_of(values, lines=lines, file=file)
    if not is_list_of_tables(tables):
        found, fix = "a value that is no table", f"write a line [[{FEEDS_KEY}]] above the keys of each, or remove it"
        allowed, row = f"tables, each begun by [[{FEEDS_KEY}]]", lines.get(FEEDS_KEY, 0)
        findings.append(Finding("settings.value", found, allowed, fix=fix, file=file, row=row, column=FEEDS_KEY))
    return settings, findings


def settings_of(values: Mapping[str, Any], *, lines: Mapping[str, int], file: str) -> tuple[Settings, list[Finding]]:
    """Check settings given as a mapping.

    Parameters
    ----------
    values : setting by key; texts are accepted for numbers and dates, as a sheet gives them.
    lines : line or row of each key, for the findings.
    file : how findings name the place.
    """
    findings: list[Finding] = []
    good: dict[str, Any] = {}
    names = names_of([*(field.name for field in fields(Settings)), FEEDS_KEY])
    for key, value in values.items():
        row = lines.get(key, 0)
        check = _CHECKS.get(key)
        if check is None:
            near = names.nearest(key)
            severity = Severity.ERROR if near and near not in values else Severity.WARNING
            fix = f"did you mean {near}?" if near else "remove it"
            allowed = ", ".join([*(name for name, _ in MEANINGS), f"[[{FEEDS_KEY}]]"])
            findings.append(
                Finding(
                    "settings.unknown", f"unknown setting {shown(key)}", allowed, fix=fix, file=file, row=row, severity=severity
                )
            )
            continue
        checked = check(value)
        if isinstance(checked, _Refusal):
            found = shown(str(value))
            findings.append(Finding("settings.value", found, checked.allowed, fix=checked.fix, file=file, row=row, column=key))
        else:
            good[key] = checked
    settings = Settings(**good)
    if settings.warm_up >= settings.horizon:
        allowed = f"less than the horizon, {settings.horizon}"
        fix = "lengthen the horizon or shorten the warm-up"
        findings.append(
            Finding(
                "settings.warm_up",
                str(settings.warm_up),
                allowed,
                fix=fix,
                file=file,
                row=lines.get("warm_up", 0),
                column="warm_up",
            )
        )
    return settings, findings


def settings_text(settings: Settings) -> str:
    """Return ``chaintwin.toml`` with a comment above every key."""
    import tomli_w

    parts = ["# A supply network for chaintwin. The tables of the project stand beside this file."]
    values = settings_values(settings)
    for name, meaning in MEANINGS:
        parts.append(f"\n# {meaning}\n{tomli_w.dumps({name: values[name]}).rstrip()}")
    return "\n".join(parts) + "\n"


def settings_values(settings: Settings) -> dict[str, str | int | date]:
    """Return the settings as plain values by key, in the order they are written."""
    found = {name: getattr(settings, name) for name, _ in MEANINGS}
    return {name: value.value if isinstance(value, StrEnum) else value for name, value in found.items()}


def settings_of_sheet(cells: Sequence[tuple[str, str]], *, file: str) -> tuple[Settings, list[Finding]]:
    """Read settings from the first two columns of a sheet.

    Parameters
    ----------
    cells : key and value of each row, blank cells as empty texts; a first row ``key``, ``value`` is a header.
    file : how findings name the sheet.
    """
    values: dict[str, str] = {}
    rows: dict[str, int] = {}
    for row, (key, value) in enumerate(cells, start=1):
        name = key.strip()
        if name and value.strip() and not (row == 1 and name.lower() in ("key", "setting")):
            values.setdefault(name, value.strip())
            rows.setdefault(name, row)
    return settings_of(values, lines=rows, file=file)


def load_settings(path: Path) -> tuple[Settings, list[Finding]]:
    """Read ``chaintwin.toml`` from a file: UTF-8, with or without byte order mark, at most SETTINGS_BYTES_MAX."""
    text, findings = settings_file(path)
    return (Settings(), findings) if findings else read_settings(text, file=path.name)


def settings_file(path: Path) -> tuple[str, list[Finding]]:
    """Return the text of ``chaintwin.toml``, or why it cannot be had."""
    file = path.name
    if path.stat().st_size > SETTINGS_BYTES_MAX:
        return "", [Finding("file.large", "more than 1 MiB", "at most 1 MiB", fix="keep only the settings in it", file=file)]
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n"), []
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        return "", [
            Finding("file.encoding", "a byte that is no UTF-8", "UTF-8", fix="save the file as UTF-8", file=file, row=row)
        ]


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A setting cannot be used: what is allowed and how to mend it."""

    allowed: str
    fix: str


def _unreadable(text: str, error: Exception, *, file: str) -> Finding:
    """Say what is wrong with the line at which reading stopped, and how its setting is written."""
    place = re.search(r"line (\d+)", str(error))
    lines = text.splitlines()
    # A value such as 2026-02-30 stops the reader without a place, and at the end of the file no line is named.
    row = int(place.group(1)) if place else next((n for n, line in enumerate(lines, 1) if _is_impossible(line)), 0)
    if not row and "end of document" in str(error):
        row = max((n for n, line in enumerate(lines, 1) if line.strip()), default=0)
    match = _SETTING_LINE.match(lines[row - 1]) if 0 < row <= len(lines) else None
    if match is None:
        found = str(error) if isinstance(error, tomllib.TOMLDecodeError) else f"a value that cannot be read ({error})"
        fix = 'write lines such as name = "my network"'
        return Finding("settings.toml", found, "TOML: a name, an equals sign and a value", fix=fix, file=file, row=row)
    key, value = match.group(1), match.group(2).strip()
    if "overwrite" in str(error):
        fix = "remove one of the two lines"
        return Finding("settings.toml", f"{key} again", "each setting once", fix=fix, file=file, row=row, column=key)
    allowed, fix = _how_to_write(key, value)
    return Finding("settings.toml", shown(value) if value else "nothing", allowed, fix=fix, file=file, row=row, column=key)


def _how_to_write(key: str, value: str) -> tuple[str, str]:
    """Return what is allowed for a setting and how the value met is written in TOML."""
    bare = value.strip("\"'\u201c\u201d\u201e")
    if key == "start":
        days = re.findall(r"\d{4}-\d{2}-\d{2}", date_fault(bare).fix) if bare else []
        return (
            "a date such as 2026-01-31, without quotes",
            f"write {' or '.join(f'start = {day}' for day in days or ['2026-01-01'])}",
        )
    if key in ("horizon", "warm_up", "schema_version"):
        digits = re.sub(r"[\s.,'_]", "", bare)
        return "a whole number, without quotes or separators", f"write {key} = {digits if digits.isdecimal() else 365}"
    example = dict(_EXAMPLES).get(key, "my network")
    text = re.sub(r'[\\"]', "", bare) or example
    if key == "currency" and not re.fullmatch(r"[A-Za-z]{3}", text):
        text = example
    near = suggested(text, [choice.value for choice in _CHOICES[key]]) if key in _CHOICES else ""
    return "a text between double quotes", f'write {key} = "{near or text}"'


def _is_impossible(line: str) -> bool:
    """Tell whether a line of a setting cannot be read by itself."""
    try:
        tomllib.loads(line)
    except (ValueError, RecursionError):
        return _SETTING_LINE.match(line) is not None
    return False


def _name(value: Any) -> str | _Refusal:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > NAME_LENGTH_MAX:
        return _Refusal(f"a text of 1 to {NAME_LENGTH_MAX} visible characters", 'write name = "my network"')
    return value.strip()


def _choice(kind: type[StrEnum]) -> Callable[[Any], StrEnum | _Refusal]:
    def check(value: Any) -> StrEnum | _Refusal:
        choices = [choice.value for choice in kind]
        text = str(value).strip().lower()
        if text in choices:
            return kind(text)
        near = suggested(text, choices)
        return _Refusal(", ".join(choices), f"write {near}" if near else "write one of these")

    return check


def _currency(value: Any) -> str | _Refusal:
    text = str(value).strip()
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        return _Refusal("three letters of ISO 4217", "write a code such as EUR")
    return text.upper()


def _start(value: Any) -> date | _Refusal:
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value.strip()[:10])
        except ValueError:
            return _Refusal(*_how_to_write("start", value))
    if not isinstance(value, date) or not 1900 <= value.year <= 2999:
        return _Refusal("a date from 1900 to 2999", "write start = 2026-01-01")
    return value


def _whole(low: int, high: int) -> Callable[[Any], int | _Refusal]:
    def check(value: Any) -> int | _Refusal:
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,15}(\.0+)?\s*", value):
            value = int(float(value))
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            return _Refusal(f"a whole number from {low} to {high}", f"write a number such as {max(low, 1)}")
        return value

    return check


def _version(value: Any) -> int | _Refusal:
    # Another version than ours is either migrated or refused before the settings are used; here it only has to be a number.
    return _whole(1, 10_000)(value)


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "period": _choice(Period),
    "currency": _currency,
    "start": _start,
    "horizon": _whole(1, PERIODS_MAX),
    "warm_up": _whole(0, PERIODS_MAX),
    "quantities": _choice(Quantities),
    "schema_version": _version,
}
