"""The operations a tape is made of.

An operation works on whole rows of the table of a block: float64[row, replication]. Its whole-number operands are rows, unless
a name says otherwise; a ``ring`` is the first of ``length`` rows that are used in turn, row ``ring + period mod length`` being
today's. A plain row is a ring of length 1. The operands of one operation never name a row twice.
"""

from __future__ import annotations

from enum import IntEnum


class Op(IntEnum):
    """Operations, with their operands: rows and other whole numbers; then numbers."""

    ADD = 0
    """into, ring, length; factor: into += factor * today's row."""
    CLEAR = 1
    """ring, length: today's row becomes 0."""
    COPY = 2
    """into, row."""
    DRAW = 3
    """demand, draw, law, first factor, factors, backlog, position, sum of demand: a draw of the law, 0 or more, times the factor
    of the period, joins the backlog."""
    REPLAY = 4
    """into, first value, values: the value of the period."""
    ASK = 5
    """demand, backlog, position, sum of demand: demand joins the backlog."""
    REVIEW = 6
    """period, phase, jump: outside the periods of review the next ``jump`` operations are left out."""
    ALLOCATE = 7
    """on hand, left, total, first claim, end of claims: grant the stock to the claims, tier by tier."""
    PROJECT = 8
    """position, backlog, grant, demand; lost fraction: the loss that today's stock already decides joins the position."""
    ORDER_UP_TO = 9
    """order, position; level, slack."""
    ORDER_S_S = 10
    """order, position; reorder point, order-up-to level, slack."""
    ORDER_R_NQ = 11
    """order, position; reorder point, lot, slack."""
    PART = 12
    """part, order; share of the order."""
    PART_WHOLE = 13
    """part, order, first share, shares, which: largest remainder, the first wins ties; sum of the shares."""
    ROUND = 14
    """part; output, minimum, batch, slack: from units of product to units of the activity."""
    PLACE = 15
    """ring, length, part, count of orders, ahead; slack: the order joins the queue of the source."""
    ORDER_ALONE = 16
    """position, ring, length, position upstream, part, count of orders, ahead; level, slack, input: base stock, one source."""
    CAPACITY = 17
    """capacity, first value, values; share: what a resource offers in the period, as far as it works."""
    SHIP = 18
    """backlog, on hand, grant, sum of shipments."""
    SHIP_ALONE = 19
    """backlog, on hand, sum of shipments: to the only claim on a buffer."""
    SERVED = 20
    """backlog, demand, sum served at once, periods with demand, of them served in full; slack."""
    LOSE = 21
    """backlog, demand, position, sum of losses; lost fraction."""
    OWE = 22
    """backlog, sum of backlog."""
    LIMIT = 23
    """start, grant; input: no more starts than the grant allows."""
    LIMIT_ALONE = 24
    """start, on hand; input: the same for the only claim on a buffer."""
    FLOOR = 25
    """start: whole units."""
    CUT = 26
    """cut, start, need, capacity: the part of the start that the resource allows."""
    CLAMP = 27
    """capacity: not below zero."""
    BEGIN = 28
    """waiting, start, sum of starts, count of starts; slack: starts leave the queue."""
    PUT = 29
    """ring, length, start: today's row, read already, takes what arrives in ``length`` periods."""
    PUT_AHEAD = 30
    """ring, length, ahead, start: what starts joins the row of ``ahead`` periods from now."""
    SCATTER = 31
    """ring, length, start, lead time, sum of lead times: what starts goes its way; what has no lead time takes its place."""
    START_ALONE = 32
    """on hand, waiting, ring, length, sum of starts, count of starts; input, slack: one input, all its own."""
    START_FREE = 33
    """waiting, ring, length, sum of starts, count of starts; slack: start without input."""
    STOCK = 34
    """on hand, sum of stock, periods with stock; slack."""
    LEAD = 35
    """into, draw, law: a lead time or age."""
    QUEUE = 36
    """lead time, start, latest arrival; slack: nothing overtakes what started before it."""
    RIPEN = 37
    """ring, length, arriving, age, sum of lead times: what is as old as the age, or older, arrives."""
    SUM = 38
    """into, first term, end of terms: the weighted sum of rows."""
    FORECAST = 39
    """forecast, claims of today; weight of today: exponential smoothing."""
    ORDER_LOTS = 40
    """order, position; level, lot, slack: whole lots that fit below the level."""
    SET = 41
    """into; value."""
    ORDER_PART = 42
    """order, position, forecast; level, gain."""
    ORDER_ANCHORED = 43
    """order, position, supply line, forecast; level, gain, gain of the supply line: anchoring and adjustment (Sterman 1989)."""
    ORDER_SERIES = 44
    """order, position, first level, levels; slack: order up to the level of the period."""
    NEAREST = 45
    """row: to the nearest whole unit, halves up."""
    START_GRANTED = 46
    """on hand, grant, waiting, ring, length, sum of starts, count of starts; input, slack: one input, as far as granted."""
    SETTLE = 47
    """backlog, demand, sum served at once, periods with demand, of them served in full, sum of backlog; slack: for demand that is
    never lost, SERVED and OWE at once."""

    AGE_IN = 48
    """on hand, on hand before, young, ring, length: what came in today takes the place of what is no longer young."""
    AGE_MORE = 49
    """on hand, on hand before, young, ring, length: so does what came in after that."""
    EXPECT = 50
    """position, on hand, claims, young: what of the old will be left today, and expire, is not counted."""
    EXPECT_LAST = 51
    """position, on hand, claims, ring, length: the same where the youngest are taken first."""
    EXPIRE = 52
    """on hand, position, on hand before, young, sum expired: what is old and was not taken leaves."""
    EXPIRE_LAST = 53
    """on hand, position, on hand before, sum expired, ring, length: the same where the youngest are taken first."""
    ALLOCATE_BY_AGE = 54
    """as ALLOCATE; of a tier that is short the oldest claims come first."""
    ALLOCATE_FAIR = 55
    """as ALLOCATE; a tier that is short comes to the same part of its targets."""
    COMPLETE = 56
    """grant, backlog, ring, length; slack: only the whole demand of a period is granted, the oldest first."""
    AHEAD = 60
    """into, ring, length, first, last; factor: into += factor * what is due in ``first`` to ``last`` periods."""
    LEAST = 61
    """into, row; taken: the smaller of both, the row counted in what is taken for one."""
    TAKE = 62
    """order, left, most: the order is cut to the most, and what is cut off is left."""
    TAKE_NEXT = 63
    """taken, left, most: up to the most is taken from what is left."""

    SEND = 64
    """ring, length, start, draw, law, at once, sum of lead times: LEAD and SCATTER at once, and neither where nothing starts."""

    AVERAGE = 65
    """forecast, sum, ring, length, claims of today: the forecast is the mean of the claims of as many periods."""
    ORDER_FORECAST = 66
    """order, position, forecast; safety stock, periods, slack: up to the forecast of so many periods and the safety stock."""

    REPLAY_EACH = 67
    """into, first value, values, samples: the value of the period in the sample of the replication."""
    YIELD = 68
    """good, ring, length, draw, sum of good, sum of scrapped; yield, units drawn at once, first slot: the good units of today's
    row."""

    PROMISE = 70
    """backlog, demand, backlog before, wanted, sum delivered on time, ring, length; lost fraction: of today's deliveries what
    was demanded in the last ``length`` periods, as far as it was not lost, is on time."""

    SHORT = 71
    """need, free, jump; noise: where in no replication more is needed than is free, the next ``jump`` operations are left out."""
    ROOM = 72
    """free; capacity: what is free of a room is its capacity less what its stock takes, which stands there with a minus."""
    HOLD = 73
    """ring, length, free, need, sum held back; volume, noise: what fits of today's row comes in, the rest joins tomorrow's."""
    HOLD_RIPE = 74
    """arriving, ring, length, free, need, sum held back; volume, noise: the same for goods that arrive by their age; the rest
    joins what has the greatest age tomorrow."""

    APPRAISE = 80
    """value, before, total, first price, prices: what the total has grown by since it was ``before``, at the price of the period,
    joins the value."""
    PAY = 81
    """accrued, due, payer, payee: what has accrued beyond what was due is due and paid."""
    PAY_LATER = 82
    """accrued, due, ring, length, unpaid, payer, payee: it is due, and paid after ``length`` periods."""
    FOLLOW = 83
    """cash, before, funding, account: the change of the period joins the totals of the account, -1 for none."""

    DRAW_ONCE = 84
    """into, draw, law: a draw that is the same in every period."""
    STRIKE = 85
    """strength, once, onset, length, first value, values; periods in a unit of onset and length, shift of the onset, recovery:
    how strong a disruption is on average over the period, and whether it begins in it."""
    WEIGH = 86
    """into, strength; change: the row is multiplied by one and the part of the change that the strength is."""
    SCALE = 87
    """into, row: into *= row."""
    CONFINE = 88
    """capacity, factor; limit: where the factor is below 1, no more than the limit times the factor."""
    SWELL = 89
    """demand, factor, backlog, position, sum of demand: the demand that was drawn or replayed is multiplied."""
    STRETCH = 90
    """lead time, factor; longest: multiplied, in whole periods."""
    DETAIN = 91
    """ring, length, factor, sum detained: of today's row only a part comes in, the rest joins tomorrow's."""
    DETAIN_RIPE = 92
    """arriving, ring, length, factor, sum detained: the same for goods that arrive by their age."""
    RAID = 93
    """gone, ring, length, factor, sum of ways, by start: of every row only a part stays."""
    RUIN = 94
    """gone, row, factor: of a row only a part stays."""
    LESSEN = 95
    """order, factor, sum not sent: only a part is sent."""
    MISLEAD = 96
    """position, on hand, factor; sign: the rule sees as much more or less stock than there is."""
    TAKE_LOTS = 98
    """gone, ring, length: what is gone was taken of the youngest lots first; what no lot held is left in the row."""
    CHARGE = 97
    """extra, before, total, first price, prices, factor; price: what the total has grown by since it was ``before`` costs more
    than its price by the factor; the price is that of the period, or where there are none the number."""


WIDTH = 9
"""Whole numbers of an operation, the operation itself among them."""

NUMBERS = 4
"""Numbers of an operation."""
