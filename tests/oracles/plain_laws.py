"""Conservation laws 1 to 7 of METHODS 1.9, asserted on the state and the flows of the plain reference engine."""

from __future__ import annotations

from typing import Any

from tests.oracles.plain_rooms import taken


def assert_laws(run: Any, period: int) -> None:
    """Assert conservation laws 1 to 7 of METHODS 1.9 at the close of a period."""
    flow, opening = run.flow, run.opening
    for b in run.buffer_of:
        shipped = sum(flow.shipped[d] for d in run.streams_at[b])
        change = flow.received[b] + flow.produced[b] - shipped - flow.consumption[b] - flow.expired[b]
        change -= flow.destroyed[b]
        _same(run, "law 1 (buffer)", b, period, run.oh[b] - opening.oh[b], change)
        _same(run, "law 7 (on hand not negative)", b, period, min(run.oh[b], 0.0), 0.0)
        whole = any(run.demands[d].get("complete") for d in run.streams_at[b])
        if len(run.streams_at[b]) == 1 and not run.consumers[b] and not whole:
            both = min(run.oh[b], run.bo[run.streams_at[b][0]])
            _same(run, "law 7 (no stock beside backlog)", b, period, max(both, 0.0), 0.0)
        if run.lots[b].life:
            _same(run, "law 1 (ages add up)", b, period, run.lots[b].total(), run.oh[b])
    for d in run.streams:
        total = run.cumulative[d]
        for key, moved in (("demand", flow.demand[d]), ("shipped", flow.shipped[d]), ("lost", flow.lost[d])):
            total[key] += moved
        name = f"stream {d}"
        _same(run, "law 2 (demand)", name, period, total["demand"], total["shipped"] + total["lost"] + run.bo[d])
        _same(run, "law 7 (backlog not negative)", name, period, min(run.bo[d], flow.lost[d], 0.0), 0.0)
        _same(run, "law 2 (ages add up)", name, period, sum(q for _, q in run.debts[d].lots), run.bo[d])
    for activity in run.activities:
        a = activity["id"]
        change = run.u[a] + run.iq[a] - opening.u[a] - opening.iq[a]
        _same(run, "law 3 (orders)", a, period, flow.ordered[a], flow.started[a] + change + flow.cancelled[a])
        _same(run, "law 3 (information)", a, period, run.iq[a], sum(run.info[a].values()))
        _same(
            run, "law 4 (pipeline)", a, period, run.pq[a] - opening.pq[a], flow.sent[a] - flow.arrived[a] - flow.lost_under_way[a]
        )
        _same(run, "law 4 (slots)", a, period, run.pq[a], sum(run.pipe[a].values()))
        for b, coefficient in activity["in"].items():
            _same(run, "law 5 (bill of materials)", a, period, flow.taken[a, b], coefficient * flow.started[a])
        lowest = min(run.u[a], run.pq[a], run.iq[a], flow.started[a], flow.ordered[a], 0.0)
        _same(run, "law 7 (activity not negative)", a, period, lowest, 0.0)
    for r, capacity in flow.capacity.items():
        used = sum(a.get("use", {}).get(r, 0.0) * flow.started[a["id"]] for a in run.activities)
        _same(run, "law 6 (capacity)", r, period, max(used, capacity), capacity)
    for site, room in run.network.get("rooms", {}).items():
        most = max(float(room), taken(run, site, opening.oh))
        _same(run, "law 6 (room, a capacity)", site, period, max(taken(run, site, run.oh), most), most)


def _same(run: Any, law: str, entity: str, period: int, value: float, expected: float) -> None:
    """Assert that two quantities agree: exactly in integer mode, else within 1e-9 relative to their size."""
    tolerance = 0.0 if run.integer and "capacity" not in law else 1e-9 * max(1.0, abs(expected))
    assert abs(value - expected) <= tolerance, f"{law} broken at {entity}, period {period}: {value} against {expected}"
