"""Puts the disruptions of a network into its graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from chaintwin.errors import Finding, InputError
from chaintwin.network.disruptions.disruption import LOST, NEUTRAL, Cause, Disruption, Impact
from chaintwin.network.disruptions.rerouting import detours
from chaintwin.network.disruptions.selecting import Chosen, Parts, Selector
from chaintwin.network.graph import (
    ACCOUNT_SCHEMA,
    EFFECT_SCHEMA,
    LIMIT_PREFIX,
    PAYMENT_SCHEMA,
    RESOURCE_SCHEMA,
    STRIKE_SCHEMA,
    USE_SCHEMA,
    ActivityKind,
    Basis,
    Effect,
    Graph,
    frame_of,
)
from chaintwin.network.lowering.paying import CARRIERS, CREWS, CUSTOMS, OWN
from chaintwin.network.network import Settings

UNLIMITED = 1e12
"""Units a period that an activity without a capacity may start: more than any network asks for."""

SPARE = 1.25
"""Where no capacity is given, a disrupted activity is cut to its part of so many times its mean flow."""

SWING_MOST = 1000.0
"""Demand is never multiplied by more because of a price."""

FOR_GOOD = "1e9"
"""Days of a disruption that does not end."""

EFFECTS = {
    Impact.ARRIVALS: Effect.ARRIVALS,
    Impact.DEMAND: Effect.DEMAND,
    Impact.LEAD_TIME: Effect.LEAD,
    Impact.STOCK_LOST: Effect.STOCK,
    Impact.TRANSIT_LOST: Effect.TRANSIT,
    Impact.ORDERS_CANCELLED: Effect.QUEUE,
    Impact.PREPAYMENT_LOST: Effect.PREPAID,
    Impact.ORDERS_SENT: Effect.ORDERS,
    Impact.REPORTED_STOCK: Effect.REPORTED,
    Impact.COST: Effect.COST,
    Impact.DUTY: Effect.DUTY,
    Impact.TARIFF: Effect.TARIFF,
    Impact.PRICE: Effect.PRICE,
}
MONEY = {
    Effect.PREPAID: Basis.SURCHARGED,
    Effect.COST: Basis.SURCHARGED,
    Effect.DUTY: Basis.SURDUTIED,
    Effect.TARIFF: Basis.SURDUTIED,
    Effect.PRICE: Basis.SURPLUS,
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One effect on one entity; ``number`` is that of the disruption."""

    number: int
    effect: Effect
    entity: str
    factor: float
    amount: float = 0.0


def check_begins(disruptions: Sequence[Disruption], settings: Settings, *, reach: int) -> None:
    """Refuse disruptions that begin after all that is played.

    Parameters
    ----------
    disruptions, settings : of a network. reach : periods that are played, from the first one of the project.

    Raises
    ------
    InputError
        One of them begins later, or before the project does.
    """
    findings = [finding for one in disruptions for finding in _dates(one, settings, reach=reach, place=place_of(one))]
    if findings:
        raise InputError(findings)


def strike(graph: Graph, disruptions: Sequence[Disruption], *, parts: Parts, settings: Settings, reach: int) -> Graph:
    """Return the graph with disruptions; those that change nothing are left out of it.

    Parameters
    ----------
    graph : what the tables come to.
    disruptions : with names of their own.
    parts : what disruptions choose from.
    settings : of the project. reach : periods that are run.

    Raises
    ------
    InputError
        A disruption names what is not there or touches nothing, lies outside the run, or contradicts another.
    """
    selector = Selector(parts)
    rows: list[_Row] = []
    findings: list[Finding] = []
    for number, disruption in enumerate(disruptions, start=1):
        place = place_of(disruption)
        findings += _dates(disruption, settings, reach=reach, place=place)
        before = len(selector.findings)
        found = list(_rows(number, disruption, selector, settings=settings, place=place))
        if not found and len(selector.findings) == before:
            fix = "see whether the network has what is named, or remove the disruption"
            selector.findings.append(
                Finding("disruption.untouched", f"nothing at {disruption.where}", "something it is on", fix, file=place)
            )
        rows += found
    findings += selector.findings
    findings = list(dict.fromkeys(findings)) + _contradictions(rows, disruptions)
    if findings:
        raise InputError(findings)
    rows = [row for row in rows if row.factor != 1.0]
    if not rows:
        return graph
    effects = [
        {
            "strike_id": disruptions[row.number - 1].name,
            "effect": int(row.effect),
            "entity_id": row.entity,
            "factor": row.factor,
            "amount": row.amount,
        }
        for row in rows
    ]
    strikes = frame_of(STRIKE_SCHEMA, [_strike(one, settings) for one in disruptions])
    return _with_payments(struck_by(graph, strikes=strikes, effects=frame_of(EFFECT_SCHEMA, effects)), rows, parts)


def struck_by(graph: Graph, *, strikes: pl.DataFrame, effects: pl.DataFrame) -> Graph:
    """Return a graph with strikes and their effects; those that limit an activity without a capacity give it one.

    Parameters
    ----------
    graph : without strikes. strikes, effects : the columns of the graph.
    """
    ids = effects["entity_id"].unique().sort()
    limits = ids.filter(ids.str.starts_with(LIMIT_PREFIX)).to_list()
    uses = [{"activity_id": name.removeprefix(LIMIT_PREFIX), "resource_id": name, "quantity": 1.0} for name in limits]
    offered = [{"resource_id": name, "capacity": [UNLIMITED]} for name in limits]
    return replace(
        graph,
        strikes=strikes,
        effects=effects,
        resources=pl.concat([graph.resources, frame_of(RESOURCE_SCHEMA, offered)]),
        uses=pl.concat([graph.uses, frame_of(USE_SCHEMA, uses)]),
    )


def limit_of(mean: float | None) -> float:
    """Return what a factor of the capacity of an activity without one is a share of, units a period.

    Parameters
    ----------
    mean : its mean flow, if that is known.
    """
    return SPARE * mean if mean else UNLIMITED


def place_of(disruption: Disruption) -> str:
    """Return how findings name one disruption of a scenario.

    Example
    -------
    >>> place_of(Disruption("canal closed", file="suez.toml")), place_of(Disruption("disruption 2"))
    ('suez.toml, disruption canal closed', 'scenario, disruption 2')
    """
    named = disruption.name.startswith(("disruption ", "intervention "))
    return f"{disruption.file}, {'' if named else 'disruption '}{disruption.name}"


def _strike(disruption: Disruption, settings: Settings) -> dict[str, object]:
    per_day = 24 / settings.period.hours
    if disruption.start is None:
        when: dict[str, object] = {"onset": disruption.after, "shift": float(settings.warm_up)}
    else:
        when = {"onset": str((disruption.start - settings.start).days), "shift": 0.0}
    return when | {
        "strike_id": disruption.name,
        "event": disruption.event,
        "duration": disruption.duration or FOR_GOOD,
        "per_unit": per_day,
        "chance": disruption.chance,
        "recovery": disruption.recovery * per_day,
        "left": disruption.left.tolist(),
    }


def _rows(number: int, disruption: Disruption, selector: Selector, *, settings: Settings, place: str) -> Iterator[_Row]:
    """Yield what a disruption does to what."""
    where = disruption.where
    ways = None
    if where.corridor:
        ways = detours(selector.parts.rows, where.corridor, settings=settings, folder=selector.parts.folder)
    lanes = None if ways is None else ways["lane_id"].to_list()
    chosen = selector.choose(where, place=place, lanes=lanes)
    if disruption.reroute and ways is not None:
        yield from _rerouted(number, chosen, ways, selector)
    effect = dict(disruption.effect)
    if Impact.CAPACITY in effect and effect[Impact.CAPACITY] != 1 and chosen.activities.is_empty() and not chosen.is_nothing:
        found, allowed = f"capacity at {where}, where nothing is made or moved", "effects on what the disruption is on"
        selector.findings.append(Finding("disruption.effect", found, allowed, file=place, column="capacity"))
    if Impact.CAPACITY in effect:
        yield from _capacities(number, chosen, effect.pop(Impact.CAPACITY), selector)
        effect.setdefault(Impact.ARRIVALS, min(disruption.effect[Impact.CAPACITY], 1.0))
    if Impact.PRICE in effect and disruption.elasticity:
        swing = min(effect[Impact.PRICE] ** disruption.elasticity, SWING_MOST)
        effect[Impact.DEMAND] = effect.get(Impact.DEMAND, 1.0) * swing
    value = dict(selector.activities.select("activity_id", "value").iter_rows())
    for impact, size in effect.items():
        factor = 1.0 - size if impact in LOST else 1.0 + size if impact is Impact.TARIFF else size
        entities = _entities(impact, chosen)
        given = impact in disruption.effect and disruption.effect[impact] != NEUTRAL[impact]
        if given and entities.is_empty() and not chosen.is_nothing:
            what = {"buffers": "stock points", "streams": "demand"}.get(_of(impact), "lanes, sources or production")
            found, allowed = f"{impact} at {where}, where there is no {what}", "effects on what the disruption is on"
            selector.findings.append(Finding("disruption.effect", found, allowed, file=place, column=str(impact)))
        for entity in entities.to_list():
            amount = value.get(entity) or 0.0 if impact is Impact.TARIFF else 0.0
            yield _Row(number, EFFECTS[impact], entity, factor, amount)


def _of(impact: Impact) -> str:
    """Return which of the chosen an impact is on."""
    if impact in (Impact.STOCK_LOST, Impact.ORDERS_SENT, Impact.REPORTED_STOCK):
        return "buffers"
    if impact in (Impact.DEMAND, Impact.PRICE):
        return "streams"
    return {Impact.ARRIVALS: "arriving", Impact.TRANSIT_LOST: "under_way"}.get(impact, "activities")


def _entities(impact: Impact, chosen: Chosen) -> pl.Series:
    found: pl.Series = getattr(chosen, _of(impact))
    return found


def _capacities(number: int, chosen: Chosen, factor: float, selector: Selector) -> Iterator[_Row]:
    """Yield the cuts of resources that nothing else uses, and of activities that use none of these."""
    for resource in chosen.resources.to_list():
        yield _Row(number, Effect.CAPACITY, resource, factor)
    covered = selector.parts.uses.filter(pl.col("resource_id").is_in(chosen.resources.implode()))["activity_id"].unique()
    rest = chosen.activities.filter(~chosen.activities.is_in(covered.implode()))
    mean = dict(selector.activities.select("activity_id", "mean").iter_rows())
    for activity in rest.to_list():
        yield _Row(number, Effect.CAPACITY, LIMIT_PREFIX + activity, factor, limit_of(mean.get(activity)))


def _rerouted(number: int, chosen: Chosen, ways: pl.DataFrame, selector: Selector) -> Iterator[_Row]:
    """Yield how lanes change whose ships sail around; where there is no way around nothing moves."""
    on = selector.activities.filter(pl.col("activity_id").is_in(chosen.activities.implode())).select("activity_id", "lane_id")
    found = on.join(ways, on="lane_id").sort("activity_id")
    means = dict(selector.activities.select("activity_id", "mean").iter_rows())
    for activity, _, lead, cost in found.iter_rows():
        if lead is None:
            yield _Row(number, Effect.CAPACITY, LIMIT_PREFIX + activity, 0.0, limit_of(means.get(activity)))
        else:
            yield _Row(number, Effect.LEAD, activity, lead)
            yield _Row(number, Effect.COST, activity, cost)


def _dates(disruption: Disruption, settings: Settings, *, reach: int, place: str) -> list[Finding]:
    if disruption.start is None:
        return _late(disruption, settings, reach=reach, place=place)
    period = (disruption.start - settings.start).days * 24 // settings.period.hours
    if 0 <= period < reach:
        return []
    found = f"{disruption.start}, which is period {period}"
    allowed = f"a day from {settings.start} on, in the {reach} periods that are run"
    return [Finding("disruption.date", found, allowed, "correct the day, or the start and horizon", file=place, column="start")]


def _late(disruption: Disruption, settings: Settings, *, reach: int, place: str) -> list[Finding]:
    """Return a finding where days after the warm-up that are no law lie beyond the run."""
    try:
        days = float(disruption.after)
    except ValueError:
        return []
    if settings.warm_up + days * 24 / settings.period.hours < reach:
        return []
    found = f"{disruption.after} days after the warm-up"
    allowed = f"a day in the {reach} periods that are run"
    return [Finding("disruption.date", found, allowed, "correct the days, or the horizon", file=place, column="after")]


def _contradictions(rows: Sequence[_Row], disruptions: Sequence[Disruption]) -> list[Finding]:
    """Return disruptions that say the same twice, or that stop and raise the same at the same time.

    An intervention may raise what is stopped: nothing stays nothing, and it is meant for all else.
    """
    found: dict[tuple[str, int, int], Finding] = {}
    on: dict[tuple[Effect, str], list[_Row]] = {}
    for row in rows:
        on.setdefault((row.effect, row.entity), []).append(row)
    for (effect, entity), those in on.items():
        for at, one in enumerate(those):
            for other in those[at + 1 :]:
                first, second = (disruptions[row.number - 1] for row in (one, other))
                if one.number == other.number or not _overlap(first, second):
                    continue
                place = place_of(second)
                name = entity.removeprefix(LIMIT_PREFIX)
                answer = Cause.INTERVENTION in (first.cause, second.cause)
                if 0.0 in (one.factor, other.factor) and max(one.factor, other.factor) > 1 and not answer:
                    text = f"{effect.name.lower()} of {name} raised and stopped at the same time as {first.name}"
                    fix = "let one end before the other begins, or leave one out"
                    finding = Finding("disruption.contradiction", text, "one of the two", fix, file=place)
                    found.setdefault(("contradiction", one.number, other.number), finding)
                elif one.factor == other.factor != 1.0 and replace(first, name="") == replace(second, name=""):
                    text = f"the same as {first.name}"
                    finding = Finding("disruption.twice", text, "each disruption once", "remove one of them", file=place)
                    found.setdefault(("twice", one.number, other.number), finding)
    return list(found.values())


def _overlap(one: Disruption, other: Disruption) -> bool:
    """Tell whether two disruptions may be there at the same time."""
    if (one.start is None) != (other.start is None):
        return True
    spans = []
    for disruption in (one, other):
        try:
            begin = float(disruption.start.toordinal() if disruption.start else disruption.after)
            length = float(disruption.duration or FOR_GOOD) + disruption.recovery
        except ValueError:
            return True
        spans.append((begin, begin + max(length, 1.0)))
    return spans[0][0] < spans[1][1] and spans[1][0] < spans[0][1]


def _with_payments(graph: Graph, rows: Sequence[_Row], parts: Parts) -> Graph:
    """Return the graph with payments of what disruptions make dearer or cheaper, by those who pay the rest.

    Duty and tariff of what costs nothing to move are paid by the owner of the site it goes to.
    """
    if graph.payments.is_empty():
        return graph
    kinds = graph.activities.select(entity_id="activity_id", kind="kind")
    known = graph.payments.join(kinds, on="entity_id", how="left")
    usual = known.filter(pl.col("basis").is_in([int(Basis.STARTED), int(Basis.RECEIVED), int(Basis.SHIPPED)]))
    # What is paid to customs, or to the owner a good comes from, is no cost of moving or making it.
    usual = usual.filter(
        (pl.col("payee") != CUSTOMS)
        & ((pl.col("kind") != int(ActivityKind.MOVE)) | (pl.col("payee") == CARRIERS)).fill_null(value=True)
        & ((pl.col("kind") != int(ActivityKind.MAKE)) | (pl.col("payee") == CREWS)).fill_null(value=True)
    )
    first = usual.unique("entity_id", keep="first", maintain_order=True).select("payer", "payee", "term", "entity_id")
    charged = pl.DataFrame(
        sorted({(row.entity, int(MONEY[row.effect])) for row in rows if row.effect in MONEY}),
        schema={"entity_id": pl.String, "basis": pl.Int8},
        orient="row",
    )
    owners = parts.rows["sites"].select(
        pl.col("site_id").cast(pl.String), owner=pl.coalesce("owner", pl.lit(OWN)).cast(pl.String)
    )
    homes = parts.activities.select("site_id", entity_id="activity_id").join(owners, on="site_id").select("entity_id", "owner")
    due = charged.join(first, on="entity_id", how="left").join(homes, on="entity_id", how="left")
    duty = pl.col("basis") == int(Basis.SURDUTIED)
    due = due.with_columns(
        payer=pl.when(duty).then(pl.coalesce("payer", "owner")).otherwise("payer"),
        payee=pl.when(duty).then(pl.lit(CUSTOMS)).otherwise("payee"),
        term=pl.when(duty).then(0).otherwise("term"),
        price=pl.lit(1.0),
        price_series=pl.lit(None, dtype=pl.List(pl.Float64)),
    )
    payments = due.drop_nulls(["payer", "payee"]).select(pl.col(name).cast(dtype) for name, dtype in PAYMENT_SCHEMA.items())
    customs = frame_of(ACCOUNT_SCHEMA, [{"account_id": CUSTOMS, "is_owner": False}])
    accounts = pl.concat([graph.accounts, customs]).unique("account_id", keep="first", maintain_order=True)
    return replace(graph, payments=pl.concat([graph.payments, payments]), accounts=accounts)
