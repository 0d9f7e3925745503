"""Memory does not grow with what is over: the oldest of it leaves, the same in any replay."""

from __future__ import annotations

import random

import pytest

from chaintwin.clock import SetClock
from chaintwin.events.facts import Facts, Item
from chaintwin.twin import Twin
from chaintwin.twin.closing import CLOSINGS, KEPT, ORDERS_KEPT, SLACK
from chaintwin.twin.kept.window import Sizes
from tests.oracles.plain_store import PlainStore, logged
from tests.sizes import scaled
from tests.twin.random_logs import arrivals
from tests.twin.worlds import LOCATION, START, done, network, one, product, site, some

MINUTE = 60_000_000
SMALL = Sizes(window=16, spacing=16, bulk=60, changes=40)


def ending(count: int, *, seed: int = 0) -> list[tuple[str, Facts]]:
    """Return events that place orders and end most, name what is not known, ship from nothing, use up instances."""
    choose, found = random.Random(seed), list[Facts]()
    for number in range(count):
        at = START + number * 5 * MINUTE
        papers = (("x/BTT-po", f"urn:chaintwin:v1:order:o{number}"),)
        item, box = (some("milk", 2.0),), one(f"urn:x:box:{number}")
        to = ((LOCATION, site("store")),)
        found += [
            Facts("OrderPlaced", at, items=item, own={"order": f"o{number}"}, destinations=to),
            done("commissioning", site("plant"), box, at=at),
            Facts("TransactionEvent", at, "ADD", "x/BizStep-accepting", transactions=(("x/BTT-prodorder", f"p{number}"),)),
            done("decommissioning", site("plant"), box, at=at + MINUTE, action="DELETE"),
            Facts("ObjectEvent", at, "OBSERVE", "x/BizStep-void_shipping", transactions=(("x/BTT-desadv", f"none-{number}"),)),
            done("commissioning", site(f"nowhere-{number}"), Item(product("milk"), 1.0), at=at),
            done(
                "receiving", site("depot"), *item, at=at, transactions=(("x/BTT-po", f"urn:chaintwin:v1:order:never-{number}"),)
            ),
        ]
        if choose.random() < 0.9:
            if choose.random() < 0.5:
                found.append(done("receiving", site("store"), *item, at=at + 2 * MINUTE, transactions=papers))
            else:
                found.append(Facts("OrderCancelled", at + 3 * MINUTE, own={"order": f"o{number}"}))
    return [(f"{seed}-{number}", facts) for number, facts in enumerate(found)]


def over(twin: Twin) -> dict[str, int]:
    return {name: twin.now().cells[name].over for name in CLOSINGS}


def keep_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so few cells stay that all that is for large logs happens in small ones."""
    few = {name: closing._replace(kept=10) for name, closing in CLOSINGS.items()}
    monkeypatch.setattr("chaintwin.twin.cells.CLOSINGS", few)
    monkeypatch.setattr("chaintwin.twin.cells.SLACK", 5)


def open_twin(store: PlainStore, *, sizes: Sizes | None = None) -> Twin:
    return Twin.open(network(), store=store, clock=SetClock(now=START), sizes=sizes)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(scaled(ci=2, full=60)))
def test_over__what_leaves_follows_from_the_log_alone(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_few(monkeypatch)
    events = ending(45, seed=seed)
    twin = open_twin(logged(events))
    assert set(over(twin)) == set(CLOSINGS) and all(10 <= count < 15 for count in over(twin).values())
    wanted = twin.hash()
    came = arrivals(events, seed=seed)
    assert open_twin(logged(came)).hash() == wanted
    assert open_twin(logged(came), sizes=SMALL).hash() == wanted
    store = PlainStore()
    live = open_twin(store, sizes=SMALL)
    for key, facts in came:
        store.log(key, facts)
        live.catch_up()
    assert live.hash() == wanted
    assert open_twin(store, sizes=SMALL).hash() == wanted
    # What was true at a moment of the past is told as it was then.
    early = [(key, facts) for key, facts in events if facts.occurred_at <= START + 60 * MINUTE]
    assert live.hash(START + 60 * MINUTE) == open_twin(logged(early)).hash()
    assert live.as_of(START + 60 * MINUTE).get("transaction", "prodorder", "p0") is not None
    assert live.now().get("transaction", "prodorder", "p0") is None


def test_over__what_left_stays_as_a_sum_and_what_is_open_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    events = ending(45)
    control = open_twin(logged(events)).now()
    keep_few(monkeypatch)
    state = open_twin(logged(events)).now()
    # The control: with room for all of them nothing leaves, and the state grows with every event.
    assert all(control.cells[name].over >= 35 for name in CLOSINGS)
    for family, column in (("discrepancy", 0), ("discrepancy", 1), ("unknown", 1)):
        sums = [
            {kind: sum(cell[column] for key, cell in each.cells[family].cells.items() if key[0] == kind) for kind in kinds}
            for each, kinds in ((one_state, {key[0] for key in control.cells[family].cells}) for one_state in (control, state))
        ]
        assert sums[0] == sums[1]
    still_open = {key: cell for key, cell in control.cells["order"].cells.items() if cell[0] == "placed"}
    assert still_open and still_open.items() <= state.cells["order"].cells.items()
    for family in ("stock", "flow", "cargo"):
        assert state.cells[family].cells == control.cells[family].cells


@pytest.mark.slow
def test_over__true_size() -> None:
    light = ("OrderPlaced", "OrderCancelled", "TransactionEvent")
    events = ending(scaled(ci=ORDERS_KEPT + 3 * SLACK, full=6 * ORDERS_KEPT))
    found = over(open_twin(logged([event for event in events if event[1].kind in light])))
    assert found["transaction"] >= KEPT
    assert all(number < CLOSINGS[name].kept + SLACK for name, number in found.items())
