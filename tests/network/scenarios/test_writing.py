"""Scenarios as text: what is written is read back as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin import Scenario
from chaintwin.network.disruptions.disruption import LOST, Cause, Disruption, Fading, Impact, Where
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.risk.scenarios.library import shipped, shipped_names

WORDS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=30)
SHARES = st.floats(0, 1)
SOME = st.lists(WORDS, min_size=1, max_size=3, unique=True).map(tuple)
WHERE = st.one_of(
    st.builds(Where, site=SOME, product=SOME),
    st.builds(Where, lane=SOME, mode=SOME),
    st.builds(Where, area=st.tuples(st.floats(-90, 90), st.floats(-180, 180), st.floats(0.1, 1e4))),
    st.just(Where(between=(("US",), ("CN", "RU")))),
    st.just(Where(most_used="site")),
    st.just(Where(everywhere=True)),
)
EFFECT = st.dictionaries(st.sampled_from([impact for impact in Impact if impact not in LOST]), SHARES, min_size=1)
LAW = st.sampled_from(
    ["0", "14", "0.1", "1e9", "12.50", "lognormal(mean=9, cv=0.8)", "shift(truncated(exponential(4), low=2), -2)"]
)


def read_back(scenario: Scenario, folder: Path) -> Scenario:
    path = folder / "again.toml"
    path.write_text(scenario_text(scenario), encoding="utf-8")
    return Scenario.read(path)


def same(one: Scenario, other: Scenario) -> bool:
    plain = [
        replace(scenario, file="", disruptions=tuple(replace(each, file="") for each in scenario.disruptions))
        for scenario in (one, other)
    ]
    return plain[0] == plain[1]


@pytest.mark.parametrize("name", shipped_names())
def test_scenario_text__every_ready_scenario_reads_back_as_it_was(name: str, tmp_path: Path) -> None:
    scenario = shipped(name)
    assert same(read_back(scenario, tmp_path), scenario)


@given(
    where=WHERE,
    effect=EFFECT,
    start=st.none() | st.dates(date(1970, 1, 1), date(2100, 1, 1)),
    laws=st.tuples(LAW, LAW | st.just("")),
    numbers=st.tuples(st.floats(0, 1e6), SHARES, st.none() | SHARES),
    texts=st.tuples(WORDS, WORDS | st.just(""), WORDS | st.just("")),
    cause=st.sampled_from(Cause),
    fading=st.sampled_from(Fading),
)
def test_scenario_text__any_disruption_reads_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    where: Where,
    effect: dict[Impact, float],
    start: date | None,
    laws: tuple[str, str],
    numbers: tuple[float, float, float | None],
    texts: tuple[str, str, str],
    cause: Cause,
    fading: Fading,
) -> None:
    disruption = Disruption(
        texts[0],
        cause,
        where,
        effect,
        start=start,
        after="0" if start else laws[0],
        duration=laws[1],
        recovery=numbers[0],
        fading=fading,
        stages=((0.0, 0.7), (0.5, numbers[1])) if fading is Fading.STAGED else (),
        chance=numbers[1],
        event=texts[1],
        confidence=numbers[2],
        source=texts[2],
    )
    scenario = Scenario('odd \\ "name"', disruptions=(disruption,), note="for # people")
    assert same(read_back(scenario, tmp_path_factory.mktemp("written")), scenario)
