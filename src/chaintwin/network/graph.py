"""The network as buffers and activities, still by name: what tables are lowered to and what is compiled.

Everything is one primitive (METHODS 1.1): a buffer holds stock, an activity turns inputs into outputs after a lead time with the
help of resources, a stream is demand at a buffer. The frames are columnar so that 100,000 stock points pass in a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import polars as pl


class Policy(IntEnum):
    """Ordering rule of a buffer; ``low`` and ``high`` are its two parameters."""

    NONE = 0  # never orders
    BASE_STOCK = 1  # low: order up to this position
    S_S = 2  # low: reorder point; high: order up to
    R_NQ = 3  # low: reorder point; high: quantity of which multiples are ordered
    KANBAN = 4  # low: all cards together; high: one card, of which multiples are ordered
    CONSTANT = 5  # low: quantity of every order
    SMOOTHED = 6  # low: target; orders the forecast and a part (gain) of the gap, METHODS 4.3
    STERMAN = 7  # low: target; the same, stock and supply line weighed apart (gain, supply_gain), METHODS 1.5
    ECHELON = 8  # low: order up to this echelon position
    DUAL_INDEX = 9  # low: index of the regular sources; high: of the expedited ones (those of tier 1 and more)
    BASE_SURGE = 10  # low: index of the expedited sources; high: quantity the regular ones get every time
    DRP = 11  # low: safety stock; high: periods that the forecast has to cover


FORECASTING = (Policy.SMOOTHED, Policy.STERMAN, Policy.DRP)
"""Rules that forecast what will be claimed."""

TWO_SPEEDS = (Policy.DUAL_INDEX, Policy.BASE_SURGE)
"""Rules that order from expedited sources first, by what is due before they could deliver."""


class ActivityKind(IntEnum):
    """What an activity is, which decides the ledger line of its cost."""

    MOVE = 0
    MAKE = 1
    BUY = 2


class Issue(IntEnum):
    """Which units of a stock that expires are taken first (METHODS 1.5)."""

    FIFO = 0  # the oldest; also the first to expire, for all units of a stock point keep equally long from their receipt
    LIFO = 1  # the youngest


class Allocation(IntEnum):
    """How a buffer that is short shares its stock over the claims of one priority (METHODS 1.3)."""

    PROPORTIONAL = 0  # in proportion to the claims
    BY_AGE = 1  # the oldest claims first; in proportion where they arose in one period
    FAIR_SHARE = 2  # so that all who are served come to the same part of their targets


class LeadMode(IntEnum):
    """How the lead times of one activity go together (METHODS 1.4)."""

    CROSSING = 0  # each start draws its own; later starts may arrive earlier
    FIFO = 1  # nothing overtakes: an arrival is no earlier than any before it
    KAPLAN = 2  # each period draws an age; everything that is as old or older arrives


class Basis(IntEnum):
    """What a payment is for, and so when it falls due (METHODS 1.8)."""

    STARTED = 0  # units an activity starts: what leaves the sender, or goes into production
    RECEIVED = 1  # units of an activity that arrive
    COUNTED = 2  # starts of an activity
    SHIPPED = 3  # units shipped to a stream
    USED = 4  # units of a resource
    EXPIRED = 5  # units of a buffer that expire
    SURCHARGED = 6  # money that an activity costs more than its price because of a disruption
    SURDUTIED = 7  # the same of its duty
    SURPLUS = 8  # money that a stream brings in beyond its price because of a disruption


class Effect(IntEnum):
    """What a disruption does to an entity (METHODS 3.1). At full strength a quantity is multiplied by the factor."""

    CAPACITY = 0  # what a resource offers in a period; where an amount is given, that amount at most while the factor is below 1
    DEMAND = 1  # what a stream asks for
    LEAD = 2  # the lead time of what an activity starts
    ARRIVALS = 3  # what of an activity's arrivals comes in; the rest comes a period later
    STOCK = 4  # stock of a buffer, once, at the onset
    TRANSIT = 5  # what an activity has started and not finished, once
    QUEUE = 6  # orders an activity has not started yet, once
    PREPAID = 7  # with QUEUE: 1 less the share of their price that is lost with them
    ORDERS = 8  # the orders a buffer sends
    REPORTED = 9  # the stock a buffer's rule believes it has
    COST = 10  # the variable cost of an activity
    DUTY = 11  # its duty
    PRICE = 12  # what a stream pays a unit
    TARIFF = 13  # one and the share of the amount, money a unit, that an activity pays on top of its duty


LIMIT_PREFIX = "disruption/"
"""What ids of resources begin with that stand for the limits of disrupted activities."""

ONCE = (Effect.STOCK, Effect.TRANSIT, Effect.QUEUE, Effect.PREPAID)
"""Effects that happen in the period of the onset only."""


BUFFER_SCHEMA = pl.Schema(
    {
        "buffer_id": pl.String(),
        "site_id": pl.String(),
        "product_id": pl.String(),
        "on_hand": pl.Float64(),
        "policy": pl.Int8(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "review_period": pl.Int64(),
        "review_phase": pl.Int64(),
        "minimum_order": pl.Float64(),
        "batch": pl.Float64(),
        "gain": pl.Float64(),
        "supply_gain": pl.Float64(),
        "smoothing": pl.Float64(),
        "forecast": pl.Float64(),
        "window": pl.Int64(),
        "sees_customers": pl.Boolean(),
        "level_series": pl.List(pl.Float64()),
        "holding_cost": pl.Float64(),
        "life": pl.Int64(),
        "issue": pl.Int8(),
        "expiry_cost": pl.Float64(),
        "allocation": pl.Int8(),
        "volume": pl.Float64(),
    }
)
ACTIVITY_SCHEMA = pl.Schema(
    {
        "activity_id": pl.String(),
        "kind": pl.Int8(),
        "lead": pl.String(),
        "lead_mode": pl.Int8(),
        "information_delay": pl.Int64(),
        "priority": pl.Int64(),
        "yield_rate": pl.Float64(),
        "share": pl.Float64(),
        "tier": pl.Int64(),
        "minimum_order": pl.Float64(),
        "batch": pl.Float64(),
        "variable_cost": pl.Float64(),
        "fixed_cost": pl.Float64(),
        "duty_cost": pl.Float64(),
        "cost_series": pl.List(pl.Float64()),
        "substitute": pl.Boolean(),
    }
)
INPUT_SCHEMA = pl.Schema({"activity_id": pl.String(), "buffer_id": pl.String(), "quantity": pl.Float64()})
OUTPUT_SCHEMA = pl.Schema(
    {"activity_id": pl.String(), "buffer_id": pl.String(), "quantity": pl.Float64(), "is_main": pl.Boolean()}
)
USE_SCHEMA = pl.Schema({"activity_id": pl.String(), "resource_id": pl.String(), "quantity": pl.Float64()})
RESOURCE_SCHEMA = pl.Schema({"resource_id": pl.String(), "capacity": pl.List(pl.Float64()), "cost": pl.Float64()})
STREAM_SCHEMA = pl.Schema(
    {
        "stream_id": pl.String(),
        "buffer_id": pl.String(),
        "priority": pl.Int64(),
        "lost_fraction": pl.Float64(),
        "law": pl.String(),
        "series": pl.List(pl.Float64()),
        "samples": pl.Int64(),
        "factor": pl.List(pl.Float64()),
        "price": pl.Float64(),
        "backlog_cost": pl.Float64(),
        "lost_cost": pl.Float64(),
        "complete": pl.Boolean(),
        "price_series": pl.List(pl.Float64()),
        "window": pl.Int64(),
    }
)
ROOM_SCHEMA = pl.Schema({"site_id": pl.String(), "capacity": pl.Float64()})
PIPELINE_SCHEMA = pl.Schema({"activity_id": pl.String(), "period": pl.Int64(), "quantity": pl.Float64()})
ACCOUNT_SCHEMA = pl.Schema({"account_id": pl.String(), "is_owner": pl.Boolean()})
PAYMENT_SCHEMA = pl.Schema(
    {
        "payer": pl.String(),
        "payee": pl.String(),
        "term": pl.Int64(),
        "basis": pl.Int8(),
        "entity_id": pl.String(),
        "price": pl.Float64(),
        "price_series": pl.List(pl.Float64()),
    }
)
STRIKE_SCHEMA = pl.Schema(
    {
        "strike_id": pl.String(),
        "onset": pl.String(),
        "shift": pl.Float64(),
        "duration": pl.String(),
        "per_unit": pl.Float64(),
        "chance": pl.Float64(),
        "recovery": pl.Float64(),
        "left": pl.List(pl.Float64()),
        "event": pl.String(),
    }
)
EFFECT_SCHEMA = pl.Schema(
    {
        "strike_id": pl.String(),
        "effect": pl.Int8(),
        "entity_id": pl.String(),
        "factor": pl.Float64(),
        "amount": pl.Float64(),
    }
)


DEFAULTS: Mapping[str, object] = {
    "policy": Policy.NONE,
    "lead": "1",
    "review_period": 1,
    "share": 1.0,
    "yield_rate": 1.0,
    "gain": 1.0,
    "supply_gain": 1.0,
    "samples": 1,
    "factor": [1.0],
    "law": None,
    "series": None,
    "level_series": None,
    "cost_series": None,
    "price_series": None,
    "is_owner": True,
    "complete": False,
    "substitute": False,
    "onset": "0",
    "per_unit": 1.0,
    "chance": 1.0,
    "left": [0.0, 0.0],
    "event": "",
    "sees_customers": False,
}
"""What stands in for columns that are left out; numbers that are not listed are 0."""


def frame_of(schema: pl.Schema, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Return a frame of a graph from rows that name only what is not usual.

    Parameters
    ----------
    schema : of the frame.
    rows : values by column; what is left out is as in ``DEFAULTS``. Ids have to be there.

    Example
    -------
    >>> frame_of(USE_SCHEMA, [{"activity_id": "press", "resource_id": "line"}]).row(0)
    ('press', 'line', 0.0)
    """
    usual = {name: DEFAULTS.get(name, 0) for name in schema}
    return pl.DataFrame([{**usual, **row} for row in rows], schema=schema)


@dataclass(frozen=True, slots=True)
class Graph:
    """Buffers, activities, streams and resources by name. Rows may stand in any order.

    Parameters
    ----------
    integer : quantities are whole multiples of one; otherwise real numbers.
    buffers : columns ``buffer_id`` (String), ``site_id``, ``product_id`` (String), ``on_hand`` (Float64, unit), ``policy``
        (Int8, a Policy), ``low``, ``high`` (Float64), ``review_period``, ``review_phase`` (Int64),
        ``minimum_order``, ``batch`` (Float64, unit: of a whole order, before its sources share it), ``gain``, ``supply_gain``,
        ``smoothing`` (Float64, 0 to 1: part of the gap that is ordered at once; weight of the supply line; weight of today's
        claims in the forecast), ``forecast`` (Float64, unit a period: what is expected at first), ``window`` (Int64: where it is
        above 0, the forecast is the mean of the claims of so many periods), ``sees_customers`` (Boolean: the forecast learns from
        the streams at and below the buffer in place of the claims), ``level_series`` (List of
        Float64 or null, repeated: takes the place of ``low`` in base stock), ``holding_cost`` (Float64, money a unit and period),
        ``life`` (Int64, periods in which a unit may be used, that of its receipt among them; 0: it keeps for ever), ``issue``
        (Int8, an Issue), ``expiry_cost`` (Float64, money a unit that expires), ``allocation`` (Int8, an
        Allocation), ``volume`` (Float64, room that one unit takes where its site has a limit; 0: none).
    activities : ``activity_id`` (String), ``kind`` (Int8, an ActivityKind), ``lead`` (String, a law in periods), ``lead_mode``
        (Int8, a LeadMode), ``information_delay`` (Int64), ``priority`` (Int64), ``yield_rate`` (Float64), ``share`` (Float64, of
        the order of the main output, scaled to one over the sources of a buffer and tier), ``tier`` (Int64: a source of a higher
        tier gets what those below cannot start today), ``minimum_order``, ``batch`` (Float64, units of
        the activity), ``variable_cost`` (money a unit of activity), ``fixed_cost`` (money a start), ``duty_cost`` (money a unit
        of activity), ``cost_series`` (List of Float64 or null, repeated: the variable cost of each period, where it changes),
        ``substitute`` (Boolean: it gives what the stock point lacks today, before its rule orders).
    inputs : ``activity_id``, ``buffer_id``, ``quantity`` (units for one unit of activity).
    outputs : ``activity_id``, ``buffer_id``, ``quantity``, ``is_main`` (Boolean; the buffer whose orders start the activity).
    uses : ``activity_id``, ``resource_id``, ``quantity``.
    resources : ``resource_id``, ``capacity`` (List of Float64, repeated over its length), ``cost`` (money a unit used).
    streams : ``stream_id``, ``buffer_id``, ``priority``, ``lost_fraction``, ``law`` (String or null), ``series`` (List of
        Float64 or null, repeated), ``samples`` (Int64: the series is as many of one length, which replications replay in turn),
        ``factor`` (List of Float64, repeated; multiplies the law), ``price``, ``backlog_cost``,
        ``lost_cost``, ``complete`` (Boolean: the demand of a period is shipped whole or waits), ``price_series`` (List of Float64
        or null, repeated: the price of each period, where it changes), ``window`` (Int64: delivery up to so many periods after
        the demand is on time).
    rooms : ``site_id``, ``capacity`` (Float64, volume of stock that a site has room for); other sites have no limit.
    pipeline : ``activity_id``, ``period``, ``quantity``: started before the run, arriving in that period.
    orders : ``activity_id``, ``period``, ``quantity``: ordered before the run, becoming visible in that period.
    accounts : ``account_id``, ``is_owner`` (Boolean: of a company that owns stock, whose cash is followed by period); none where
        no cash is followed.
    payments : ``payer``, ``payee`` (two accounts), ``term`` (Int64, periods until it is paid, 0 or more), ``basis`` (Int8, a
        Basis), ``entity_id`` (of an activity, stream, resource or buffer, as the basis says), ``price`` (money a unit),
        ``price_series`` (List of Float64 or null, repeated: the price of each period, where it changes).
    strikes : ``strike_id``, ``onset`` (String, a law of when it begins, in units of time), ``shift`` (Float64, periods added to
        that), ``duration`` (String, a law of how long it has full strength, in units of time), ``per_unit`` (Float64, periods in
        a unit of time), ``chance`` (Float64, 0 to 1: in how many replications it happens), ``recovery`` (Float64, periods after
        that in which it fades), ``left`` (List of Float64, at least two: at points that lie evenly in the recovery, the first
        at its beginning and 0, the strength added up so far, as a share of full strength through all of it).
    effects : ``strike_id``, ``effect`` (Int8, an Effect), ``entity_id`` (a resource, activity, stream or buffer, as the effect
        says), ``factor`` (Float64, 0 or more: what is multiplied by at full strength), ``amount`` (Float64: of a resource that
        offers more than is ever asked for, what the factor is a share of, a period; with TARIFF the money a unit; else 0).
    unpriced : ids of the streams that sell at the product's value because no price is given, String.
    folder : where files named in laws are found, empty if none.
    """

    integer: bool
    buffers: pl.DataFrame
    activities: pl.DataFrame
    inputs: pl.DataFrame
    outputs: pl.DataFrame
    uses: pl.DataFrame
    resources: pl.DataFrame
    streams: pl.DataFrame
    rooms: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ROOM_SCHEMA))
    pipeline: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PIPELINE_SCHEMA))
    orders: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PIPELINE_SCHEMA))
    accounts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ACCOUNT_SCHEMA))
    payments: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=PAYMENT_SCHEMA))
    strikes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=STRIKE_SCHEMA))
    effects: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=EFFECT_SCHEMA))
    unpriced: pl.Series = field(default_factory=lambda: pl.Series("stream_id", [], dtype=pl.String))
    folder: str = ""
