"""Escalation chains: mean counts against a formula, and one replication against a plain clock."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.risk.occurrence import Escalation, Replications, sample_escalation, sample_poisson
from chaintwin.risk.occurrence.draws import joined_id
from tests.sizes import scaled

COUNT = scaled(ci=20_000, full=400_000)
RATES = {"conflict": 0.01, "export ban": 0.004, "cyber attack": 0.02}
LINKS = [
    Escalation("conflict", "export ban", factor=6, duration=60),
    Escalation("export ban", "cyber attack", factor=3, duration=30),
    Escalation("cyber attack", "conflict", factor=2, duration=20),
    Escalation("cyber attack", "cyber attack", factor=2, duration=10),
]


def test_sample_escalation__one_link_has_the_mean_of_the_formula() -> None:
    replications = Replications(seed=12, count=COUNT)
    counts = sample_escalation(RATES, replications, links=LINKS[:1], end=365.0)["export ban"].counts
    rate, target, while_ = RATES["conflict"], RATES["export ban"], 60.0
    # The link is active at t with probability 1 - exp(-rate min(t, while)).
    active = 365.0 - (1 - math.exp(-rate * while_)) / rate - (365.0 - while_) * math.exp(-rate * while_)
    mean = target * (365.0 + 5 * active)
    assert abs(counts.mean() - mean) < 4 * counts.std() / math.sqrt(COUNT)


def test_sample_escalation__agrees_with_a_plain_clock() -> None:
    replications = Replications(seed=12, count=60)
    found = sample_escalation(RATES, replications, links=LINKS, end=365.0)
    base = {kind: sample_poisson(rate, replications, process_id=kind, end=365.0) for kind, rate in RATES.items()}
    extra = [
        sample_poisson(
            (link.factor - 1) * RATES[link.target], replications, process_id=joined_id(link.source, link.target), end=365.0
        )
        for link in LINKS
    ]
    for replication in range(60):
        waiting = [(t, kind, None) for kind in RATES for t in base[kind].of(replication)]
        waiting += [(t, link.target, link) for link, part in zip(LINKS, extra, strict=True) for t in part.of(replication)]
        last = dict.fromkeys(RATES, -math.inf)
        happened: dict[str, list[float]] = {kind: [] for kind in RATES}
        for moment, kind, link in sorted(waiting, key=lambda item: item[0]):
            if link is None or moment - last[link.source] <= link.duration:
                happened[kind].append(moment)
                last[kind] = moment
        for kind in RATES:
            assert found[kind].of(replication).tolist() == happened[kind]


def test_sample_escalation__a_further_link_or_type_keeps_all_events() -> None:
    replications = Replications(seed=12, count=200)
    fewer = sample_escalation(RATES, replications, links=LINKS[:2], end=365.0)
    more = sample_escalation({**RATES, "flood": 0.05}, replications, links=LINKS, end=365.0)
    for kind, events in fewer.items():
        for replication in range(200):
            assert set(events.of(replication)) <= set(more[kind].of(replication))
    without = sample_escalation({"flood": 0.05}, replications, links=[], end=365.0)
    assert np.array_equal(without["flood"].times, more["flood"].times)


def test_sample_escalation__refuses_links_that_lead_nowhere_or_twice() -> None:
    replications = Replications(seed=12, count=2)
    with pytest.raises(UsageError, match=r"links: found 'war'; allowed: a type of event that has a rate"):
        sample_escalation(RATES, replications, links=[Escalation("war", "conflict", factor=2, duration=3)], end=10.0)
    with pytest.raises(UsageError, match="links: found two from 'conflict' to 'export ban'"):
        sample_escalation(RATES, replications, links=[LINKS[0], LINKS[0]], end=10.0)
    with pytest.raises(UsageError, match=r"factor: found 0.5; allowed: a finite number, 1 or more"):
        Escalation("conflict", "export ban", factor=0.5, duration=10)
