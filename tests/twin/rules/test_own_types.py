"""Events of our own: orders, demand, plans, equipment, people, vehicles, money, prices, disruptions, sensors, edits."""

from __future__ import annotations

from datetime import date

import pytest

from chaintwin.events.facts import Facts, Reading
from chaintwin.examples.frames import rows_as_table
from chaintwin.twin.cells import Cells
from tests.twin.worlds import DAY, LOCATION, PALLET, START, done, misfits, network, one, site, some, state_after

PLANT, STORE = site("plant"), site("store")


def own(kind: str, at: int = START, /, **fields: object) -> Facts:
    return Facts(kind, at, own=fields)


def test_order_placed__seen_shipped_received() -> None:
    placed = Facts("OrderPlaced", START, items=(some("milk", 8.0),), own={"order": "o1", "wanted_at": "2026-01-04T00:00:00Z"},
                   sources=((LOCATION, PLANT),), destinations=((LOCATION, STORE),))  # fmt: skip
    seen = own("OrderSeen", START + 1, order="o1")
    papers = (("x/BTT-po", "urn:chaintwin:v1:order:o1"),)
    sent = done("shipping", PLANT, some("milk", 8.0), at=START + 2, transactions=papers, destinations=((LOCATION, STORE),))
    part = done("receiving", STORE, some("milk", 3.0), at=START + 3, transactions=papers)
    rest = done("receiving", STORE, some("milk", 5.0), at=START + 4, transactions=papers)
    stages = [placed, seen, sent, part, rest]
    found = [state_after(*stages[:count]).get("order", "o1", "milk") for count in range(1, 6)]
    assert [order["status"] for order in found if order] == ["placed", "seen", "shipped", "partly_received", "received"]
    assert [order["open"] for order in found if order] == [8.0, 8.0, 8.0, 5.0, 0.0]
    assert found[0] is not None
    assert (found[0]["origin"], found[0]["destination"], found[0]["wanted_at"]) == ("plant", "store", START + 3 * DAY)
    cancelled = state_after(placed, own("OrderCancelled", START + 1, order="o1")).get("order", "o1", "milk")
    assert cancelled is not None
    assert (cancelled["status"], cancelled["open"]) == ("cancelled", 0.0)
    assert misfits(state_after(own("OrderSeen", order="nobody"))) == {("order_not_known", "nobody")}


@pytest.mark.parametrize(
    ("came", "status", "left", "too_much"),
    [((8.0,), "received", 0.0, None), ((3.0,), "partly_received", 5.0, None), ((4.0, 6.0), "received", 0.0, 2.0)],
)
def test_order_placed__after_its_goods_came(came: tuple[float, ...], status: str, left: float, too_much: float | None) -> None:
    # One real record in ten thousand has its order dated behind its delivery.
    papers = (("x/BTT-po", "urn:chaintwin:v1:order:o1"),)
    receipts = [
        done("receiving", STORE, some("milk", quantity), at=START + place, transactions=papers)
        for place, quantity in enumerate(came)
    ]
    placed = Facts("OrderPlaced", START + 9, items=(some("milk", 8.0),), own={"order": "o1"}, destinations=((LOCATION, STORE),))
    before = state_after(*receipts)
    assert before.get("ahead", "o1", "milk")["quantity"] == sum(came)  # type: ignore[index]
    assert before.get("order", "o1", "milk") is None
    state = state_after(*receipts, placed)
    order = state.get("order", "o1", "milk")
    assert order is not None
    assert (order["status"], order["open"], order["quantity"]) == (status, left, 8.0)
    assert state.get("ahead", "o1", "milk") is None
    found = state.get("discrepancy", "received_more_than_ordered", "o1")
    assert (None if found is None else found["amount"]) == too_much


def test_order_placed__of_an_activity_by_period() -> None:
    hidden = own("OrderPlaced", activity="L1/milk", units=5.0, due=3)
    assert state_after(hidden).get("queue", "L1/milk", 3)["units"] == 5.0  # type: ignore[index]
    seen = own("OrderSeen", START + 3 * DAY, activity="L1/milk", units=5.0, due=3)
    gone = own("OrderCancelled", START + 3 * DAY + 1, activity="L1/milk", units=2.0)
    waiting = {key[0]: cell[0] for key, cell in state_after(hidden, seen, gone).cells["queue"].cells.items()}
    assert waiting == {"L1/milk": 3.0}


def test_demand_placed__owed_until_served_or_lost() -> None:
    asked = Facts("DemandPlaced", START, location=STORE, items=(some("milk", 10.0),))
    lost = Facts("DemandLost", START + 1, location=STORE, items=(some("milk", 2.0),))
    sold = done("retail_selling", STORE, some("milk", 5.0), at=START + 2)
    state = state_after(asked, lost, sold)
    assert state.get("backlog", "store/milk/all")["quantity"] == 3.0  # type: ignore[index]
    more = done("retail_selling", STORE, some("milk", 50.0), at=START + 3)
    assert not state_after(asked, lost, sold, more).cells["backlog"].cells


def test_plan_set__desired_and_predicted_beside_what_is_reported() -> None:
    made = done("commissioning", PLANT, some("milk", 10.0), at=START)
    path = "stock/plant/milk//"
    plan = Facts("PlanSet", START + 1, own={"path": path, "value": 50.0, "at": "2026-01-05T00:00:00Z", "kind": "predicted"})
    command = own("CommandIssued", START + 2, command="c1", verb="set", path=path, value=80.0)
    state = state_after(made, plan, command, at=START + 10)
    found = state.described(path)
    assert found.reported is not None and found.desired is not None and found.predicted is not None
    assert (found.reported.value, found.desired.value, found.predicted.value) == (10.0, 80.0, 50.0)
    assert (found.reported.age, found.desired.age, found.predicted.age) == (10, 8, 9)
    assert found.predicted.valid_at == START + 4 * DAY
    assert found.desired.source == "test"
    odd = state_after(own("PlanSet", path="nowhere/x", value=1.0, kind="desired"), own("PlanSet", path=path, value=1.0, kind="?"))
    assert ("path", "nowhere/x") in odd.cells["unknown"].cells
    assert ("plan_of_unknown_kind", path) in misfits(odd)


def test_things__equipment_people_vehicles_money_prices_disruptions() -> None:
    state = state_after(
        Facts("EquipmentChanged", START, location=PLANT, own={"resource": "press", "share": 0.5, "status": "worn"}),
        own("EquipmentChanged", START + 1, resource="press", share=1.5),
        own("CapacityUsed", START, resource="press", quantity=3.0),
        Facts("PersonSeen", START, location=PLANT, own={"person": "p1", "role": "driver"}),
        Facts("PersonSeen", START + 1, location=PLANT, own={"person": "p1", "present": False}),
        own("VehicleSeen", vehicle="truck", position=[7.5, 51.5], shipment="s1"),
        Facts("VehicleSeen", START + 1, location=STORE, own={"vehicle": "truck"}),
        own("MoneyMoved", account="bank", amount=-5.0),
        own("MoneyMoved", account="bank", amount=25.0, currency="EUR"),
        own("PriceQuoted", product="milk", partner="farm", price=0.4),
        own("DisruptionChanged", disruption="flood", strength=0.5),
        own("DisruptionChanged", START + 1, disruption="fire", strength=1.0),
        own("DisruptionChanged", START + 2, disruption="fire", strength=0.0),
        own("ForecastSet", stock_point="store/milk", value=4.0),
    )
    assert state.get("resource", "press") == {
        "share": 1.0,
        "status": "worn",
        "site": "plant",
        "time": START + 1,
        "source": "test",
    }
    assert misfits(state) == {("share_out_of_range", "press")}
    assert state.get("use", "press")["quantity"] == 3.0  # type: ignore[index]
    assert state.get("person", "p1")["present"] is False  # type: ignore[index]
    vehicle = state.get("vehicle", "truck")
    assert vehicle is not None
    assert (vehicle["site"], vehicle["shipment"], vehicle["longitude"]) == ("store", "s1", None)
    assert {key: cell[0] for key, cell in state.cells["cash"].cells.items()} == {("bank", "USD"): -5.0, ("bank", "EUR"): 25.0}
    assert state.get("price", "milk", "farm")["currency"] == "USD"  # type: ignore[index]
    assert set(state.cells["disruption"].cells) == {("flood",)}
    assert state.get("forecast", "store/milk")["expected"] == 4.0  # type: ignore[index]


def test_read_sensors__the_last_report_counts_with_how_sure_it_is() -> None:
    kind = "https://gs1.org/voc/Temperature"
    late = Reading(kind, START + 5, 4.0, "CEL", deviation=0.5, device="d1")
    early = Reading(kind, START + 2, 9.0, "CEL")
    state = state_after(
        Facts("ObjectEvent", START + 6, "OBSERVE", location=PLANT, readings=(late,)),
        Facts("ObjectEvent", START + 7, "OBSERVE", location=PLANT, readings=(early,)),
        at=START + 105,
    )
    part = state.described("condition/plant/Temperature").reported
    assert part is not None
    assert (part.value, part.age, part.deviation) == (4.0, 100, 0.5)


def test_keep_dispositions__until_they_are_taken_back() -> None:
    recalled = "https://ref.gs1.org/cbv/Disp-recalled"
    first = done("inspecting", PLANT, one(PALLET), at=START, set_dispositions=(recalled,))
    assert (PALLET, "recalled") in state_after(first).cells["persistent"].cells
    back = done("inspecting", PLANT, one(PALLET), at=START + 1, unset_dispositions=(recalled,))
    assert not state_after(first, back).cells["persistent"].cells


def test_network_edited__names_hold_from_its_time_on() -> None:
    gln = "https://id.gs1.org/414/9521321000048"
    rows = [{"object_kind": "site", "object_id": "depot", "scheme": "GLN", "value": "9521321000048"}]
    before = done("commissioning", gln, some("milk", 1.0), at=START)
    edit = own("NetworkEdited", START + 10, tables={"identifiers": rows}, note="the depot has a number now")
    after = done("commissioning", gln, some("milk", 2.0), at=START + 20)
    state = state_after(before, edit, after)
    assert (state.quantity(gln, "milk"), state.quantity("depot", "milk")) == (1.0, 2.0)
    assert state.network["identifiers"].height == 1
    assert state_after(before, edit, after, at=START + 5).network["identifiers"].height == 4
    # Late edits take effect as if they had come in time.
    assert state_after(after, before, edit).quantity("depot", "milk") == 2.0
    wrong = own("NetworkEdited", START, tables={"sites": [{"site_id": "x", "latitude": "north"}], "streets": []})
    odd = state_after(wrong, before)
    assert {what for what, _ in odd.cells["unknown"].cells} >= {"edit"}
    assert odd.network["sites"].height == 3


def test_network__rows_hold_on_their_days() -> None:
    columns = ("object_kind", "object_id", "scheme", "value", "valid_from", "valid_to")
    rows = [
        ("site", "plant", "ERP", "W1", None, date(2026, 1, 10)),
        ("site", "store", "ERP", "W1", date(2026, 1, 11), None),
    ]
    tables = network(identifiers=rows_as_table("identifiers", columns, rows=rows))
    state = state_after(
        done("commissioning", "W1", some("milk", 1.0), at=START + 9 * DAY),
        done("commissioning", "W1", some("milk", 2.0), at=START + 10 * DAY),
        tables=tables,
    )
    assert (state.quantity("plant", "milk"), state.quantity("store", "milk")) == (1.0, 2.0)


@pytest.mark.parametrize("number", [10**7, 10**12, -(10**12), 1e30, -1e30, float("inf"), float("nan")])
def test_numbers_of_periods__beyond_any_calendar_are_none(number: float) -> None:
    row = {"site": "store", "product": "milk", "quantity": 4.0}
    told = {
        "period": number,
        "on_hand": [row | {"started": number}, row | {"age": number}],
        "orders": [{"activity": "L1", "quantity": 1.0, "due": number}],
    }
    placed = Facts("OrderPlaced", START, own={"activity": "L1", "units": 2.0, "due": number})
    state = state_after(
        placed,
        Facts("StateCounted", START + 1, own={"state": told}),
        own("PlanSet", START + 2, path="stock/store/milk", value=1.0, at=number),
    )
    assert state.quantity("store", "milk") == 8.0
    assert state.hash() == state.hash()
    again = Cells()
    again.become(state.cells.packed())
    assert again.digest() == state.hash()
    assert state.tables()["stock"]["quantity"].sum() == 8.0
    assert state.tables()["queue"].height == 1
