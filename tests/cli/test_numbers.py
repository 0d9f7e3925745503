"""Numbers for people."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.cli.views.numbers import count, duration, interval, number, percent, percent_interval


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (7, "7"),
        (0.5, "0.500"),
        (99.96, "100"),
        (1234567.8, "1,234,568"),
        (1e-9, "1e-09"),
        (None, "-"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_number__sensible_digits(value: float | None, text: str) -> None:
    assert number(value) == text


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_number__never_fails(value: float) -> None:
    assert number(value)
    assert percent(value)


@given(st.floats(-1e12, 1e12), st.floats(0, 1e6))
def test_interval__holds_the_mean(mean: float, half: float) -> None:
    shown, reach = interval(mean, mean - half, high=mean + half)
    if reach == "exactly":
        return
    low, high = (float(part.replace(",", "")) for part in reach.split(" to "))
    assert low <= float(shown.replace(",", "")) <= high


def test_interval__without_interval() -> None:
    assert interval(3.0, None, high=None) == ("3", "-")
    assert percent_interval(None, None, high=None) == ("-", "-")
    assert percent_interval(0.5, None, high=None) == ("50.0 %", "-")
    assert percent_interval(0.5, 0.5, high=0.5) == ("50.0 %", "exactly")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0 us"), (0.25, "250 ms"), (59.9, "59.9 s"), (61, "1 min 1 s"), (7260, "2 h 1 min")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_count__plural() -> None:
    assert (count(0, "lane"), count(1, "lane"), count(2000, "lane")) == ("0 lanes", "1 lane", "2,000 lanes")
