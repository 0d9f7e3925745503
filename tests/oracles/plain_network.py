"""The plain reference engine: one replication of the network of buffers and activities, in scalar Python.

Written from the event order of METHODS 1.2, 1.3, 1.5 and 1.9 alone, as the oracle of the compiled kernel. Conservation laws 1
to 7 are asserted at the end of every period. What the text leaves open was settled as follows; "case" marks what the worked
traces confirm, "choice" what no worked trace decides.

Order of entities
 1. Buffers and activities are worked through in order of id. Streams keep list order unless every stream has an ``id``.
    (case)
 2. The claims on a buffer are listed as streams first, then consuming activities by id; ties go to the first listed. (case)
 3. Information order: an edge o -> b for every activity with info_delay 0 that fills o (o has a policy) and consumes b.
    A buffer goes by the longest chain of buffers that order before it, then by id, which matters where sources are compared by
    what they have left. A buffer without a policy places no orders, so it never closes a cycle. (choice)
 4. Material levels: only activities whose smallest possible lead is 0 raise the level of their outputs. A drawn lead of 0 is
    used at once, so an activity that may draw 0 counts as zero-lead. (choice)

E1 and E2
 5. Receipts add q*out*yield to each output; pq falls by q (activity units, before yield). The arrival of period 0 is received
    before anything else. (case) In integer mode they add the good units, drawn as ``plain_yields`` says, for all that arrives
    of an activity in a period, in the morning (E1) and at once (E4). ``luck`` is seed and replication.

E3 orders
 6. E3a runs for all activities before the first buffer orders. pipeline[k] arrives in period k, info[k] joins U in period k.
    (case)
 7. IP counts U of the consumers, not their info in flight; its own orders count from the moment they are placed (pq + iq +
    U). (case)
 8. Dry run of lost sales: when b's turn comes (its delay-0 customers have ordered), allocate max(oh, 0) over all claims of
    today (bo of each stream, in*U of each consumer) by the ordinary rule, without capacity and without zero-lead receipts of
    today; each stream's projected loss is lost_fraction * min(bo - share, demand(t)), floored in integer mode; IP rises by
    their sum. Zero-lead-fed buffers use the same formula. (case)
 9. (s,S) orders when IP <= s + slack, (R,nQ) when IP <= R + slack with n = floor((R + slack - IP)/Q) + 1; slack = 1e-9*max(1,
    |s or R|) in continuous mode, 0 in integer mode. For (s,S) given; for (R,nQ) a choice.
10. Split over sources: parts proportional to share/sum(share). Integer mode: largest remainder on q (parts sum to q), lowest
    activity id wins ties. Then order = part/(out*yield), in integer mode ceil(. - 1e-9), so the position may pass the target.
    (case in continuous mode; the integer rule is the text's, undecided by a case)
11. A review period gates the whole order. MOQ and batch of a buffer act on q before the split; MOQ and batch of an activity
    act on its order in activity units after the division. q -> max(moq, batch*ceil(q/batch - 1e-9)), only if q > slack of the
    policy. (choice)
12. An activity with several outputs may be ordered by each output that has a policy; the later one in information order
    already sees the earlier order in its own IP. A by-product that must not pull has no policy. (choice)

E4 execution
13. Buffers of a level allocate max(oh, 0) once; streams are shipped at once; shares of activities are only reserved and leave
    oh when the activity starts (possibly on a higher level). What is reserved but unused is offered to nobody else in this
    period. (case)
14. A tier whose claims sum to no more than what is left is served exactly (share = claim), and so is an empty one. Otherwise
    share = (left*claim)/total; integer mode floors it by exact integer division and compares the exact remainders (left*claim
    mod total): the fractions in floating point break ties wrongly (7/3 and 1/3). Then exactly nothing is left for the tiers
    below: a rounded rest of -1e-16 would find an empty tier's total of 0 too large and divide by it (trace 8 does). (case)
15. x = min(U, reserved/in); integer mode floor(x + 1e-9). need = sum of use*x over the level's users of a resource; where
    need > cap left, each user is cut to the smallest of x*cap/need over its short resources (multiplied first, then divided;
    all needs before any cut), integer mode floor(. + 1e-9). What is not used carries to the next level. What the cut frees is
    not handed out again. (case, but for the slack and the carrying over)
16. Leads: what starts in t with lead L > 0 arrives at E1 of t+L; lead 0 raises oh of the outputs at once, by x*out*yield, and
    never enters pq. ``fifo`` keeps the order of what was really started: a period without a start does not move the running
    maximum, which begins with the last arrival already on its way. ``kaplan`` draws one age a period, at E1: everything that was
    started that many periods ago, or more, arrives; what starts today is never ripe today. What was under way before the run is
    taken for one start a period, the last of them yesterday. (choice)

E5
17. lost = lost_fraction*min(bo, demand(t)) after shipping, in integer mode floor(. + 1e-9): bo may hold older backlog, and
    the loss is of bo as a whole, never more than the lost fraction of today's demand. (case)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.oracles.plain_ages import Lots, Queue
from tests.oracles.plain_granting import granted
from tests.oracles.plain_laws import assert_laws
from tests.oracles.plain_philox import draw
from tests.oracles.plain_rooms import room_parts, stored
from tests.oracles.plain_rules import learn
from tests.oracles.plain_sources import share_by_speed, share_by_tier, two_speeds
from tests.oracles.plain_strikes import detained, offered, stretched, strike, struck, swollen, told
from tests.oracles.plain_substitutes import standing_in, substitute
from tests.oracles.plain_yields import AT_ONCE, good_units

SLACK = 1e-9

Network = Mapping[str, Any]
Entity = Mapping[str, Any]


def simulate_plain(network: Network, periods: int, integer: bool) -> dict[str, Any]:
    """Run a network through the event order and return what it reads at the end of each period.

    Keys: on_hand, position, received, produced (zero-lead), consumption, expired per buffer id; ordered, started, waiting
    (visible, not started), in_information (ordered, not yet visible), in_process, arrived per activity id; backlog, lost,
    shipped, demand, on_time (delivered within ``window`` periods of its demand) as one list a stream in the order of the
    input; capacity_use per resource. Each holds one value a period.
    Beside the notation of the worked traces it takes ``leads`` (activity id to the lead of what starts in each period),
    ``lead_mode`` (crossing, fifo or kaplan) on activities, ``review`` and ``phase`` on buffers, ``moq`` and ``batch`` on
    both, and what ``plain_ages``, ``plain_granting`` and ``plain_rooms`` name.
    """
    run = _Run(network, integer=integer)
    for period in range(periods):
        run.step(period)
    return run.record


def information_order(network: Network) -> list[str]:
    """Return buffer ids, each after all buffers that order from it without delay; refuse a cycle."""
    ordering = {buffer["id"] for buffer in network["buffers"] if _policy(buffer)}
    before: dict[str, set[str]] = {buffer["id"]: set() for buffer in network["buffers"]}
    for activity in network["activities"]:
        if activity.get("info_delay", 0) == 0:
            for source in activity["in"]:
                before[source] |= {target for target in activity["out"] if target in ordering}
                before[source] |= {next(iter(activity["out"]))} if activity.get("substitute") else set()
    rank: dict[str, int] = {}
    while len(rank) < len(before):
        ready = [b for b in before if b not in rank and all(other in rank for other in before[b])]
        if not ready:
            raise ValueError(f"zero-delay information cycle among {sorted(set(before) - set(rank))}")
        rank |= {b: max((rank[other] + 1 for other in before[b]), default=0) for b in ready}
    return sorted(rank, key=lambda b: (rank[b], b))


def material_levels(network: Network) -> tuple[dict[str, int], dict[str, int]]:
    """Return the level of each buffer and of each activity in the zero-lead material graph; refuse a cycle."""
    buffers = {buffer["id"]: 0 for buffer in network["buffers"]}
    activities = {activity["id"]: 0 for activity in network["activities"]}
    # A level can rise at most once a buffer and round; a further rise after that many rounds means a cycle.
    for _ in range(len(buffers) + 1):
        changed = False
        for activity in network["activities"]:
            level = max((buffers[b] for b in activity["in"]), default=0)
            activities[activity["id"]] = level
            for target in activity["out"]:
                if _lead_min(network, activity) == 0 and buffers[target] < level + 1:
                    buffers[target] = level + 1
                    changed = True
        if not changed:
            return buffers, activities
    raise ValueError("zero-lead material cycle")


class _Run:
    """State and record of one replication."""

    def __init__(self, network: Network, *, integer: bool) -> None:
        self.network, self.integer = network, integer
        self.seed, self.replication = network.get("luck", (0, 0))
        self.buffers: list[Entity] = sorted(network["buffers"], key=lambda b: b["id"])
        self.activities: list[Entity] = sorted(network["activities"], key=lambda a: a["id"])
        self.demands: list[Entity] = list(network.get("demands", []))
        self.streams = list(range(len(self.demands)))
        if all("id" in demand for demand in self.demands):
            self.streams.sort(key=lambda d: self.demands[d]["id"])
        self.capacity: Mapping[str, Any] = network.get("resources", {})
        self.order = information_order(network)
        self.buffer_level, self.activity_level = material_levels(network)
        self.buffer_of = {b["id"]: b for b in self.buffers}
        self.sources = {b: [a for a in self.activities if b in a["out"]] for b in self.buffer_of}
        self.consumers = {b: [a for a in self.activities if b in a["in"]] for b in self.buffer_of}
        self.streams_at = {b: [d for d in self.streams if self.demands[d]["buffer"] == b] for b in self.buffer_of}
        # The state of METHODS 1.1. Pipelines are keyed by the period of arrival, information by the period it becomes visible.
        self.told: dict[str, float] = {}
        self.oh = {b["id"]: float(b.get("init", 0)) for b in self.buffers}
        self.lots = {b["id"]: Lots(b) for b in self.buffers}
        self.bo = [0.0] * len(self.demands)
        self.debts = [Queue() for _ in self.demands]
        self.queues = {a["id"]: Queue() for a in self.activities}
        self.now = 0
        self.forecast = {b["id"]: float((b.get("policy") or {}).get("forecast", 0.0)) for b in self.buffers}
        first = {b["id"]: (b.get("policy") or {}) for b in self.buffers}
        self.claims_of = {b: [float(rule.get("forecast", 0.0))] * rule.get("window", 0) for b, rule in first.items()}
        self.u = {a["id"]: 0.0 for a in self.activities}
        self.pipe = {a["id"]: {k: float(q) for k, q in enumerate(a.get("pipeline", []))} for a in self.activities}
        self.info = {a["id"]: {k: float(q) for k, q in enumerate(a.get("info", []))} for a in self.activities}
        self.pq = {a: sum(slots.values()) for a, slots in self.pipe.items()}
        self.iq = {a: sum(slots.values()) for a, slots in self.info.items()}
        self.latest_arrival = {a: max((k for k, q in slots.items() if q > 0), default=0) for a, slots in self.pipe.items()}
        for activity in self.activities:
            if _ripens(network, activity):
                # Kept by the period of the start, as if one had left a period, the last of them yesterday.
                slots = self.pipe[activity["id"]]
                last = max((k for k, q in slots.items() if q > 0), default=0)
                self.pipe[activity["id"]] = {k - last - 1: q for k, q in slots.items() if q > 0}
        self.cumulative = [{"demand": 0.0, "shipped": 0.0, "lost": 0.0} for _ in self.demands]
        self.record: dict[str, Any] = {}
        for key in ("on_hand", "position", "received", "produced", "consumption", "expired"):
            self.record[key] = {b: [] for b in self.buffer_of}
        for key in ("ordered", "started", "waiting", "in_information", "in_process", "arrived", "scrapped"):
            self.record[key] = {a: [] for a in self.u}
        for key in ("backlog", "lost", "shipped", "demand", "on_time"):
            self.record[key] = [[] for _ in self.demands]
        self.record["capacity_use"] = {r: [] for r in self.capacity}

    def step(self, period: int) -> None:
        """Work through events E1 to E6 of one period (E0, the environment, is in the given numbers)."""
        self.opening = _Opening(dict(self.oh), dict(self.u), dict(self.pq), dict(self.iq))
        self.flow, self.now = _Flow(self), period
        strike(self, period)
        self.receive(period)
        for d, demand in enumerate(self.demands):
            self.flow.demand[d] = swollen(self, demand.get("id", f"d{d:04d}"), float(_at(demand["series"], period)), period)
            self.bo[d] += self.flow.demand[d]
            self.debts[d].add(period, self.flow.demand[d])
            self.flow.claimed[demand["buffer"]] += self.flow.demand[d]
        for activity in self.activities:
            a = activity["id"]
            visible = self.info[a].pop(period, 0.0)
            self.iq[a] -= visible
            self.see(activity, visible)
        for b in self.order:
            self.place_orders(b, period)
        self.execute(period)
        for d in range(len(self.demands)):
            self.flow.lost[d] = self.loss(d, self.bo[d])
            self.bo[d] -= self.flow.lost[d]
            self.debts[d].lose(self.flow.lost[d])
        for b, lots in self.lots.items():
            self.flow.expired[b] = min(lots.expire(period), self.oh[b])
            self.oh[b] -= self.flow.expired[b]
        self.book()
        assert_laws(self, period)

    def receive(self, period: int) -> None:
        """E1: what arrives in this period joins the output buffers."""
        come = stored(self, detained(self, {activity["id"]: self.arriving(activity, period) for activity in self.activities}))
        for activity in self.activities:
            a = activity["id"]
            quantity = come[a]
            self.pq[a] -= quantity
            self.flow.arrived[a] = quantity
            good = self.good(activity, quantity, period, 0)
            for b, out in activity["out"].items():
                self.oh[b] += good * out
                self.flow.received[b] += good * out
                self.lots[b].put(period, good * out)

    def good(self, activity: Entity, quantity: float, period: int, first: int) -> float:
        """Return what is good of what arrives; ``first`` is the first slot of the draws."""
        rate = activity.get("yield", 1.0)
        if not self.integer or rate == 1.0:
            self.flow.scrapped[activity["id"]] += quantity * (1.0 - rate)
            return float(quantity * rate)
        good = float(good_units(int(quantity), rate, lambda slot: self.uniform(activity, period, first + slot)))
        self.flow.scrapped[activity["id"]] += quantity - good
        return good

    def uniform(self, activity: Entity, period: int, slot: int) -> float:
        """Return a uniform of the stream of what is good."""
        return draw(self.seed, f"yield|{activity['id']}", replication=self.replication, period=period, slot=slot)[2]

    def arriving(self, activity: Entity, period: int) -> float:
        """Take out of the pipeline what arrives in a period."""
        slots = self.pipe[activity["id"]]
        if not _ripens(self.network, activity):
            return slots.pop(period, 0.0)
        age = stretched(self, activity["id"], max(_lead(self.network, activity, period), 1), period)
        return sum((slots.pop(start) for start in sorted(slots) if period - start >= age), 0.0)

    def claims(self, b: str) -> tuple[list[float], list[float]]:
        """Return the claims on a buffer and their priorities: streams first, then activities by id."""
        streams = [(self.bo[d], self.demands[d].get("priority", 0)) for d in self.streams_at[b]]
        activities = [(a["in"][b] * self.u[a["id"]], a.get("priority", 0)) for a in self.consumers[b]]
        both = streams + activities
        return [claim for claim, _ in both], [priority for _, priority in both]

    def loss(self, d: int, unserved: float) -> float:
        """Return the lost sales of a stream whose backlog after shipping is ``unserved``."""
        lost = self.demands[d].get("lost_fraction", 0.0) * min(unserved, self.flow.demand[d])
        return float(math.floor(lost + SLACK)) if self.integer else float(lost)

    def position(self, b: str, period: int) -> float:
        """Return the inventory position of a buffer, net of the loss and the expiry a dry run of today projects."""
        owed = sum(self.bo[d] for d in self.streams_at[b])
        reserved = sum(a["in"][b] * self.u[a["id"]] for a in self.consumers[b])
        return float(
            self.oh[b]
            + self.told.get(b, 0.0)
            + self.incoming(b)
            - owed
            + self.projected_loss(b)
            - reserved
            - self.expiring(b, period)
        )

    def expiring(self, b: str, period: int) -> float:
        """Return what will expire today if all that is claimed now is taken, as far as stock reaches."""
        return self.lots[b].left_to_expire(period, min(self.oh[b], sum(self.claims(b)[0])))

    def projected_loss(self, b: str) -> float:
        """Return the loss that a dry run of today's allocation projects."""
        shares = granted(self, b, standing_in(self, b))
        return sum((self.loss(d, self.bo[d] - share) for d, share in zip(self.streams_at[b], shares, strict=False)), 0.0)

    def incoming(self, b: str) -> float:
        """Return the supply line of a buffer: all that is ordered and not yet received."""
        due = {a["id"]: self.pq[a["id"]] + self.iq[a["id"]] + self.u[a["id"]] for a in self.sources[b]}
        return sum((a["out"][b] * a.get("yield", 1.0) * due[a["id"]] for a in self.sources[b]), 0.0)

    def place_orders(self, b: str, period: int) -> None:
        """E3b: one buffer asks its sources for what its policy wants."""
        buffer, sources = self.buffer_of[b], [a for a in self.sources[b] if not a.get("substitute")]
        learn(self, b)
        substitute(self, b, period)
        if _policy(buffer) and sources and (period - buffer.get("phase", 0)) % buffer.get("review", 1) == 0:
            self.told = {b: told(self, b, period)}
            if two_speeds(buffer):
                share_by_speed(self, b, period)
            else:
                share_by_tier(self, b, period)
            self.told = {}
        self.flow.position[b] = self.position(b, period)

    def slack(self, buffer: Entity) -> float:
        """Return the quantity below which an order is rounding noise, so that it never triggers a minimum order."""
        policy = buffer.get("policy") or {}
        target = policy.get("s", policy.get("S", policy.get("R", policy.get("Q", 0))))
        broken = any(activity.get("yield", 1.0) < 1.0 for activity in self.sources[buffer["id"]])
        return 0.0 if self.integer and not broken else SLACK * max(1.0, abs(target))

    def order_activity(self, activity: Entity, quantity: float, period: int) -> None:
        """Book an order: visible at once, or after the information delay."""
        a, delay = activity["id"], activity.get("info_delay", 0)
        self.flow.ordered[a] += quantity
        if delay == 0:
            self.see(activity, quantity)
        elif quantity:
            self.info[a][period + delay] = self.info[a].get(period + delay, 0.0) + quantity
            self.iq[a] += quantity

    def see(self, activity: Entity, quantity: float) -> None:
        """Let the sources of an activity see an order: it waits, and is claimed from them."""
        self.u[activity["id"]] += quantity
        self.queues[activity["id"]].add(self.now, quantity)
        for b, coefficient in activity["in"].items():
            self.flow.claimed[b] += coefficient * quantity

    def execute(self, period: int) -> None:
        """E4: level by level, buffers allocate and activities start."""
        reserved: dict[tuple[str, str], float] = {}
        left = {r: self.offered(r, period) for r in self.capacity}
        self.flow.capacity = dict(left)
        top = max([*self.buffer_level.values(), *self.activity_level.values()], default=0)
        for level in range(top + 1):
            for b in self.buffer_of:
                if self.buffer_level[b] == level:
                    self.allocate(b, reserved)
            members = [a for a in self.activities if self.activity_level[a["id"]] == level]
            for activity, started in self.cut_by_capacity(members, reserved, left):
                self.start(activity, started, period)

    def offered(self, resource: str, period: int) -> float:
        """Return the capacity of a resource in a period."""
        return offered(self, resource, float(_at(self.capacity[resource], period)), period)

    def by_age(self, activity: Entity) -> bool:
        """Tell whether what an activity started arrives by its age."""
        return _ripens(self.network, activity)

    def at_once(self, activity: Entity) -> bool:
        """Tell whether an activity may have no lead time."""
        return _lead_min(self.network, activity) == 0

    def allocate(self, b: str, reserved: dict[tuple[str, str], float]) -> None:
        """Serve the streams of a buffer and reserve the shares of its consumers."""
        shares = granted(self, b)
        streams = self.streams_at[b]
        for d, share in zip(streams, shares, strict=False):
            self.oh[b] -= share
            self.lots[b].take(share)
            self.bo[d] -= share
            self.flow.on_time[d] = self.debts[d].serve(share, self.now - self.demands[d].get("window", 0))
            self.flow.shipped[d] = share
        for activity, share in zip(self.consumers[b], shares[len(streams) :], strict=True):
            reserved[activity["id"], b] = share

    def cut_by_capacity(
        self, members: list[Entity], reserved: dict[tuple[str, str], float], left: dict[str, float]
    ) -> list[tuple[Entity, float]]:
        """Return what each activity of a level starts; lower the capacity left by what that uses."""
        possible: dict[str, float] = {}
        need = dict.fromkeys(left, 0.0)
        for activity in members:
            a = activity["id"]
            inputs = [reserved[a, b] / coefficient for b, coefficient in activity["in"].items() if coefficient > 0]
            possible[a] = self.floor(min([self.u[a], *inputs]))
            for r, use in activity.get("use", {}).items():
                need[r] += use * possible[a]
        short = {r for r in left if need[r] > left[r]}
        rooms = room_parts(self, members, possible)
        starts = []
        for activity in members:
            x = possible[activity["id"]]
            cuts = [x * left[r] / need[r] for r, use in activity.get("use", {}).items() if r in short and use > 0]
            cuts += [x * free / asked for free, asked in rooms.get(activity["id"], ())]
            starts.append((activity, self.floor(min([x, *cuts]))))
        for activity, x in starts:
            for r, use in activity.get("use", {}).items():
                left[r] = max(left[r] - use * x, 0.0)
                self.flow.capacity_use[r] += use * x
        return starts

    def floor(self, quantity: float) -> float:
        """Round a start down to whole units in integer mode."""
        return float(math.floor(quantity + SLACK)) if self.integer else quantity

    def start(self, activity: Entity, quantity: float, period: int) -> None:
        """Take the inputs and send the activity on its way."""
        a = activity["id"]
        self.flow.started[a] = quantity
        self.u[a] -= quantity
        self.queues[a].serve(quantity)
        for b, coefficient in activity["in"].items():
            self.oh[b] -= coefficient * quantity
            self.flow.consumption[b] += coefficient * quantity
            self.lots[b].take(coefficient * quantity)
            self.flow.taken[a, b] = coefficient * quantity
        lead = stretched(self, a, _lead(self.network, activity, period), period)
        arrival = period + lead
        if _ripens(self.network, activity):
            self.flow.sent[a] = quantity
            self.pq[a] += quantity
            self.pipe[a][period] = quantity
            return
        noise = max(self.slack(self.buffer_of[b]) for b in activity["out"])
        if activity.get("lead_mode", "crossing") == "fifo" and quantity > noise:
            arrival = self.latest_arrival[a] = max(arrival, self.latest_arrival[a])
        if arrival == period:
            good = self.good(activity, quantity, period, AT_ONCE)
            for b, out in activity["out"].items():
                self.oh[b] += good * out
                self.flow.produced[b] += good * out
                self.lots[b].put(period, good * out)
        else:
            self.flow.sent[a] = quantity
            self.pq[a] += quantity
            self.pipe[a][arrival] = self.pipe[a].get(arrival, 0.0) + quantity

    def book(self) -> None:
        """E6: append the state and the flows of this period to the record."""
        per_key: dict[str, Any] = {
            "on_hand": self.oh,
            "position": self.flow.position,
            "received": self.flow.received,
            "produced": self.flow.produced,
            "expired": self.flow.expired,
            "consumption": self.flow.consumption,
            "ordered": self.flow.ordered,
            "started": self.flow.started,
            "waiting": self.u,
            "in_information": self.iq,
            "in_process": self.pq,
            "arrived": self.flow.arrived,
            "scrapped": self.flow.scrapped,
            "capacity_use": self.flow.capacity_use,
            "backlog": dict(enumerate(self.bo)),
            "lost": self.flow.lost,
            "shipped": self.flow.shipped,
            "demand": self.flow.demand,
            "on_time": self.flow.on_time,
        }
        for key, values in per_key.items():
            for name, value in values.items():
                self.record[key][name].append(value)


class _Opening:
    """Copies of the state before a period, for the laws."""

    def __init__(self, oh: dict[str, float], u: dict[str, float], pq: dict[str, float], iq: dict[str, float]) -> None:
        self.oh, self.u, self.pq, self.iq = oh, u, pq, iq


class _Flow:
    """What moved in one period; every quantity starts at zero."""

    def __init__(self, run: _Run) -> None:
        self.received, self.produced, self.consumption, self.position = (dict.fromkeys(run.oh, 0.0) for _ in range(4))
        self.claimed, self.expired, self.destroyed = (dict.fromkeys(run.oh, 0.0) for _ in range(3))
        self.lost_under_way, self.cancelled = (dict.fromkeys(run.u, 0.0) for _ in range(2))
        self.ordered, self.started, self.sent, self.arrived, self.scrapped = (dict.fromkeys(run.u, 0.0) for _ in range(5))
        self.demand, self.shipped, self.lost, self.on_time = (dict.fromkeys(range(len(run.demands)), 0.0) for _ in range(4))
        self.taken: dict[tuple[str, str], float] = {}
        self.capacity: dict[str, float] = {}
        self.capacity_use = dict.fromkeys(run.capacity, 0.0)


def _policy(buffer: Entity) -> bool:
    """Tell whether a buffer places orders."""
    policy = buffer.get("policy")
    return policy is not None and policy.get("type", "none") != "none"


def _at(series: Any, period: int) -> Any:
    """Read a series that is a constant, a list over periods, or a function of the period."""
    if callable(series):
        return series(period)
    return series[period] if isinstance(series, Sequence) else series


def _lead_series(network: Network, activity: Entity) -> Any:
    """Return the lead of an activity: injected draws come before its own entry."""
    return network.get("leads", {}).get(activity["id"], activity.get("lead", 0))


def _lead(network: Network, activity: Entity, period: int) -> int:
    """Return the lead of what an activity starts in a period."""
    return int(_at(_lead_series(network, activity), period))


def _lead_min(network: Network, activity: Entity) -> int:
    """Return the smallest lead an activity may draw (``lead_min`` where the lead is a function)."""
    series: Sequence[int] | int | Callable[[int], int] = _lead_series(network, activity)
    if callable(series):
        least = int(activity.get("lead_min", 0))
    else:
        least = int(min(series)) if isinstance(series, Sequence) else int(series)
        # A law may give less than it gave in these periods.
        least = min(least, int(activity.get("lead_min", least)))
    return max(least, 1) if _ripens(network, activity) else least


def _ripens(network: Network, activity: Entity) -> bool:
    """Tell whether what an activity started arrives by its age; with a lead that never varies that is an ordinary pipeline."""
    series = _lead_series(network, activity)
    varies = callable(series) or (isinstance(series, Sequence) and len(set(series)) > 1)
    # A lead time that a disruption may change is one that varies, unless it is 0, however the 0 is written.
    is_nothing = not varies and set(series if isinstance(series, Sequence) else (series,)) == {0}
    varies = varies or (struck(network, "lead", activity["id"]) and not is_nothing)
    return activity.get("lead_mode") == "kaplan" and varies
