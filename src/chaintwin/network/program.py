"""A compiled network: integer-indexed arrays in working order, the only form the engine sees (METHODS 1.1, 1.10).

Index ranges: N buffers, A activities, D streams, K resources, L packed laws. Every entity table is sorted by id, so the
order of input rows never matters. A list per entity is a compressed row: ``start[i]:start[i + 1]`` of the arrays beside it.
Groups of arrays are named tuples, because those are the only records that compiled kernels take as they are.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.laws import PackedLaws
from chaintwin.network.paths.ordering import turns_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bytes = NDArray[np.int8]
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Names:
    """Ids by index, for reports; nothing in the engine reads them.

    Parameters
    ----------
    buffers : columns ``buffer_id``, ``site_id``, ``product_id``; N rows.
    activities : columns ``activity_id``, ``kind``; A rows.
    streams : columns ``stream_id``, ``buffer_id``, ``is_priced`` (false where the product's value is the price); D rows.
    resources : column ``resource_id``; K rows.
    accounts : columns ``account_id``, ``is_owner``, owners first; P rows.
    rooms : column ``site_id``, the sites with room for only so much stock.
    strikes : column ``strike_id``; S rows.
    """

    buffers: pl.DataFrame
    activities: pl.DataFrame
    streams: pl.DataFrame
    resources: pl.DataFrame
    accounts: pl.DataFrame
    rooms: pl.DataFrame
    strikes: pl.DataFrame


class Buffers(NamedTuple):
    """Arrays over buffers.

    Parameters
    ----------
    on_hand : Floats[N], unit: stock at the start.
    policy : int8[N], values of Policy.
    low, high : Floats[N], unit: parameters of the policy.
    review_period, review_phase : Integers[N], period.
    minimum_order, batch : Floats[N], unit: of a whole order, before its sources share it; 0 where any quantity will do.
    gain, supply_gain, smoothing, forecast : Floats[N]: parameters of rules that forecast, as in ``Graph``.
    window : Integers[N], period.
    sees_customers : int8[N]: 1 where the rule forecasts what customers ask for at and below, in place of what is claimed here.
    level_start, level_value : rows over N of the level of each period, repeated; none where it does not change.
    echelon_start, echelon_buffer, echelon_content : rows over N, for rules on the echelon or on customers, of the buffers at
        and below, with the units of the buffer in one unit there.
    holding_cost : Floats[N], money a unit and period.
    life : Integers[N], period: units may be used so long, the period of their receipt among them; 0 where they keep for ever.
    issue : int8[N], values of Issue. expiry_cost : Floats[N], money a unit that expires.
    allocation : int8[N], values of Allocation.
    volume : Floats[N], room that one unit takes. room : Integers[N]: which room it takes that from, -1 where it takes none.
    source_start, source_activity : rows over N of the activities whose main output is the buffer, by tier, then activity index.
    source_tier : Integers over ``source_activity``: 0 for those that are asked first.
    source_share : Floats over ``source_activity``: weight of the source in each order of its tier.
    source_total : Floats over ``source_activity``: sum of the shares of its tier; kept apart because whole units are split by
        exact remainders.
    source_output : Floats over ``source_activity``: good units of the buffer's product for one unit of the activity.
    substitute_start, substitute_activity, substitute_output : rows over N of the activities that give what is missing today
        before the rule orders, as they are asked: by tier, then the larger share, then index; they are no sources.
    supply_start, supply_activity, supply_quantity, supply_gross : rows over N of every activity that brings stock, main output
        or not, with output x yield for one unit, which counts as on order, and output alone.
    claim_start, claim_kind, claim_index, claim_quantity : rows over N of who may take stock, in order of service tier, then
        streams before activities, then index. Kind 0: stream ``claim_index``; kind 1: activity, ``claim_quantity`` units for one
        unit of it.
    claim_tier : Integers over claims: priority; equal values form one tier.
    claim_lossy : int8[N]: 1 where a stream of the buffer loses unmet demand.
    """

    on_hand: Floats
    policy: Bytes
    low: Floats
    high: Floats
    review_period: Integers
    review_phase: Integers
    minimum_order: Floats
    batch: Floats
    gain: Floats
    supply_gain: Floats
    smoothing: Floats
    forecast: Floats
    window: Integers
    sees_customers: Bytes
    level_start: Integers
    level_value: Floats
    echelon_start: Integers
    echelon_buffer: Integers
    echelon_content: Floats
    holding_cost: Floats
    life: Integers
    issue: Bytes
    expiry_cost: Floats
    allocation: Bytes
    volume: Floats
    room: Integers
    source_start: Integers
    source_activity: Integers
    source_tier: Integers
    source_share: Floats
    source_total: Floats
    source_output: Floats
    substitute_start: Integers
    substitute_activity: Integers
    substitute_output: Floats
    supply_start: Integers
    supply_activity: Integers
    supply_quantity: Floats
    supply_gross: Floats
    claim_start: Integers
    claim_kind: Bytes
    claim_index: Integers
    claim_quantity: Floats
    claim_tier: Integers
    claim_lossy: Bytes


class Activities(NamedTuple):
    """Arrays over activities.

    Parameters
    ----------
    kind : int8[A], values of ActivityKind.
    input_start, input_buffer, input_quantity, input_claim : rows over A of what one unit takes; ``input_claim`` is the
        claim's place in the buffers' claim arrays.
    output_start, output_buffer, output_quantity, output_gross : rows over A of what one unit gives, with its yield and without.
    use_start, use_resource, use_quantity : rows over A of the resources one unit takes.
    lead_law : Integers[A]: index of the lead-time law.
    lead_mode : int8[A], values of LeadMode; it matters where the lead time is random.
    lead_random : int8[A]: 1 where the lead time is drawn.
    lead_fixed : Integers[A], period: lead time where it is not random, else the longest that is drawn.
    lead_max : Integers[A], period: longest lead time, whatever is on its way and strikes; the ring of the activity has
        ``lead_max + 1`` slots.
    pipe_start : Integers[A + 1]: first slot of the ring in the pipeline array.
    information_delay : Integers[A], period.
    info_start : Integers[A + 1]: first slot of the ring of orders not yet visible (``information_delay + 1`` slots, none for
        delay 0).
    minimum_order, batch : Floats[A], units of the activity; 0 where any quantity will do.
    variable_cost, fixed_cost, duty_cost, transit_cost : Floats[A]: money a unit, a start, a unit, a unit in process and period.
    cost_start, cost_value : rows over A of the variable cost of each period, repeated; none where it does not change.
    lead_stream : Words[A]: random stream of the lead time (0 where not random).
    yield_rate : Floats[A], above 0, at most 1: good units a unit.
    yield_stream : Words[A]: random stream of what is good (0 where not random).
    """

    kind: Bytes
    input_start: Integers
    input_buffer: Integers
    input_quantity: Floats
    input_claim: Integers
    output_start: Integers
    output_buffer: Integers
    output_quantity: Floats
    output_gross: Floats
    use_start: Integers
    use_resource: Integers
    use_quantity: Floats
    lead_law: Integers
    lead_mode: Bytes
    lead_random: Bytes
    lead_fixed: Integers
    lead_max: Integers
    pipe_start: Integers
    information_delay: Integers
    info_start: Integers
    minimum_order: Floats
    batch: Floats
    variable_cost: Floats
    fixed_cost: Floats
    duty_cost: Floats
    transit_cost: Floats
    cost_start: Integers
    cost_value: Floats
    lead_stream: Words
    yield_rate: Floats
    yield_stream: Words


class Streams(NamedTuple):
    """Arrays over demand streams.

    Parameters
    ----------
    buffer : Integers[D]: where the demand arises.
    lost_fraction : Floats[D], 0 to 1.
    law : Integers[D]: index of the law of one period's demand, -1 where a series is replayed.
    series_start, series_value : rows over D of the replayed series, repeated over its length.
    samples : Integers[D]: series of one length behind each other, which replications replay in turn.
    factor_start, factor_value : rows over D of the factors a drawn demand is multiplied by, repeated.
    price, backlog_cost, lost_cost : Floats[D], money a unit (and period, for backlog).
    stream : Words[D]: random stream of the demand.
    complete : int8[D]: 1 where the demand of a period is shipped whole or waits.
    price_start, price_value : rows over D of the price of each period, repeated; none where it does not change.
    window : Integers[D], period: delivery up to so many periods after the demand is on time.
    """

    buffer: Integers
    lost_fraction: Floats
    law: Integers
    series_start: Integers
    series_value: Floats
    samples: Integers
    factor_start: Integers
    factor_value: Floats
    price: Floats
    backlog_cost: Floats
    lost_cost: Floats
    stream: Words
    complete: Bytes
    price_start: Integers
    price_value: Floats
    window: Integers


class Resources(NamedTuple):
    """Arrays over resources.

    Parameters
    ----------
    capacity_start, capacity_value : rows over K of the capacity of each period, repeated over its length.
    cost : Floats[K], money a unit used.
    """

    capacity_start: Integers
    capacity_value: Floats
    cost: Floats


class Payments(NamedTuple):
    """Who pays whom for what, and when; G groups of payments between two of P accounts at one term, I items in them.

    Parameters
    ----------
    is_owner : int8[P]: 1 for accounts whose cash is followed by period; they are the first.
    payer, payee : Integers[G], accounts. term : Integers[G], periods until what fell due is paid, 0 or more.
    item_start : Integers[G + 1]: items of each group.
    item_basis : int8[I], values of Basis. item_entity : Integers[I], what the basis speaks of.
    item_price : Floats[I], money a unit.
    series_start, series_value : rows over I of the price of each period, repeated; none where it does not change.
    """

    is_owner: Bytes
    payer: Integers
    payee: Integers
    term: Integers
    item_start: Integers
    item_basis: Bytes
    item_entity: Integers
    item_price: Floats
    series_start: Integers
    series_value: Floats


class Rooms(NamedTuple):
    """Arrays over sites with room for only so much stock.

    Parameters
    ----------
    capacity : Floats[S], volume.
    """

    capacity: Floats


class Strikes(NamedTuple):
    """Disruptions and what they do; S strikes, E effects, sorted by kind of effect, then entity, then strike.

    Parameters
    ----------
    onset_law, duration_law : Integers[S]: laws of when a strike begins and how long it has full strength.
    shift : Floats[S], periods added to the onset. per_unit : Floats[S], periods in a unit of the laws.
    chance : Floats[S], 0 to 1: in how many replications it happens.
    chance_law : Integers[S]: law of 1 with that chance and of 0 else.
    onset_stream, duration_stream, chance_stream : Words[S]: their random streams.
    recovery : Floats[S], periods in which it fades.
    left_start, left_value : rows over S of the strength added up since the recovery began, as in ``Graph``.
    effect_kind : int8[E], values of Effect. effect_entity, effect_strike : Integers[E].
    effect_factor, effect_amount : Floats[E].
    """

    onset_law: Integers
    duration_law: Integers
    shift: Floats
    per_unit: Floats
    chance: Floats
    chance_law: Integers
    onset_stream: Words
    duration_stream: Words
    chance_stream: Words
    recovery: Floats
    left_start: Integers
    left_value: Floats
    effect_kind: Bytes
    effect_entity: Integers
    effect_strike: Integers
    effect_factor: Floats
    effect_amount: Floats

    def struck(self, effect: int, *, count: int) -> NDArray[np.bool_]:
        """Return bool[count]: entities that some effect of a kind is on."""
        found = np.zeros(count, dtype=bool)
        found[self.effect_entity[self.effect_kind == effect]] = True
        return found


class Order(NamedTuple):
    """In which order buffers order and activities start.

    Parameters
    ----------
    information : Integers[N]: buffers, each after all that order from it without delay.
    level_buffer_start, level_buffer : rows over levels of the buffers that allocate in it, upstream first.
    level_activity_start, level_activity : rows over levels of the activities that start in it.
    level_resource_start, level_resource : rows over levels of the resources those activities use.
    """

    information: Integers
    level_buffer_start: Integers
    level_buffer: Integers
    level_activity_start: Integers
    level_activity: Integers
    level_resource_start: Integers
    level_resource: Integers

    def buffer_turns(self) -> tuple[Integers, Integers]:
        """Return Integers[N] twice: the level in which each buffer allocates, and its place among all (METHODS 1.2, E4)."""
        return turns_of(self.level_buffer_start, self.level_buffer)

    def activity_turns(self) -> tuple[Integers, Integers]:
        """Return Integers[A] twice: the level in which each activity starts, and its place among all (METHODS 1.2, E4)."""
        return turns_of(self.level_activity_start, self.level_activity)


@dataclass(frozen=True, slots=True)
class Program:
    """A network ready to run.

    Parameters
    ----------
    integer : quantities are whole numbers.
    names, buffers, activities, streams, resources, rooms, payments, strikes, order : see the classes of these names.
    laws : packed quantile tables of every law met.
    pipeline : Floats over the pipeline slots: started before the run, slot k of an activity arriving in period k.
    orders : Floats over the information slots: ordered before the run, slot k becoming visible in period k.
    """

    integer: bool
    names: Names
    buffers: Buffers
    activities: Activities
    streams: Streams
    resources: Resources
    payments: Payments
    rooms: Rooms
    strikes: Strikes
    order: Order
    laws: PackedLaws
    pipeline: Floats
    orders: Floats

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Numbers of buffers, activities, streams and resources."""
        return self.buffers.on_hand.size, self.activities.kind.size, self.streams.buffer.size, self.resources.cost.size

    @property
    def is_random(self) -> bool:
        """Tell whether anything is drawn: demand, a lead time, what is good or when a disruption strikes."""
        drawn = self.laws.kind[self.streams.law[self.streams.law >= 0]]
        strikes = self.strikes
        struck = self.laws.kind[np.concatenate([strikes.onset_law, strikes.duration_law, strikes.chance_law])]
        late = (self.activities.lead_random == 1) & (self.laws.kind[self.activities.lead_law] != 0)
        return bool((drawn != 0).any() or late.any() or self.yields_drawn.any() or (struck != 0).any())

    @property
    def yields_drawn(self) -> NDArray[np.bool_]:
        """bool[A]: of what arrives the good units are drawn, because quantities are whole and not all are good."""
        drawn: NDArray[np.bool_] = (self.activities.yield_rate < 1.0) & self.integer
        return drawn

    def digest(self) -> str:
        """Return a hash of every array, equal for equal programs on any machine."""
        total = hashlib.blake2b(digest_size=16)
        total.update(bytes([self.integer]))
        parts = (self.buffers, self.activities, self.streams, self.resources, self.rooms, self.payments, self.strikes, self.order)
        for part in parts:
            for name, value in part._asdict().items():
                total.update(name.encode())
                total.update(value.tobytes())
        for value in (self.laws.kind, self.laws.offset, self.laws.size, self.laws.values):
            total.update(np.ascontiguousarray(value).tobytes())
        total.update(self.pipeline.tobytes())
        total.update(self.orders.tobytes())
        return total.hexdigest()
