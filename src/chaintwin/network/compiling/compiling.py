"""From named frames to a program: sort by id, number everything, and find the order of work (METHODS 1.2, 1.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import GraphError, StreamCollisionError
from chaintwin.laws import Law, pack_laws
from chaintwin.network.compiling.columns import floats, from_zero, group_totals, integers, lists
from chaintwin.network.compiling.laws_used import UsedLaws
from chaintwin.network.compiling.paying import accounts_of, payments_of
from chaintwin.network.compiling.refusing import (
    refuse_fractions,
    refuse_large,
    refuse_late_substitutes,
    refuse_long,
    refuse_past,
    refuse_samples,
    refuse_two_rooms,
    refuse_unknown,
)
from chaintwin.network.compiling.striking import StrikeRows
from chaintwin.network.graph import FORECASTING, TWO_SPEEDS, ActivityKind, Graph, Policy
from chaintwin.network.paths.echelons import Echelons, Feeds, echelons_of
from chaintwin.network.paths.ordering import levels_of, loop_of, rows_of, spread
from chaintwin.network.paths.speeds import expedite_leads
from chaintwin.network.program import Activities, Buffers, Floats, Integers, Names, Order, Program, Resources, Rooms, Streams
from chaintwin.rng import stream_id


def compile_graph(graph: Graph, *, known: Mapping[str, Law] | None = None) -> Program:
    """Return the program of a graph.

    Parameters
    ----------
    graph : frames by name, rows in any order. known : laws by their texts, which need not be read again.

    Raises
    ------
    GraphError
        A loop of orders or of material that no delay breaks, a row that names something that is not there, a fraction
        where quantities are whole units, a number, a lead time or a sum of lead times that is too large, a rule of two speeds
        without sources for it, or an activity that fills two sites with a storage limit.
    StreamCollisionError
        Two random streams have the same number.
    """
    index = _Index.of(graph)
    refuse_fractions(graph)
    refuse_large(graph)
    strikes = StrikeRows.of(graph, entities=index.entities)
    laws = UsedLaws(graph, activity=index.activity, stream=index.stream, strikes=strikes, known=known)
    refuse_late_substitutes(index.activity, laws.lead_max)
    inputs = _arcs(graph.inputs, index, other="buffer_id", index_of=index.buffers)
    outputs = _arcs(graph.outputs, index, other="buffer_id", index_of=index.buffers, flag="is_main")
    uses = _arcs(graph.uses, index, other="resource_id", index_of=index.resources)
    claims = _claims(index, inputs)
    rings = _rings(graph, index, laws)
    names = index.names(accounts_of(graph), strikes.strikes)
    program = Program(
        integer=graph.integer,
        names=names,
        buffers=_buffers(index, (inputs, outputs), claims),
        activities=_activities(index, (inputs, outputs, uses), claims, laws=laws, rings=rings, integer=graph.integer),
        streams=_streams(index, laws),
        resources=_resources(index),
        payments=payments_of(graph, names),
        rooms=Rooms(floats(index.room, "capacity")),
        strikes=strikes.numbered(laws),
        order=_order(index, (inputs, outputs, uses), laws),
        laws=pack_laws(laws.laws),
        pipeline=rings.pipeline,
        orders=rings.orders,
    )
    expedite_leads(program)
    refuse_two_rooms(program)
    return program


def refuse_collisions(purpose: str, ids: pl.Series, *, numbers: NDArray[np.uint64]) -> None:
    """Refuse random streams that share their number, and so their draws.

    Parameters
    ----------
    purpose : what the streams are for.
    ids : names of the entities, one a stream.
    numbers : uint64[streams].

    Raises
    ------
    StreamCollisionError
        Two entities have the same number; the message names them.
    """
    used, times = np.unique(numbers, return_counts=True)
    if used.size < numbers.size:
        twice = [ids[int(place)] for place in np.flatnonzero(numbers == used[times > 1][0])]
        raise StreamCollisionError(f"{purpose} streams of {' and '.join(twice)} have the same number; rename one of them")


class _Index:
    """The entity frames sorted by id, each with its number, and what ids stand for."""

    def __init__(self, graph: Graph) -> None:
        self.buffer = graph.buffers.sort("buffer_id").with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        self.activity = graph.activities.sort("activity_id").with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        self.unpriced = graph.unpriced
        self.room = graph.rooms.sort("site_id").with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        self.stream = graph.streams.sort("stream_id").with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        self.resource = graph.resources.sort("resource_id").with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
        self.buffers = self.buffer.select("buffer_id", number="index")
        self.activities = self.activity.select("activity_id", owner="index")
        self.resources = self.resource.select("resource_id", number="index")
        self.entities = {
            "buffer_id": self.buffer,
            "activity_id": self.activity,
            "stream_id": self.stream,
            "resource_id": self.resource,
        }
        for key, frame in (self.entities | {"site_id": self.room}).items():
            twice = frame.filter(pl.col(key).is_duplicated())
            if twice.height:
                raise GraphError(f"{key}: found {twice[key][0]} twice; allowed: each id once")
        joined = self.stream.join(self.buffers, on="buffer_id", how="left")
        refuse_unknown(joined, "buffer_id", where="stream_id")
        self.stream_buffer: Integers = integers(joined.sort("index"), "number")

    @staticmethod
    def of(graph: Graph) -> _Index:
        return _Index(graph)

    def names(self, accounts: pl.DataFrame, strikes: pl.DataFrame) -> Names:
        return Names(
            self.buffer.select("buffer_id", "site_id", "product_id"),
            self.activity.select("activity_id", "kind"),
            self.stream.select("stream_id", "buffer_id", is_priced=~pl.col("stream_id").is_in(self.unpriced.implode())),
            self.resource.select("resource_id"),
            accounts,
            self.room.select("site_id"),
            strikes.select("strike_id"),
        )


@dataclass(frozen=True, slots=True)
class _Arcs:
    """Arcs of activities sorted by (activity, other end); ``start`` are the rows over activities."""

    owner: Integers
    other: Integers
    quantity: Floats
    is_main: NDArray[np.bool_]
    start: Integers


@dataclass(frozen=True, slots=True)
class _Claims:
    """Who may take from a buffer, sorted as they are served; ``place`` finds the claim of each input arc."""

    start: Integers
    kind: NDArray[np.int8]
    index: Integers
    quantity: Floats
    tier: Integers
    place: Integers


@dataclass(frozen=True, slots=True)
class _Rings:
    """Slots of the pipelines and of orders on their way, with what is in them at the start."""

    lead_max: Integers
    pipe_start: Integers
    info_start: Integers
    pipeline: Floats
    orders: Floats


def _arcs(frame: pl.DataFrame, index: _Index, *, other: str, index_of: pl.DataFrame, flag: str | None = None) -> _Arcs:
    joined = frame.join(index.activities, on="activity_id", how="left").join(index_of, on=other, how="left")
    refuse_unknown(joined, "activity_id", where=other, column="owner")
    refuse_unknown(joined, other, where="activity_id")
    is_main = pl.col(flag) if flag else pl.lit(value=False)
    merged = (
        joined.group_by("owner", "number").agg(pl.col("quantity").sum(), is_main.any().alias("is_main")).sort("owner", "number")
    )
    owner = integers(merged, "owner")
    return _Arcs(
        owner,
        integers(merged, "number"),
        floats(merged, "quantity"),
        merged["is_main"].to_numpy().astype(bool),
        rows_of(owner, index.activity.height),
    )


def _claims(index: _Index, inputs: _Arcs) -> _Claims:
    streams, arcs = index.stream.height, inputs.owner.size
    kind = np.repeat(np.array([0, 1], dtype=np.int8), [streams, arcs])
    who = np.concatenate([np.arange(streams, dtype=np.int64), inputs.owner])
    buffer = np.concatenate([index.stream_buffer, inputs.other])
    priority = integers(index.activity, "priority")
    tier = np.concatenate([integers(index.stream, "priority"), priority[inputs.owner]])
    quantity = np.concatenate([np.ones(streams), inputs.quantity])
    order = np.lexsort((who, kind, tier, buffer))
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    start = rows_of(buffer[order], index.buffer.height)
    return _Claims(start, kind[order], who[order], quantity[order], tier[order], place[streams:])


def _buffers(index: _Index, arcs: tuple[_Arcs, _Arcs], claims: _Claims) -> Buffers:
    inputs, outputs = arcs
    frame, count = index.buffer, index.buffer.height
    yields = floats(index.activity, "yield_rate")
    share, tier = floats(index.activity, "share"), integers(index.activity, "tier")
    policy = frame["policy"].to_numpy().astype(np.int8)
    # Expedited sources are one tier, whatever their numbers, so that the first by id wins a tie among them.
    fast = np.isin(policy, TWO_SPEEDS)[outputs.other]
    by_buffer = np.lexsort((outputs.owner, np.where(fast, tier[outputs.owner] > 0, tier[outputs.owner]), outputs.other))
    buffer, activity, quantity = outputs.other[by_buffer], outputs.owner[by_buffer], outputs.quantity[by_buffer]
    asked = outputs.is_main[by_buffer] & (share[activity] > 0)
    stands_in = index.activity["substitute"].to_numpy()[activity]
    main, instead = asked & ~stands_in, np.flatnonzero(asked & stands_in)
    instead = instead[np.lexsort((activity[instead], -share[activity[instead]], tier[activity[instead]], buffer[instead]))]
    source = activity[main]
    rank = from_zero(tier[source], buffer[main], fast=np.isin(policy, TWO_SPEEDS))
    total = group_totals(share[source], buffer[main], rank)
    lossy = np.isin(np.arange(count), index.stream_buffer[floats(index.stream, "lost_fraction") > 0]).astype(np.int8)
    # A buffer without a source cannot order; its policy is switched off so that no kernel has to ask.
    policy = np.where(np.bincount(buffer[main], minlength=count) > 0, policy, np.int8(Policy.NONE)).astype(np.int8)
    output = (quantity * yields[activity])[main]
    # What an echelon holds is what its buffers get as a rule, from the sources that are asked first.
    content = np.where(rank == 0, share[source] / total / output, 0.0)
    echelons, sees_customers = _echelons(index, inputs, policy, sources=(source, buffer[main], content))
    level_start, levels = lists(frame["level_series"])
    room = frame.join(index.room.select("site_id", number="index"), on="site_id", how="left", maintain_order="left")["number"]
    return Buffers(
        on_hand=floats(frame, "on_hand"),
        policy=policy,
        low=floats(frame, "low"),
        high=floats(frame, "high"),
        review_period=integers(frame, "review_period"),
        review_phase=integers(frame, "review_phase"),
        minimum_order=floats(frame, "minimum_order"),
        batch=floats(frame, "batch"),
        gain=floats(frame, "gain"),
        supply_gain=floats(frame, "supply_gain"),
        smoothing=floats(frame, "smoothing"),
        forecast=floats(frame, "forecast"),
        window=integers(frame, "window"),
        sees_customers=sees_customers,
        level_start=level_start,
        level_value=levels,
        echelon_start=echelons.start,
        echelon_buffer=echelons.buffer,
        echelon_content=echelons.content,
        holding_cost=floats(frame, "holding_cost"),
        life=integers(frame, "life"),
        issue=frame["issue"].to_numpy().astype(np.int8),
        expiry_cost=floats(frame, "expiry_cost"),
        allocation=frame["allocation"].to_numpy().astype(np.int8),
        volume=floats(frame, "volume"),
        room=np.where(floats(frame, "volume") > 0, room.fill_null(-1).to_numpy(), -1).astype(np.int64),
        source_start=rows_of(buffer[main], count),
        source_activity=source,
        source_tier=rank,
        source_share=share[source],
        source_total=total,
        source_output=output,
        substitute_start=rows_of(buffer[instead], count),
        substitute_activity=activity[instead],
        substitute_output=(quantity * yields[activity])[instead],
        supply_start=rows_of(buffer, count),
        supply_activity=activity,
        supply_quantity=quantity * yields[activity],
        supply_gross=quantity,
        claim_start=claims.start,
        claim_kind=claims.kind,
        claim_index=claims.index,
        claim_quantity=claims.quantity,
        claim_tier=claims.tier,
        claim_lossy=lossy,
    )


def _echelons(
    index: _Index, inputs: _Arcs, policy: NDArray[np.int8], *, sources: tuple[Integers, Integers, Floats]
) -> tuple[Echelons, NDArray[np.int8]]:
    """Return the echelons that rules need, and which rules forecast customers.

    ``sources`` are activities, what they fill, and their share in a unit of it.
    """
    activity, target, share = sources
    place, arc = spread(inputs.start, activity)
    feeds = Feeds(inputs.other[arc], target[place], inputs.quantity[arc] * share[place])
    looks = index.buffer["sees_customers"].to_numpy() & np.isin(policy, FORECASTING)
    needed = np.flatnonzero((policy == Policy.ECHELON) | looks)
    echelons, looped = echelons_of(feeds, needed, count=index.buffer.height)
    if looped >= 0:
        name = index.buffer["buffer_id"][looped]
        raise GraphError(
            f"{name}: found a loop below a buffer that orders by its echelon or customers; allowed: echelons without loops"
        )
    return echelons, looks.astype(np.int8)


def _rings(graph: Graph, index: _Index, laws: UsedLaws) -> _Rings:
    delay = integers(index.activity, "information_delay")
    moving = graph.pipeline.join(index.activities, on="activity_id", how="left")
    ordered = graph.orders.join(index.activities, on="activity_id", how="left")
    refuse_unknown(moving, "activity_id", where="period", column="owner")
    refuse_unknown(ordered, "activity_id", where="period", column="owner")
    refuse_past(moving, "pipeline")
    refuse_past(ordered, "orders")
    lead_max = laws.longest.copy()
    # What is already on its way may arrive later than any lead time from now on, so the ring is made long enough for both.
    np.maximum.at(lead_max, integers(moving, "owner"), integers(moving, "period"))
    refuse_long(lead_max, delay, ids=index.activity["activity_id"])
    late = ordered.filter(pl.col("period") > pl.Series(delay[integers(ordered, "owner")]))
    if late.height:
        raise GraphError(
            f"orders: found {late['activity_id'][0]} visible in period {late['period'][0]}; allowed: within its information delay"
        )
    pipe_start = np.concatenate([[0], np.cumsum(lead_max + 1)]).astype(np.int64)
    info_start = np.concatenate([[0], np.cumsum(np.where(delay > 0, delay + 1, 0))]).astype(np.int64)
    pipeline, orders = np.zeros(pipe_start[-1]), np.zeros(info_start[-1])
    np.add.at(pipeline, pipe_start[integers(moving, "owner")] + integers(moving, "period"), floats(moving, "quantity"))
    np.add.at(orders, info_start[integers(ordered, "owner")] + integers(ordered, "period"), floats(ordered, "quantity"))
    return _Rings(lead_max, pipe_start, info_start, pipeline, orders)


def _activities(
    index: _Index, arcs: tuple[_Arcs, _Arcs, _Arcs], claims: _Claims, *, laws: UsedLaws, rings: _Rings, integer: bool
) -> Activities:
    inputs, outputs, uses = arcs
    frame = index.activity
    kind = frame["kind"].to_numpy().astype(np.int8)
    is_random = laws.is_random.astype(np.int8)
    good = floats(frame, "yield_rate")
    holding = floats(index.buffer, "holding_cost")
    cost_start, costs = lists(frame["cost_series"])
    transit = np.bincount(inputs.owner, weights=holding[inputs.other] * inputs.quantity, minlength=frame.height)
    return Activities(
        kind=kind,
        input_start=inputs.start,
        input_buffer=inputs.other,
        input_quantity=inputs.quantity,
        input_claim=claims.place,
        output_start=outputs.start,
        output_buffer=outputs.other,
        output_quantity=outputs.quantity * good[outputs.owner],
        output_gross=outputs.quantity,
        use_start=uses.start,
        use_resource=uses.other,
        use_quantity=uses.quantity,
        lead_law=laws.lead,
        lead_mode=frame["lead_mode"].to_numpy().astype(np.int8),
        lead_random=is_random,
        lead_fixed=laws.lead_max,
        lead_max=rings.lead_max,
        pipe_start=rings.pipe_start,
        information_delay=integers(frame, "information_delay"),
        info_start=rings.info_start,
        minimum_order=floats(frame, "minimum_order"),
        batch=floats(frame, "batch"),
        variable_cost=floats(frame, "variable_cost"),
        fixed_cost=floats(frame, "fixed_cost"),
        duty_cost=floats(frame, "duty_cost"),
        transit_cost=np.where(kind == ActivityKind.BUY, 0.0, transit),
        cost_start=cost_start,
        cost_value=costs,
        lead_stream=_stream_numbers("lead", frame["activity_id"], is_random.astype(bool)),
        yield_rate=good,
        yield_stream=_stream_numbers("yield", frame["activity_id"], (good < 1.0) & integer),
    )


def _streams(index: _Index, laws: UsedLaws) -> Streams:
    frame = index.stream
    series_start, series = lists(frame["series"])
    refuse_samples(frame, np.diff(series_start))
    factor_start, factor = lists(frame["factor"])
    price_start, prices = lists(frame["price_series"])
    return Streams(
        buffer=index.stream_buffer,
        lost_fraction=floats(frame, "lost_fraction"),
        law=laws.demand,
        series_start=series_start,
        series_value=series,
        samples=integers(frame, "samples"),
        factor_start=factor_start,
        factor_value=factor,
        price=floats(frame, "price"),
        backlog_cost=floats(frame, "backlog_cost"),
        lost_cost=floats(frame, "lost_cost"),
        stream=_stream_numbers("demand", frame["stream_id"], laws.demand >= 0),
        complete=frame["complete"].to_numpy().astype(np.int8),
        price_start=price_start,
        price_value=prices,
        window=integers(frame, "window"),
    )


def _resources(index: _Index) -> Resources:
    start, capacity = lists(index.resource["capacity"])
    return Resources(start, capacity, floats(index.resource, "cost"))


def _order(index: _Index, arcs: tuple[_Arcs, _Arcs, _Arcs], laws: UsedLaws) -> Order:
    inputs, outputs, uses = arcs
    ids = index.buffer["buffer_id"]
    buffers = ids.len()
    delay = integers(index.activity, "information_delay")
    orders = index.buffer["policy"].to_numpy() != Policy.NONE
    used = floats(index.activity, "share")[outputs.owner] > 0
    stands_in = index.activity["substitute"].to_numpy()
    out_keep = outputs.is_main & used & (orders[outputs.other] | stands_in[outputs.owner]) & (delay[outputs.owner] == 0)
    hint = "; two products cannot be substitutes of each other" if stands_in.any() else ""
    above, below = _through(outputs, out_keep, inputs)
    rank = _levels(above, below, np.zeros(buffers, dtype=np.int64), ids=ids, what="orders without information delay", hint=hint)
    zero_lead = laws.lead_min == 0
    below_in, above_out = _through(outputs, zero_lead[outputs.owner], inputs)
    base = np.zeros(buffers, dtype=np.int64)
    base[outputs.other[zero_lead[outputs.owner]]] = 1
    level = _levels(above_out, below_in, base, ids=ids, what="material without lead time", hint=hint)
    start_level = np.zeros(index.activity.height, dtype=np.int64)
    np.maximum.at(start_level, inputs.owner, level[inputs.other])
    count = int(max(level.max(initial=0), start_level.max(initial=0))) + 1
    by_buffer, by_activity = np.argsort(level, kind="stable"), np.argsort(start_level, kind="stable")
    pairs = np.unique(start_level[uses.owner] * max(index.resource.height, 1) + uses.other)
    return Order(
        information=np.argsort(rank, kind="stable"),
        level_buffer_start=rows_of(level[by_buffer], count),
        level_buffer=by_buffer,
        level_activity_start=rows_of(start_level[by_activity], count),
        level_activity=by_activity,
        level_resource_start=rows_of(pairs // max(index.resource.height, 1), count),
        level_resource=pairs % max(index.resource.height, 1),
    )


def _through(outputs: _Arcs, keep: NDArray[np.bool_], inputs: _Arcs) -> tuple[Integers, Integers]:
    """Return (output buffer, input buffer) of every pair of kept output and input of one activity."""
    owner, target = outputs.owner[keep], outputs.other[keep]
    place, arc = spread(inputs.start, owner)
    return target[place], inputs.other[arc]


def _levels(tail: Integers, head: Integers, base: Integers, *, ids: pl.Series, what: str, hint: str) -> Integers:
    level = levels_of(tail, head, base=base)
    if (level < 0).any():
        loop = " > ".join(ids[place] for place in loop_of(tail, head, level=level))
        raise GraphError(
            f"found a loop of {what}: {loop}; allowed: loops in which some lane or recipe has a delay of a period or more{hint}"
        )
    return level


def _stream_numbers(purpose: str, ids: pl.Series, wanted: NDArray[np.bool_]) -> NDArray[np.uint64]:
    numbers = np.zeros(ids.len(), dtype=np.uint64)
    place = np.flatnonzero(wanted)
    numbers[place] = np.array([stream_id(purpose, name) for name in ids.gather(place)], dtype=np.uint64)
    refuse_collisions(purpose, ids.gather(place), numbers=numbers[place])
    return numbers
