"""Mappings of signals: what they say, and every fault at once."""

from __future__ import annotations

import pytest

from chaintwin.errors import InputError
from chaintwin.ingest.connectors.signals.kinds import KINDS, As
from chaintwin.ingest.connectors.signals.patterns import PatternError, address_pattern
from chaintwin.ingest.connectors.signals.signal import Quality, quality_of
from chaintwin.ingest.connectors.signals.signal_mapping import parse_signal_mapping


@pytest.mark.parametrize(
    ("pattern", "address", "found"),
    [
        ("plant/{site}/+/t", "plant/a/b/t", {"site": "a"}),
        ("plant/{site}/+/t", "plant/a/b/c/t", None),
        ("plant/{site}/#", "plant/a", {"site": "a"}),
        ("plant/{site}/#", "plant/a/b/c", {"site": "a"}),
        ("#", "any/thing", {}),
        ("{group}/{node}/{device}:Temperature", "g/n/d:Temperature", {"group": "g", "node": "n", "device": "d"}),
        ("m{number}.x", "m12.x", {"number": "12"}),
        ("m{number}.x", "m12yx", None),
        ("a/+", "a/", {}),
        ("{a}/b", "/b", None),
    ],
)
def test_address_pattern__fits_or_not(pattern: str, address: str, found: dict[str, str] | None) -> None:
    assert address_pattern(pattern).match(address) == found


@pytest.mark.parametrize("pattern", ["", "a/#/b", "a#", "a+/b", "{a}/{a}", "{}", "{a b}", "{a", "a}"])
def test_address_pattern__means_nothing(pattern: str) -> None:
    with pytest.raises(PatternError):
        address_pattern(pattern)


FAULTY = """
name = 3
other = 1

[[signals]]
match = "a/#/b"
as = "sensor"
measures = "Warmth"
least_change = -1
colour = "red"

[[signals]]
as = "wish"

[[signals]]
match = "a/{b}"
as = "produced"
site = "{b"
rolls_over_at = 100
time_unit = "days"
words = 5
product = "{@nothing}"

[[signals]]
match = "v/{v}"
as = "vehicle"
vehicle = "{v}"
longitude = "{lon}"
"""


FAULTS = [
    "name",
    "other",
    "signals[0].colour",
    "signals[0].match",
    "signals[0]",
    "signals[0].measures",
    "signals[0].least_change",
    "signals[1].as",
    "signals[2].product",
    "signals[2].site",
    "signals[2].counter",
    "signals[2].time_unit",
    "signals[2].words",
    "signals[3]",
]
"""Entries with faults, in their order."""


def test_parse_signal_mapping__tells_all_faults_at_once() -> None:
    with pytest.raises(InputError) as refused:
        parse_signal_mapping(FAULTY, file="bad.toml")
    columns = [finding.column for finding in refused.value.findings]
    assert {finding.file for finding in refused.value.findings} == {"bad.toml"}
    assert columns == FAULTS


@pytest.mark.parametrize("text", ["", "name = 'x'", "name = 'x'\nsignals = 5", "[[signals", "name = 'x'\nsignals = []"])
def test_parse_signal_mapping__nothing_in_it(text: str) -> None:
    with pytest.raises(InputError):
        parse_signal_mapping(text)


def test_kinds__all_are_described() -> None:
    assert set(KINDS) == set(As)
    assert all(set(kind.required) <= kind.templates and set(kind.one_of) <= kind.templates for kind in KINDS.values())


@pytest.mark.parametrize(
    ("value", "quality"),
    [
        ("good", Quality.GOOD), ("Uncertain", Quality.UNCERTAIN), ("192", Quality.GOOD), (64, Quality.UNCERTAIN),
        (0, Quality.BAD), (False, Quality.BAD), ("fine", None), (None, None), ([], None),
    ],
)  # fmt: skip
def test_quality_of__words_and_numbers(value: object, quality: Quality | None) -> None:
    assert quality_of(value) is quality
