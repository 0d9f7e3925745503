"""Object events: what each business step does to stock, shipments and instances."""

from __future__ import annotations

import json

import pytest

from chaintwin.events.facts import Facts, Item
from chaintwin.examples.frames import rows_as_table
from chaintwin.twin.rules.steps import STEPS, Effect
from tests.shared_data import shared_path
from tests.twin.worlds import (
    DAY,
    GLN_PLANT,
    GLN_STORE,
    GTIN,
    LOCATION,
    PALLET,
    START,
    STEP,
    done,
    misfits,
    network,
    one,
    site,
    some,
    state_after,
)  # fmt: skip

PLANT, STORE, DEPOT = site("plant"), site("store"), site("depot")
TO_STORE = ((LOCATION, STORE),)
FROM_PLANT = ((LOCATION, PLANT),)
PO = (("https://ref.gs1.org/cbv/BTT-po", "urn:erp:po:1"),)
DESADV = (("https://ref.gs1.org/cbv/BTT-desadv", "urn:erp:desadv:1"),)


def made(quantity: float = 100.0, *, at: int = START, lot: str = "") -> Facts:
    return done("commissioning", PLANT, some("milk", quantity, lot=lot), at=at)


def sent(quantity: float = 40.0, *, at: int = START + 1, **more: object) -> Facts:
    return done("shipping", PLANT, some("milk", quantity), at=at, **{"destinations": TO_STORE, "transactions": DESADV, **more})


def test_apply_object__made_shipped_and_received() -> None:
    on_way = state_after(made(), sent(own={"planned_at": "2026-01-03T00:00:00Z"}))
    assert on_way.quantity("plant", "milk") == 60.0
    assert on_way.on_way("urn:erp:desadv:1") == {"milk": 40.0}
    head = on_way.get("shipment", "urn:erp:desadv:1")
    assert head is not None
    assert (head["origin"], head["destination"], head["departed_at"]) == ("plant", "store", START + 1)
    assert head["planned_at"] == START + 2 * DAY
    received = done("receiving", STORE, some("milk", 40.0), at=START + DAY, transactions=DESADV)
    state = state_after(made(), sent(), received)
    assert state.quantity("store", "milk") == 40.0
    assert not state.cells["shipment"].cells
    assert not state.cells["cargo"].cells
    assert not state.cells["alias"].cells
    assert not state.cells["inbound"].cells
    assert not misfits(state)


def test_apply_object__part_of_a_shipment_is_received() -> None:
    state = state_after(made(), sent(), done("receiving", STORE, some("milk", 15.0), at=START + 5, transactions=DESADV))
    assert state.on_way("urn:erp:desadv:1") == {"milk": 25.0}
    assert state.get("shipment", "urn:erp:desadv:1")["status"] == "partly_received"  # type: ignore[index]


def test_apply_object__a_receipt_finds_its_shipment_by_any_of_its_names() -> None:
    names = (*DESADV, *PO)
    state = state_after(
        made(), sent(transactions=names), done("receiving", STORE, some("milk", 40.0), at=START + 5, transactions=PO)
    )
    assert not state.cells["cargo"].cells
    assert not misfits(state)


def test_apply_object__two_shipments_of_one_order_are_two() -> None:
    other = (("https://ref.gs1.org/cbv/BTT-desadv", "urn:erp:desadv:2"),)
    first, second = sent(10.0, transactions=PO + DESADV), sent(20.0, at=START + 2, transactions=PO + other)
    state = state_after(made(), first, second)
    assert len(state.cells["shipment"].cells) == 2
    assert sorted(value[0] for value in state.cells["cargo"].cells.values()) == [10.0, 20.0]
    # Without a paper of its own a second shipping of an order is more of the same shipment.
    state = state_after(made(), sent(10.0, transactions=PO), sent(20.0, at=START + 2, transactions=PO))
    assert len(state.cells["shipment"].cells) == 1


def test_apply_object__codes_of_others_are_in_the_table_of_identifiers() -> None:
    rows = [("site", "plant", "BUYER", "P 1"), ("product", "milk", "seller", "77"), ("product", "bread", "SELLER", "78")]
    named = network(identifiers=rows_as_table("identifiers", ("object_kind", "object_id", "scheme", "value"), rows=rows))
    event = done("commissioning", site("buyer:P 1"), some("seller:77", 3.0), some("seller:78", 4.0, lot="L"), at=START)
    state = state_after(event, tables=named)
    assert state.quantity("plant", "milk") == 3.0
    assert state.quantity("plant", "bread") == 4.0
    assert not state.cells["unknown"].cells


def test_apply_object__a_receipt_without_names_takes_the_shipment_that_left_first() -> None:
    late = sent(10.0, at=START + 2, transactions=(("x-po", "second"),))
    state = state_after(made(), sent(30.0), late, done("receiving", STORE, some("milk", 30.0), at=START + 5))
    assert state.on_way("second") == {"milk": 10.0}
    assert not state.on_way("urn:erp:desadv:1")


def test_apply_object__a_receipt_that_nobody_sent_counts_and_is_told() -> None:
    state = state_after(done("receiving", STORE, some("milk", 7.0), at=START))
    assert state.quantity("store", "milk") == 7.0
    assert misfits(state) == {("receipt_without_shipment", "store/milk")}


def test_apply_object__more_is_received_than_was_sent() -> None:
    state = state_after(made(), sent(), done("receiving", STORE, some("milk", 45.0), at=START + 5, transactions=DESADV))
    assert state.quantity("store", "milk") == 45.0
    assert state.get("discrepancy", "received_more", "urn:erp:desadv:1")["amount"] == 5.0  # type: ignore[index]


def test_apply_object__what_rounding_leaves_is_no_stock_below_zero() -> None:
    state = state_after(made(30.0), sent(30.0), sent(3e-13, at=START + 9, transactions=(("x-po", "second"),)))
    assert abs(state.quantity("plant", "milk")) < 1e-9
    assert not misfits(state)


def test_apply_object__stock_below_zero_is_seen_and_not_clipped() -> None:
    state = state_after(made(30.0), sent(40.0))
    assert state.quantity("plant", "milk") == -10.0
    assert state.get("discrepancy", "negative_stock", "plant/milk")["amount"] == 10.0  # type: ignore[index]
    made_up = state_after(made(30.0), sent(40.0), made(10.0, at=START + 9))
    assert made_up.quantity("plant", "milk") == 0.0


def test_apply_object__accepting_after_receiving_adds_nothing() -> None:
    received = done("receiving", STORE, some("milk", 40.0), at=START + 5, transactions=DESADV)
    accepted = done("accepting", STORE, some("milk", 40.0), at=START + 6, transactions=DESADV)
    assert state_after(made(), sent(), received, accepted).quantity("store", "milk") == 40.0
    assert state_after(made(), sent(), accepted).quantity("store", "milk") == 40.0


def test_apply_object__a_voided_shipment_is_back_where_it_was() -> None:
    state = state_after(made(), sent(), done("void_shipping", PLANT, at=START + 5, transactions=DESADV))
    assert state.quantity("plant", "milk") == 100.0
    assert not state.cells["shipment"].cells


def test_apply_object__a_shipment_on_its_way_arrives() -> None:
    departed = done("departing", PLANT, some("milk", 40.0), at=START + 2, transactions=DESADV, destinations=TO_STORE)
    moving = done("transporting", DEPOT, at=START + 3, transactions=DESADV, own={"predicted_at": "2026-01-05T00:00:00Z"})
    arrived = done("arriving", STORE, at=START + 4, transactions=DESADV)
    state = state_after(made(), sent(), departed, moving, arrived)
    assert state.quantity("plant", "milk") == 60.0
    assert state.get("shipment", "urn:erp:desadv:1")["status"] == "arrived"  # type: ignore[index]
    described = state.described("shipment/urn%3Aerp%3Adesadv%3A1")
    assert described.predicted is not None
    assert described.predicted.valid_at == START + 4 * DAY
    # Who only says that it departs ships it.
    assert state_after(made(), departed).on_way("urn:erp:desadv:1") == {"milk": 40.0}


@pytest.mark.parametrize("step", [step for step, effect in STEPS.items() if effect is Effect.TAKE])
def test_apply_object__steps_that_take(step: str) -> None:
    state = state_after(made(), done(step, PLANT, some("milk", 30.0), at=START + 1))
    assert state.quantity("plant", "milk") == 70.0
    assert state.get("flow", "plant", "milk", step)["quantity"] == 30.0  # type: ignore[index]


@pytest.mark.parametrize("step", ["storing", "picking", "inspecting", "holding", "loading", "other", "staging_outbound"])
def test_apply_object__steps_that_stay(step: str) -> None:
    state = state_after(made(), done(step, PLANT, some("milk", 30.0), at=START + 1))
    assert state.quantity("plant", "milk") == 100.0


def test_apply_object__an_action_counts_where_the_step_says_nothing() -> None:
    added = Facts("ObjectEvent", START, action="ADD", location=PLANT, items=(some("milk", 5.0),))
    deleted = Facts("ObjectEvent", START + 1, action="DELETE", location=PLANT, items=(some("milk", 2.0),))
    assert state_after(added, deleted).quantity("plant", "milk") == 3.0


def test_apply_object__lots_are_taken_oldest_first_unless_named() -> None:
    first, second = made(10.0, lot="a"), made(10.0, at=START + DAY, lot="b")
    state = state_after(first, second, done("shipping", PLANT, some("milk", 12.0), at=START + 2 * DAY, destinations=TO_STORE))
    assert {key[2]: cell[0] for key, cell in state.cells["stock"].cells.items()} == {"b": 8.0}
    assert {key[2]: cell[0] for key, cell in state.cells["cargo"].cells.items()} == {"a": 10.0, "b": 2.0}
    named = done("shipping", PLANT, some("milk", 4.0, lot="b"), at=START + 2 * DAY, destinations=TO_STORE)
    assert {key[2]: cell[0] for key, cell in state_after(first, second, named).cells["stock"].cells.items()} == {
        "a": 10.0,
        "b": 6.0,
    }


def test_apply_object__names_of_the_world_and_units() -> None:
    bread = Item("urn:erp:material:77", 3.0)
    state = state_after(
        done("commissioning", GLN_PLANT, Item(GTIN, 2.0, "CS"), bread, at=START),
        done("commissioning", GLN_STORE, Item(f"{GTIN}/10/L7", 5.0, "KGM"), at=START),
        done("commissioning", f"{GLN_PLANT}/254/dock3", Item(GTIN, 1.0), at=START),
        done("commissioning", PLANT, some("flour", 2.0, unit="TNE"), at=START),
    )
    assert state.quantity("plant", "milk") == 25.0
    assert state.quantity("plant", "bread") == 3.0
    assert state.get("stock", "store", "milk", "L7", "")["quantity"] == 5.0  # type: ignore[index]
    assert state.quantity("plant", "flour") == 2000.0
    assert not state.cells["unknown"].cells


def test_apply_object__what_is_unknown_is_kept_and_told() -> None:
    strange = "https://id.gs1.org/414/9999999999999"
    state = state_after(
        done("commissioning", strange, Item("https://id.gs1.org/01/09999999999999", 4.0), at=START),
        done("commissioning", PLANT, some("bread", 2.0, unit="XCR"), at=START),
        Facts("https://example.org/Strange", START),
    )
    assert state.quantity(strange, "https://id.gs1.org/01/09999999999999") == 4.0
    assert state.get("foreign", "plant", "bread", "", "XCR")["quantity"] == 2.0  # type: ignore[index]
    assert {key[0] for key in state.cells["unknown"].cells} == {"site", "product", "unit", "event"}


def test_apply_object__instances_are_counted_once() -> None:
    name = f"{GTIN}/21/1"
    events = (
        done("commissioning", PLANT, one(name), at=START),
        done("shipping", PLANT, one(name), at=START + 1, destinations=TO_STORE),
        done("receiving", STORE, one(name), at=START + 2, sources=FROM_PLANT),
        done("accepting", STORE, one(name), at=START + 3, sources=FROM_PLANT),
        done("storing", STORE, one(name), at=START + 4),
    )
    state = state_after(*events)
    assert (state.quantity("plant", "milk"), state.quantity("store", "milk")) == (0.0, 1.0)
    assert not misfits(state)
    sold = done("retail_selling", STORE, one(name), at=START + 5)
    again = done("retail_selling", STORE, one(name), at=START + 6)
    state = state_after(*events, sold, again)
    assert state.quantity("store", "milk") == 0.0
    assert state.get("instance", name)["whereabouts"] == "gone"  # type: ignore[index]
    assert misfits(state) == {("seen_after_its_end", name)}


def test_apply_object__an_instance_seen_elsewhere_has_moved() -> None:
    name = f"{GTIN}/21/1"
    state = state_after(done("commissioning", PLANT, one(name), at=START), done("storing", DEPOT, one(name), at=START + 1))
    assert (state.quantity("plant", "milk"), state.quantity("depot", "milk")) == (0.0, 1.0)
    assert misfits(state) == {("moved_unseen", name)}


def test_apply_object__a_pallet_takes_along_what_is_in_it() -> None:
    bottle = f"{GTIN}/21/1"
    crate = "https://id.gs1.org/8003/095213210000551"
    packed = Facts("AggregationEvent", START + 1, action="ADD", step=STEP + "packing", read_point=PLANT, parent=PALLET,
                   items=(one(crate), some("bread", 20.0)))  # fmt: skip
    inside = Facts("AggregationEvent", START, action="ADD", read_point=PLANT, parent=crate, items=(one(bottle),))
    begin = (
        done("commissioning", PLANT, one(bottle), some("bread", 50.0), at=START - 1),
        inside,
        packed,
    )
    assert state_after(*begin).quantity("plant", "bread") == 50.0
    shipped = done("shipping", PLANT, one(PALLET), at=START + 2, destinations=TO_STORE)
    state = state_after(*begin, shipped)
    assert (state.quantity("plant", "bread"), state.quantity("plant", "milk")) == (30.0, 0.0)
    assert state.on_way(PALLET) == {"bread": 20.0, "milk": 1.0}
    state = state_after(*begin, shipped, done("receiving", STORE, one(PALLET), at=START + 3))
    assert (state.quantity("store", "bread"), state.quantity("store", "milk")) == (20.0, 1.0)
    assert not misfits(state)
    unpacked = Facts("AggregationEvent", START + 4, action="DELETE", step=STEP + "unpacking", location=STORE, parent=PALLET)
    state = state_after(*begin, shipped, done("receiving", STORE, one(PALLET), at=START + 3), unpacked)
    assert not state.cells["content"].cells
    assert set(state.cells["parent"].cells) == {(bottle,)}


def test_apply_object__a_container_in_itself_ends() -> None:
    loop = (
        Facts("AggregationEvent", START, action="ADD", read_point=PLANT, parent="a", items=(one("b"),)),
        Facts("AggregationEvent", START + 1, action="ADD", read_point=PLANT, parent="b", items=(one("a"),)),
        done("shipping", PLANT, one("a"), at=START + 2, destinations=TO_STORE),
    )
    assert "container_in_itself" in {reason for reason, _ in misfits(state_after(*loop))}


def test_apply_transformation__inputs_become_outputs() -> None:
    baked = Facts(
        "TransformationEvent", START + 1, location=PLANT, items=(some("flour", 3.0),), outputs=(some("bread", 6.0, lot="b1"),)
    )
    state = state_after(done("commissioning", PLANT, some("flour", 10.0), at=START), baked)
    assert (state.quantity("plant", "flour"), state.quantity("plant", "bread")) == (7.0, 6.0)


def test_count__replaces_and_learns_how_fast_books_drift() -> None:
    counted = done("stock_taking", PLANT, some("milk", 90.0), at=START + DAY, own={"deviation": 2.0})
    state = state_after(made(), counted, at=START + DAY)
    assert state.quantity("plant", "milk") == 90.0
    part = state.described("stock/plant/milk").reported
    assert part is not None
    assert (part.value, part.age, part.deviation) == (90.0, 0, 2.0)
    again = done("cycle_counting", PLANT, some("milk", 80.0), at=START + 2 * DAY)
    later = state_after(made(), counted, again, at=START + 4 * DAY).described("stock/plant/milk").reported
    assert later is not None
    assert later.variance == pytest.approx(2 * 10.0**2)
    assert later.age == 2 * DAY
    assert state_after(made()).described("stock/plant/milk").reported.variance is None  # type: ignore[union-attr]


def test_count__all_lots_together_or_one() -> None:
    lots = (made(10.0, lot="a"), made(10.0, at=START + 1, lot="b"))
    state = state_after(*lots, done("cycle_counting", PLANT, some("milk", 14.0), at=START + 2))
    assert {key[2]: cell[0] for key, cell in state.cells["stock"].cells.items()} == {"a": 4.0, "b": 10.0}
    state = state_after(*lots, done("cycle_counting", PLANT, some("milk", 7.0, lot="b"), at=START + 2))
    assert {key[2]: cell[0] for key, cell in state.cells["stock"].cells.items()} == {"a": 10.0, "b": 7.0}


def test_apply_object__quality_and_disposition_of_goods_that_stay() -> None:
    found = done(
        "inspecting",
        PLANT,
        some("milk", 30.0),
        at=START + 1,
        own={"quality": "B"},
        disposition="https://ref.gs1.org/cbv/Disp-damaged",
    )
    state = state_after(made(), found)
    assert {key[3]: cell[0] for key, cell in state.cells["stock"].cells.items()} == {"": 70.0, "B": 30.0}
    assert state.get("disposition", "plant", "milk", "")["disposition"] == "damaged"  # type: ignore[index]


def test_steps__all_are_of_the_vocabulary() -> None:
    schema = json.loads(shared_path("epcis/schema/json/epcis-json-schema-2.0.1.json").read_text(encoding="utf-8"))
    published = schema["definitions"]["bizStep"]["anyOf"][1]["enum"]
    assert set(STEPS) <= set(published)
