"""The text of chaintwin.toml: what is wrong with a line, and how it is written."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import Severity
from chaintwin.network.tables.settings import MEANINGS, read_settings


@pytest.mark.parametrize(
    ("line", "column", "fix"),
    [
        ("start = 01.02.2026", "start", "write start = 2026-01-02 or start = 2026-02-01"),
        ("start = 13.2.2026 # day", "start", "write start = 2026-02-13"),
        ("start = 2026-02-30", "start", "write start = 2026-01-01"),
        ('start = "01.02.2026"', "start", "write start = 2026-01-02 or start = 2026-02-01"),
        ("period = day", "period", 'write period = "day"'),
        ("period = täglich", "period", 'write period = "day"'),
        ('period = "Woche"', "period", "write week"),
        ("horizon = 1,000", "horizon", "write horizon = 1000"),
        ("horizon = one year", "horizon", "write horizon = 365"),
        ("currency = €", "currency", 'write currency = "EUR"'),
        ("name = My network", "name", 'write name = "My network"'),
        ("name = \u201cMine\u201d", "name", 'write name = "Mine"'),
    ],
)
def test_read_settings__a_line_that_cannot_be_read_says_how_it_is_written(line: str, column: str, fix: str) -> None:
    _, (finding,) = read_settings(f"# A network\n{line}\n", file="chaintwin.toml")
    assert (finding.row, finding.column, finding.fix, finding.severity) == (2, column, fix, Severity.ERROR)
    assert "Expected" not in finding.found
    if fix.startswith("write ") and " or " not in fix and "=" in fix:
        assert read_settings(fix.removeprefix("write "), file="chaintwin.toml")[1] == []


@pytest.mark.parametrize("text", ['name = "a"\nname = "b"', 'name = "a"\nname = "b"\nhorizon = 3\n'])
def test_read_settings__a_setting_that_stands_twice(text: str) -> None:
    _, (finding,) = read_settings(text, file="chaintwin.toml")
    assert (finding.found, finding.row) == ("name again", 2)


@given(st.sampled_from([name for name, _ in MEANINGS]), st.text(max_size=12))
def test_read_settings__any_value_is_read_or_told(key: str, value: str) -> None:
    text = f"{key} = {value}"
    _, findings = read_settings(text, file="chaintwin.toml")
    try:
        tomllib.loads(text)
    except ValueError:
        assert findings
