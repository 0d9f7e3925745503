"""Random networks in the notation of the worked traces: as hypothesis strategies, and from a plain seed for bulk runs.

Every case is a dict with the inputs of ``sim.trace`` (network, periods, integer), so the plain engine and the compiled one
take it as it stands. Material flows from buffers of lower to buffers of higher rank, which rules out both kinds of forbidden
loop; the loops that are allowed (returns, transshipment) are closed by an activity with a lead and an information delay of at
least one period. Ids are unrelated to rank and entities are listed in no particular order, so that nothing can lean on the
order of the input.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

Item = TypeVar("Item")
Case = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Features:
    """What a random network may contain beyond buffers, activities, demand and policies."""

    resources: bool = True
    losses: bool = True
    priorities: bool = True
    information_delays: bool = True
    zero_leads: bool = True
    random_leads: bool = False
    yields: bool = True
    by_products: bool = True
    loops: bool = True
    order_rules: bool = False
    tiers: bool = False
    substitutes: bool = False
    perishables: bool = False
    sharing: bool = False
    promises: bool = False
    rooms: bool = False
    strikes: bool = False
    policies: tuple[str, ...] = ("base_stock", "sS", "RnQ")


LOOP_SHARE = 0.1
RULES = ("base_stock", "sS", "RnQ", "series", "kanban", "constant", "smoothed", "sterman", "echelon", "drp")
EVERYTHING = Features(
    random_leads=True,
    order_rules=True,
    tiers=True,
    substitutes=True,
    perishables=True,
    sharing=True,
    promises=True,
    rooms=True,
    strikes=True,
    policies=RULES,
)


@st.composite
def networks(
    draw: st.DrawFn, *, integer: bool | None = None, periods: int = 12, buffers: int = 8, features: Features = EVERYTHING
) -> Case:
    """Draw a network case; ``integer`` None draws the arithmetic too, ``buffers`` is the largest number of stock points."""
    choose = _Drawn(draw)
    whole = choose.chance(50) if integer is None else integer
    return _network(choose, integer=whole, periods=periods, buffers=buffers, features=features)


@st.composite
def serial_systems(draw: st.DrawFn, *, integer: bool | None = None, periods: int = 20, stages: int = 5) -> Case:
    """Draw a serial base-stock system with backorders, one stream at the last stage and perhaps capacities."""
    choose = _Drawn(draw)
    whole = choose.chance(50) if integer is None else integer
    return _serial(choose, integer=whole, periods=periods, stages=stages)


def random_network(
    seed: int, *, integer: bool | None = None, periods: int = 30, buffers: int = 8, features: Features = EVERYTHING
) -> Case:
    """Return the network case of a seed, without hypothesis: for bulk runs."""
    choose = _Seeded(seed)
    whole = choose.chance(50) if integer is None else integer
    return _network(choose, integer=whole, periods=periods, buffers=buffers, features=features)


def random_serial_system(seed: int, *, integer: bool | None = None, periods: int = 30, stages: int = 5) -> Case:
    """Return the serial case of a seed, without hypothesis."""
    choose = _Seeded(seed)
    whole = choose.chance(50) if integer is None else integer
    return _serial(choose, integer=whole, periods=periods, stages=stages)


def two_speed_suppliers(network: dict[str, Any]) -> set[str]:
    """Return the activities whose lead times have to be fixed: those of two speeds, and substitutes."""
    fast = {buffer["id"] for buffer in network["buffers"] if buffer["policy"]["type"] in ("dual", "surge")}
    return {a["id"] for a in network["activities"] if fast & set(a["out"]) or a.get("substitute")}


class _Choose(Protocol):
    """Where choices come from: a hypothesis draw, which shrinks, or a seed, which is fast."""

    def whole(self, low: int, high: int) -> int: ...

    def shuffled(self, items: Sequence[Item]) -> list[Item]: ...

    def one(self, items: Sequence[Item]) -> Item:
        return items[self.whole(0, len(items) - 1)]

    def chance(self, percent: int) -> bool:
        # Small draws mean "no", so that shrinking takes features away.
        return self.whole(0, 99) >= 100 - percent


class _Drawn(_Choose):
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def whole(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        return self.draw(st.permutations(items))


class _Seeded(_Choose):
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def whole(self, low: int, high: int) -> int:
        return self.random.randint(low, high)

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        return self.random.sample(list(items), len(items))


def _network(choose: _Choose, *, integer: bool, periods: int, buffers: int, features: Features) -> Case:
    count = choose.whole(1, buffers)
    ranked = choose.shuffled([f"b{index}" for index in range(count)])
    resources = _resources(choose, periods) if features.resources else {}
    build = _Build(choose, integer, periods, features, ranked, sorted(resources))
    activities: list[dict[str, Any]] = []
    for rank in range(count):
        activities += build.sources(rank)
    if features.loops and count > 1 and choose.chance(30):
        activities.append(build.loop())
    names = choose.shuffled([f"a{index}" for index in range(len(activities))])
    for name, activity in zip(names, activities, strict=True):
        activity["id"] = name
    network: dict[str, Any] = {
        "buffers": choose.shuffled([build.buffer(b) for b in ranked]),
        "activities": choose.shuffled(activities),
        "demands": [build.demand() for _ in range(choose.whole(1, 3))],
        "resources": resources,
    }
    if features.substitutes:
        _stand_in(choose, network)
    if features.tiers:
        _rank_sources(choose, network, build)
    if features.rooms and choose.chance(50):
        _limit_storage(choose, network)
    if features.random_leads:
        fixed = two_speed_suppliers(network)
        drawn = [a for a in activities if choose.chance(25) and a["id"] not in fixed]
        # A drawn lead may be 0 only where the activity was allowed to be zero-lead: a loop must keep its delay.
        network["leads"] = {a["id"]: [choose.whole(min(a["lead"], 1), 3) for _ in range(periods)] for a in drawn}
    if features.strikes and choose.chance(60):
        _strike(choose, network, build)
    return {"network": network, "periods": periods, "integer": integer}


def _strike(choose: _Choose, network: dict[str, Any], build: _Build) -> None:
    """Let some disruptions strike whatever there is."""
    network["strikes"] = [
        {
            "id": f"strike{number}",
            "onset": choose.whole(0, 2 * build.periods) / 2,
            "duration": choose.one((0, 1, 2.5, 4)),
            "recovery": choose.one((0, 0, 1.5, 5)),
        }
        for number in range(choose.whole(1, 3))
    ]
    fixed = two_speed_suppliers(network)
    activities = [a["id"] for a in network["activities"]]
    targets: dict[str, list[str]] = {
        "capacity": list(network["resources"]),
        "demand": [f"d{number:04d}" for number in range(len(network["demands"]))],
        "lead": [a["id"] for a in network["activities"] if a["id"] not in fixed],
        "arrivals": activities,
        # Whole units are rounded down row by row, and goods that arrive by their age may share one with others that waited.
        "transit": [a["id"] for a in network["activities"] if not (build.integer and a.get("lead_mode") == "kaplan")],
        "queue": activities,
        **dict.fromkeys(("stock", "orders", "reported"), build.ranked),
    }
    network["effects"] = []
    for _ in range(choose.whole(1, 6)):
        effect = choose.one(sorted(name for name, those in targets.items() if those))
        most = 2.0 if effect in ("capacity", "demand", "lead", "reported", "orders") else 1.0
        factor = min(choose.one((0.0, 0.25, 0.5, 0.9, 1.5, 2.0)), most)
        named = {"strike": choose.one(network["strikes"])["id"], "effect": effect, "entity": choose.one(targets[effect])}
        amount = {"amount": float(choose.whole(1, 8))} if effect == "capacity" and choose.chance(30) else {}
        network["effects"].append(named | {"factor": factor} | amount)


def _rank_sources(choose: _Choose, network: dict[str, Any], build: _Build) -> None:
    """Put some sources into tiers, and let some buffers order at two speeds."""
    for activity in network["activities"]:
        if choose.chance(30):
            activity["tier"] = choose.whole(0, 2)
    for buffer in network["buffers"]:
        mine = [a for a in network["activities"] if buffer["id"] == next(iter(a["out"])) and not a.get("substitute")]
        tiers = [a.get("tier", 0) for a in mine]
        if 0 in tiers and max(tiers) > 0 and choose.chance(50):
            index = build.quantity(2, 20)
            surge = {"type": "surge", "S": index, "Q": build.quantity(0, 5)}
            buffer["policy"] = choose.one(({"type": "dual", "S": index + build.quantity(0, 25), "Se": index}, surge))


def _limit_storage(choose: _Choose, network: dict[str, Any]) -> None:
    """Put some buffers into one or two sites with room for only so much stock; no activity fills both."""
    network["rooms"] = {site: choose.whole(4, 60) for site in ("x", "y")[: choose.whole(1, 2)]}
    for buffer in network["buffers"]:
        if choose.chance(60):
            buffer |= {"site": choose.one(sorted(network["rooms"])), "volume": choose.one((1, 0.5, 2))}
    by_id = {buffer["id"]: buffer for buffer in network["buffers"]}
    for activity in network["activities"]:
        first = by_id[next(iter(activity["out"]))]
        for name in activity["out"]:
            if by_id[name].get("site") != first.get("site"):
                by_id[name] |= {"volume": 0}


def _stand_in(choose: _Choose, network: dict[str, Any]) -> None:
    """Turn some sources that take from inside the network, and close no loop, into substitutes."""
    for activity in network["activities"]:
        if activity["in"] and activity["share"] != LOOP_SHARE and choose.chance(20):
            for key in ("pipeline", "info", "moq", "batch", "lead_mode"):
                activity.pop(key, None)
            activity |= {"lead": 0, "info_delay": 0, "substitute": True}


def _serial(choose: _Choose, *, integer: bool, periods: int, stages: int) -> Case:
    count = choose.whole(1, stages)
    buffers, activities, resources = [], [], {}
    for stage in range(count):
        unit = 1 if integer else choose.one((0.5, 1, 1.25))
        level = choose.whole(0, 40) * unit
        buffers.append({"id": f"s{stage}", "init": choose.whole(0, 20) * unit, "policy": {"type": "base_stock", "S": level}})
        lead = choose.whole(0, 3)
        activity = {
            "id": f"t{stage}",
            "in": {f"s{stage - 1}": 1} if stage else {},
            "out": {f"s{stage}": 1},
            "lead": lead,
            "info_delay": choose.whole(0, 2),
            "pipeline": [choose.whole(0, 6) * unit for _ in range(lead)],
        }
        if choose.chance(30):
            activity["use"] = {f"r{stage}": 1}
            resources[f"r{stage}"] = [choose.whole(0, 10) for _ in range(periods)]
        activities.append(activity)
    demand = {"buffer": f"s{count - 1}", "series": [choose.whole(0, 12) for _ in range(periods)]}
    network = {"buffers": buffers, "activities": activities, "demands": [demand], "resources": resources}
    return {"network": network, "periods": periods, "integer": integer}


def _resources(choose: _Choose, periods: int) -> dict[str, list[int]]:
    """Return up to two resources, some of whose periods have no capacity at all."""
    capacities = [[0 if choose.chance(15) else choose.whole(2, 20) for _ in range(periods)] for _ in range(choose.whole(0, 2))]
    return {f"r{index}": capacity for index, capacity in enumerate(capacities)}


@dataclass(frozen=True, slots=True)
class _Build:
    """The parts of one random network."""

    choose: _Choose
    integer: bool
    periods: int
    features: Features
    ranked: list[str]
    resources: list[str]

    def quantity(self, low: int, high: int) -> float:
        whole = self.choose.whole(low, high)
        return whole if self.integer else whole + self.choose.one((0, 0, 0.5, 0.1))

    def coefficient(self) -> float:
        return self.choose.one((1, 1, 2)) if self.integer else self.choose.one((1, 1, 0.5, 2, 1.3))

    def buffer(self, name: str) -> dict[str, Any]:
        buffer: dict[str, Any] = {"id": name, "init": self.quantity(0, 15), "policy": self.policy()}
        if self.features.order_rules and self.choose.chance(20):
            buffer["review"] = self.choose.whole(1, 3)
            buffer["phase"] = self.choose.whole(0, 2)
        if self.features.order_rules and self.choose.chance(20):
            buffer["moq"] = self.quantity(1, 12)
        if self.features.order_rules and self.choose.chance(20):
            buffer["batch"] = self.quantity(1, 6)
        if self.features.perishables and self.choose.chance(30):
            buffer |= {"life": self.choose.whole(1, 6), "issue": self.choose.one(("fifo", "lifo"))}
        if self.features.sharing and self.choose.chance(50):
            buffer["allocation"] = self.choose.one(("by_age", "fair_share"))
        return buffer

    def policy(self) -> dict[str, Any]:
        kind = self.choose.one(self.features.policies)
        low = self.quantity(0, 12)
        if kind == "base_stock":
            return {"type": kind, "S": self.quantity(5, 40)}
        if kind == "sS":
            return {"type": kind, "s": low, "S": low + self.quantity(1, 25)}
        if kind == "RnQ":
            return {"type": kind, "R": low, "Q": self.quantity(1, 15)}
        if kind == "series":
            levels = [self.quantity(5, 40) for _ in range(self.choose.whole(1, 5))]
            return {"type": "base_stock", "S": levels[0], "S_series": [float(level) for level in levels]}
        if kind == "kanban":
            return {"type": kind, "S": self.quantity(5, 40), "Q": self.quantity(1, 8)}
        if kind == "constant":
            return {"type": kind, "Q": self.quantity(0, 6)}
        if kind == "echelon" and self.features.loops:
            # An echelon cannot hold a loop, and a random network may.
            return {"type": "base_stock", "S": self.quantity(5, 40)}
        expected = {"theta": self.choose.one((0.0, 0.25, 1.0)), "forecast": float(self.quantity(0, 6))}
        if self.choose.chance(25) and not self.features.loops:
            expected["customers"] = True
        if kind == "drp":
            window = {"window": self.choose.whole(1, 4)} if self.choose.chance(50) else {}
            return {"type": kind, "s": low, "cover": self.choose.one((1.0, 3.0, 2.5))} | expected | window
        if kind == "smoothed":
            return {"type": kind, "S": self.quantity(5, 40), "gain": self.choose.one((1.0, 0.5, 0.2))} | expected
        if kind == "sterman":
            gains = {"alpha": self.choose.one((1.0, 0.3)), "beta": self.choose.one((1.0, 0.1, 0.0))}
            return {"type": kind, "S": self.quantity(5, 40)} | gains | expected
        return {"type": kind, "S": self.quantity(5, 60)}

    def demand(self) -> dict[str, Any]:
        series = [0 if self.choose.chance(20) else self.quantity(0, 8) for _ in range(self.periods)]
        demand: dict[str, Any] = {"buffer": self.choose.one(self.ranked), "series": series}
        if self.features.losses:
            demand["lost_fraction"] = self.choose.one((0, 0, 0.25, 0.4, 1))
        if self.features.priorities:
            demand["priority"] = self.choose.whole(0, 2)
        if self.features.sharing and self.choose.chance(25):
            demand["complete"] = True
        if self.features.promises and self.choose.chance(40):
            demand["window"] = self.choose.one((1, 2, 5, 100))
        return demand

    def sources(self, rank: int) -> list[dict[str, Any]]:
        """Return one to three sources of a buffer: outside supply, transport or assembly from buffers of lower rank."""
        count = self.choose.one((1, 1, 2, 3))
        shares = {1: [1.0], 2: [0.7, 0.3], 3: [0.5, 0.3, 0.2]}[count]
        return [self.source(rank, share) for share in shares]

    def source(self, rank: int, share: float) -> dict[str, Any]:
        inputs = self.choose.shuffled(self.ranked[:rank])[: self.choose.whole(0, min(rank, 3))]
        outputs = {self.ranked[rank]: self.coefficient()}
        if self.features.by_products and rank + 1 < len(self.ranked) and self.choose.chance(10):
            outputs[self.choose.one(self.ranked[rank + 1 :])] = self.coefficient()
        lead = self.choose.whole(0 if self.features.zero_leads else 1, 3)
        delay = self.choose.one((0, 0, 1, 2)) if self.features.information_delays else 0
        activity = self.activity({b: self.coefficient() for b in inputs}, outputs, lead=lead, delay=delay)
        return activity | {"share": share}

    def loop(self) -> dict[str, Any]:
        """Return a return flow or transshipment: from a higher rank to a lower one, its loop broken by both delays."""
        target = self.choose.whole(0, len(self.ranked) - 2)
        source = self.choose.whole(target + 1, len(self.ranked) - 1)
        lead, delay = self.choose.whole(1, 3), self.choose.whole(1, 2)
        return self.activity({self.ranked[source]: 1}, {self.ranked[target]: 1}, lead=lead, delay=delay) | {"share": LOOP_SHARE}

    def activity(self, inputs: dict[str, float], outputs: dict[str, float], *, lead: int, delay: int) -> dict[str, Any]:
        activity: dict[str, Any] = {
            "in": inputs,
            "out": outputs,
            "lead": lead,
            "info_delay": delay,
            "pipeline": [self.quantity(0, 6) for _ in range(lead)],
            "info": [self.quantity(0, 4) for _ in range(delay)],
        }
        if self.features.priorities:
            activity["priority"] = self.choose.whole(0, 2)
        if self.features.yields and self.choose.chance(30):
            activity["yield"] = self.choose.one((0.8, 0.9, 0.95, 0.4) if self.integer else (0.8, 0.9, 0.95))
        if self.resources and self.choose.chance(40):
            used = self.choose.shuffled(self.resources)[: self.choose.whole(1, len(self.resources))]
            activity["use"] = {r: self.choose.one((1, 2, 0.5, 1.5)) for r in used}
        if self.features.random_leads and self.choose.chance(50):
            activity["lead_mode"] = self.choose.one(("fifo", "kaplan"))
        if self.features.order_rules and self.choose.chance(10):
            activity["moq"] = self.quantity(1, 8)
        if self.features.order_rules and self.choose.chance(10):
            activity["batch"] = self.quantity(1, 4)
        return activity
