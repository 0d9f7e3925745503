"""Messages taken into a log leave the twin where the goods are: ordered, packed, on their way, arrived, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chaintwin.clock import SECOND, SetClock, text_of
from chaintwin.examples.frames import rows_as_table
from chaintwin.ingest.connectors.capturing import captured
from chaintwin.ingest.connectors.edi.edi_file import EdiFile
from chaintwin.ingest.connectors.running import Ingest, Summary
from chaintwin.network.network import Network
from chaintwin.store.opening import open_store
from chaintwin.twin import LiveState, Twin
from tests.ingest.connectors.edi import samples
from tests.ingest.connectors.edi.samples import DESPATCH, ORDER, STATUS, X12_NOTICE, X12_ORDER, X12_STATUS, counted, edifact, x12
from tests.twin import worlds

NOW = 2_000_000_000 * SECOND
PALLET = f"https://id.gs1.org/00/{samples.PALLET}"


def network(*more: tuple[str, str, str, str]) -> Network:
    """Return the small network of the twin's tests, with the GTIN of bread and more identifiers."""
    base = worlds.network()
    rows = [*base["identifiers"].select("object_kind", "object_id", "scheme", "value").rows(), *more]
    rows.append(("product", "bread", "GTIN", samples.BREAD))
    columns = ("object_kind", "object_id", "scheme", "value")
    units = [("milk", "case", 12.0), ("bread", "carton", 10.0)]
    tables = {
        "identifiers": rows_as_table("identifiers", columns, rows=rows),
        "units": rows_as_table("units", ("product_id", "unit", "base_quantity"), rows=units),
    }
    return replace(base, tables={**base.tables, **tables})


def state_of(
    folder: Path, *contents: bytes, tables: Network | None = None, options: Mapping[str, str] | None = None
) -> tuple[LiveState, Summary]:
    """Return the state after files, one after the other, and what became of the last one."""
    store = open_store(folder / "log.db", clock=SetClock(now=NOW))
    with store:
        for number, content in enumerate(contents):
            path = folder / f"{number}.edi"
            path.write_bytes(content)
            ingest = Ingest(EdiFile(), str(path), store, captured, SetClock(now=NOW), lambda _: None, options or {})
            *_, summary = ingest.run()
        twin = Twin.open(tables or network(), store=store, clock=SetClock(now=NOW))
        return twin.now(), summary


def cells(state: LiveState, family: str) -> dict[Any, Any]:
    return dict(state.cells[family].cells)


def when(microseconds: int) -> str:
    return text_of(microseconds)[:16]


@pytest.mark.parametrize("content", [edifact(ORDER), x12(X12_ORDER)], ids=["ORDERS", "850"])
def test_order__is_open(tmp_path: Path, content: bytes) -> None:
    state, summary = state_of(tmp_path, content)
    assert (summary.accepted, summary.rejected) == (1, 0)
    found = cells(state, "order")
    assert set(found) == {("PO-4711", "milk"), ("PO-4711", "bread")}
    status, origin, destination, quantity, left, _, wanted, *_ = found[("PO-4711", "milk")]
    assert (status, origin, destination, quantity, left) == ("placed", "plant", "store", 240.0, 240.0)
    assert when(wanted) == "2026-01-09T00:00"
    # Five cartons of ten.
    assert found[("PO-4711", "bread")][3] == 50.0
    assert not cells(state, "unknown")
    assert not worlds.misfits(state)


@pytest.mark.parametrize(
    "contents",
    [(edifact(ORDER), edifact(DESPATCH)), (x12(X12_ORDER), x12(X12_NOTICE, group="SH"))],
    ids=["DESADV", "856"],
)
def test_despatch__is_on_its_way_in_its_pallets(tmp_path: Path, contents: tuple[bytes, ...]) -> None:
    state, summary = state_of(tmp_path, *contents)
    assert (summary.accepted, summary.rejected) == (3, 0)
    shipments = cells(state, "shipment")
    assert set(shipments) == {("DES-1",)}
    status, origin, destination, left, planned, *_ = shipments[("DES-1",)]
    assert (status, origin, destination) == ("on_its_way", "plant", "store")
    assert when(left) == "2026-01-06T10:30"
    assert when(planned) == "2026-01-08T12:00"
    assert {key[1:]: value[0] for key, value in cells(state, "cargo").items()} == {
        ("milk", "LOT1", ""): 200.0,
        ("milk", "", ""): 40.0,
    }
    assert cells(state, "content")[(PALLET, "milk", "LOT1", "")][0] == 200.0
    assert cells(state, "instance")[(PALLET,)][:2] == ("shipment", "DES-1")
    assert cells(state, "order")[("PO-4711", "milk")][0] == "shipped"
    assert cells(state, "order")[("PO-4711", "bread")][0] == "shipped"
    assert not cells(state, "unknown"), "a pallet is no product"


def test_status__predicts_and_arrives(tmp_path: Path) -> None:
    arrived = (
        STATUS.replace("STA-1", "STA-2").replace("STS+1+31", "STS+1+21").replace("LOC+5+DEHAM:139:6", "LOC+7+9521321000024::9")
    )
    arrived = arrived.replace("202601070600?+0100:205", "202601091440:203")
    terminal = STATUS.replace("STA-1", "STA-3").replace("STS+1+31", "STS+1+1").replace("LOC+5", "LOC+13")
    state, _ = state_of(tmp_path, edifact(DESPATCH), edifact(STATUS), edifact(terminal))
    status, *_, planned, predicted, _, _, _ = cells(state, "shipment")[("DES-1",)]
    assert status == "on_its_way"
    assert (when(planned), when(predicted)) == ("2026-01-08T12:00", "2026-01-09T15:00")
    (tmp_path / "more").mkdir()
    state, _ = state_of(tmp_path / "more", edifact(DESPATCH), edifact(STATUS), edifact(arrived))
    assert cells(state, "shipment")[("DES-1",)][0] == "arrived"
    assert not {one for one in worlds.misfits(state) if "shipment" in one[0]}


def test_status__of_x12_by_the_bill_of_lading(tmp_path: Path) -> None:
    only_bill = X12_STATUS.replace("*DES-1*", "*SHIP-7*")
    come = only_bill.replace("AT7*SD*AO", "AT7*X1*NS").replace("20260107*0600*CS", "20260109*0910*ET")
    state, _ = state_of(tmp_path, x12(X12_NOTICE, group="SH"), x12(only_bill, group="QM"))
    status, *_, predicted, _, _, _ = cells(state, "shipment")[("DES-1",)]
    assert (status, when(predicted)) == ("on_its_way", "2026-01-09T15:00")
    (tmp_path / "more").mkdir()
    state, _ = state_of(tmp_path / "more", x12(X12_NOTICE, group="SH"), x12(only_bill, group="QM"), x12(come, group="QM"))
    assert cells(state, "shipment")[("DES-1",)][0] == "arrived"
    assert when(cells(state, "shipment")[("DES-1",)][-2]) == "2026-01-09T14:10", "nine hours ten in New York in winter"


def test_despatch__repeated_in_another_envelope_has_one_effect(tmp_path: Path) -> None:
    once, _ = state_of(tmp_path, edifact(ORDER, DESPATCH))
    (tmp_path / "more").mkdir()
    again, summary = state_of(
        tmp_path / "more", edifact(ORDER, DESPATCH), edifact(DESPATCH.replace("ME0001", "77"), reference="R2")
    )
    assert (summary.accepted, summary.duplicate) == (0, 3)
    assert cells(again, "cargo").keys() == cells(once, "cargo").keys()
    assert [value[0] for value in cells(again, "cargo").values()] == [value[0] for value in cells(once, "cargo").values()]


def test_despatch__of_the_same_number_with_other_content_is_refused_across_files(tmp_path: Path) -> None:
    other = edifact(DESPATCH.replace("QTY+12:200", "QTY+12:180"))
    state, summary = state_of(tmp_path, edifact(DESPATCH), other)
    assert summary.conflict == 1
    assert sum(value[0] for value in cells(state, "cargo").values()) == 240.0


def test_despatch__replaced_in_its_file(tmp_path: Path) -> None:
    better = (
        DESPATCH.replace("DES-1+9", "DES-1+5")
        .replace("ME0001", "2")
        .replace("QTY+12:200", "QTY+12:180")
        .replace("101000", "111500")
    )
    better = better.replace("20260106100000", "20260106110000")
    state, summary = state_of(tmp_path, edifact(DESPATCH, better))
    assert (summary.accepted, summary.rejected) == (9, 0), "three events, three declarations, three events in their place"
    assert {key[1:]: value[0] for key, value in cells(state, "cargo").items()} == {
        ("milk", "LOT1", ""): 180.0,
        ("milk", "", ""): 40.0,
    }
    # Back to the first quantities: events that say it anew, not those that were declared wrong.
    back = DESPATCH.replace("DES-1+9", "DES-1+5").replace("ME0001", "3").replace("20260106100000", "20260106120000")
    (tmp_path / "more").mkdir()
    state, _ = state_of(tmp_path / "more", edifact(DESPATCH, better, back))
    assert sum(value[0] for value in cells(state, "cargo").values()) == 240.0


def cargo_of(state: LiveState) -> dict[Any, float]:
    return {key[1:]: value[0] for key, value in cells(state, "cargo").items()}


def test_despatch__replaced_again_by_the_same_has_one_effect(tmp_path: Path) -> None:
    better = DESPATCH.replace("DES-1+9", "DES-1+5").replace("ME0001", "2").replace("QTY+12:200", "QTY+12:180")
    for number, other in enumerate((better, better.replace("20260106100000", "20260106110000"))):
        repeats = [better, better.replace("UNH+2", "UNH+3").replace("UNT+28+2", "UNT+28+3")]
        for place, content in enumerate((edifact(DESPATCH, *repeats), edifact(DESPATCH, better, DESPATCH, other))):
            folder = tmp_path / f"{number}{place}"
            folder.mkdir()
            state, summary = state_of(folder, content)
            assert cargo_of(state) == {("milk", "LOT1", ""): 180.0, ("milk", "", ""): 40.0}
            assert (set(cells(state, "shipment")), summary.conflict) == ({("DES-1",)}, 0)


def test_despatch__revisions_of_one_date_follow_each_other_and_go_back(tmp_path: Path) -> None:
    revisions = [
        DESPATCH.replace("DES-1+9", "DES-1+5").replace("ME0001", str(number)).replace("QTY+12:200", f"QTY+12:{quantity}")
        for number, quantity in enumerate((180, 170, 180, 200), start=2)
    ]
    for count in range(1, 5):
        folder = tmp_path / str(count)
        folder.mkdir()
        state, summary = state_of(folder, edifact(DESPATCH, *revisions[:count]))
        assert cargo_of(state)[("milk", "LOT1", "")] == (180.0, 170.0, 180.0, 200.0)[count - 1]
        assert summary.conflict == summary.rejected == 0
    # Two files that each replace the original in another way: the second is refused, as goods would leave twice.
    (tmp_path / "apart").mkdir()
    contents = (edifact(DESPATCH, revisions[0]), edifact(DESPATCH, revisions[1], reference="R2"))
    state, summary = state_of(tmp_path / "apart", *contents)
    assert cargo_of(state)[("milk", "LOT1", "")] == 180.0
    assert summary.conflict > 0


def revised(purpose: str, quantity: int, *, number: str = "0001") -> str:
    """Return an order of X12 that revises another of its date."""
    numbered = X12_ORDER.replace("850*0001", f"850*{number}").replace("*0001~", f"*{number}~")
    return numbered.replace("BEG*00", f"BEG*{purpose}").replace("*240*", f"*{quantity}*")


@pytest.mark.parametrize("purpose", ["04", "05"])
def test_order__revisions_of_one_day_follow_each_other(tmp_path: Path, purpose: str) -> None:
    first, second, back = (
        revised(purpose, quantity, number=number) for quantity, number in ((200, "0002"), (180, "0003"), (240, "0004"))
    )
    state, summary = state_of(tmp_path, x12(X12_ORDER, first, second, revised(purpose, 180, number="0005")))
    assert cells(state, "order")[("PO-4711", "milk")][3:5] == (180.0, 180.0)
    assert cells(state, "order")[("PO-4711", "bread")][3] == 50.0
    assert summary.conflict == summary.rejected == 0
    (tmp_path / "back").mkdir()
    state, _ = state_of(tmp_path / "back", x12(X12_ORDER, first, second, back))
    assert cells(state, "order")[("PO-4711", "milk")][3:5] == (240.0, 240.0)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)])
def test_order__changes_in_files_of_their_own_hold_in_the_order_they_were_sent(tmp_path: Path, order: tuple[int, ...]) -> None:
    numbers = (b"000000001", b"000000002", b"000000003")
    contents = [
        x12(one).replace(numbers[0], number)
        for one, number in zip((X12_ORDER, revised("04", 200), revised("04", 193)), numbers, strict=True)
    ]
    for quantity in (193.0, 190.0, 194.0):
        folder = tmp_path / str(quantity)
        folder.mkdir()
        files = [content.replace(b"*193*", b"*%d*" % quantity) for content in contents]
        state, summary = state_of(folder, *[files[place] for place in order], files[2])
        assert cells(state, "order")[("PO-4711", "milk")][3] == quantity
        assert (summary.duplicate, summary.conflict) == (1, 0)
    later = files[1].replace(b"*260106*1045*", b"*260107*0900*").replace(b"*20260106*1045*", b"*20260107*0900*")
    (tmp_path / "later").mkdir()
    state, _ = state_of(tmp_path / "later", files[0], later, files[2])
    assert cells(state, "order")[("PO-4711", "milk")][3] == 200.0


def test_order__a_change_with_the_time_of_its_order_comes_after_it(tmp_path: Path) -> None:
    early = [b"260106:1045", b"260105:0800"]
    for quantity in (120, 121, 122, 123):
        less = ORDER.replace("PO-4711+9", "PO-4711+4").replace("QTY+21:240", f"QTY+21:{quantity}")
        gone = counted("".join(line + "\n" for line in less.replace("4711+4", "4711+1").splitlines() if line[:3] in HEAD))
        for name, sent in enumerate(early):
            folder = tmp_path / f"{quantity}{name}"
            folder.mkdir()
            contents = [content.replace(early[0], sent) for content in (edifact(ORDER), edifact(less, reference="R2"))]
            state, _ = state_of(folder, *contents)
            assert cells(state, "order")[("PO-4711", "milk")][3:5] == (quantity, quantity)
            (folder / "gone").mkdir()
            state, _ = state_of(folder / "gone", contents[0], edifact(gone, reference="R3").replace(early[0], sent))
            assert {value[0] for value in cells(state, "order").values()} == {"cancelled"}


def test_order__placed_again_behind_its_cancellation(tmp_path: Path) -> None:
    gone = ORDER.replace("PO-4711+9", "PO-4711+1")
    again = ORDER.replace("PO-4711+9", "PO-4711+5")
    summary = state_of(tmp_path, edifact(ORDER, gone, again))[1]
    assert summary.accepted == 4, "the order, its end, a declaration that the order was wrong, and the order anew"


def test_despatch__replaced_from_another_file_is_set_aside(tmp_path: Path) -> None:
    better = DESPATCH.replace("DES-1+9", "DES-1+5").replace("QTY+12:200", "QTY+12:180")
    state, summary = state_of(tmp_path, edifact(DESPATCH), edifact(better, reference="R2"))
    assert summary.reasons == {"edi.replaced": 1}
    assert sum(value[0] for value in cells(state, "cargo").values()) == 240.0


def test_despatch__cancelled(tmp_path: Path) -> None:
    gone = counted("".join(line + "\n" for line in DESPATCH.replace("DES-1+9", "DES-1+1").splitlines() if line[:3] in HEAD))
    gone = gone.replace("20260106100000", "20260106150000")
    state, summary = state_of(tmp_path, edifact(DESPATCH), edifact(gone, reference="R2"))
    assert (summary.accepted, summary.rejected) == (1, 0)
    assert not cells(state, "shipment")
    stock = {key[:3]: value[0] for key, value in cells(state, "stock").items() if abs(value[0]) > 1e-9}
    assert not stock, "what had left is back"


HEAD = ("UNH", "BGM", "DTM", "NAD", "UNT")


def test_order__changed_cancelled_and_replaced(tmp_path: Path) -> None:
    less = ORDER.replace("PO-4711+9", "PO-4711+4").replace("QTY+21:240", "QTY+21:120").replace("202601050830", "202601051200")
    state, _ = state_of(tmp_path, edifact(ORDER), edifact(less, reference="R2"))
    assert cells(state, "order")[("PO-4711", "milk")][3:5] == (120.0, 120.0)
    assert cells(state, "order")[("PO-4711", "bread")][3] == 50.0
    gone = counted("".join(line + "\n" for line in less.replace("PO-4711+4", "PO-4711+1").splitlines() if line[:3] in HEAD))
    (tmp_path / "a").mkdir()
    state, _ = state_of(tmp_path / "a", edifact(ORDER), edifact(gone, reference="R2"))
    assert {value[0] for value in cells(state, "order").values()} == {"cancelled"}
    one = "".join(
        line + "\n" for line in ORDER.replace("PO-4711+9", "PO-4711+5").splitlines() if "LIN+2" not in line and ":CT" not in line
    )
    one = counted(one.replace("UNT+18+1'", "UNT+18+2'").replace("UNH+1+", "UNH+2+").replace("202601050830", "202601051200"))
    (tmp_path / "b").mkdir()
    state, summary = state_of(tmp_path / "b", edifact(ORDER, one))
    assert (summary.accepted, summary.rejected) == (3, 0)
    assert set(cells(state, "order")) == {("PO-4711", "milk")}, "the line that the order no longer has is gone"


def test_despatch__two_of_one_order_are_two_shipments(tmp_path: Path) -> None:
    second = (
        DESPATCH.replace("DES-1", "DES-2")
        .replace("BOL-9", "BOL-10")
        .replace("ME0001", "2")
        .replace("202601081200", "202601091200")
    )
    second = second.replace(samples.PALLET, samples.numbered(3)[1].split("GIN+BJ+")[1][:18])
    second = second.replace(samples.CASE, samples.numbered(4)[1].split("GIN+BJ+")[1][:18])
    state, _ = state_of(tmp_path, edifact(ORDER, DESPATCH, second))
    assert set(cells(state, "shipment")) == {("DES-1",), ("DES-2",)}
    assert when(cells(state, "shipment")[("DES-1",)][4]) == "2026-01-08T12:00"


def test_codes__of_the_buyer_are_mapped_by_the_table_or_are_ids(tmp_path: Path) -> None:
    coded = (
        ORDER.replace("9521321000024::9", "S-7::92").replace("9521321000017::9", "V-1::91").replace("9521321000031:EN", "4444:IN")
    )
    tables = network(("site", "store", "BUYER", "S-7"), ("site", "plant", "seller", "V-1"), ("product", "milk", "Buyer", "4444"))
    state, _ = state_of(tmp_path, edifact(coded), tables=tables)
    assert cells(state, "order")[("PO-4711", "milk")][1:3] == ("plant", "store")
    assert not cells(state, "unknown")
    (tmp_path / "a").mkdir()
    state, _ = state_of(tmp_path / "a", edifact(coded))
    assert ("site", "urn:chaintwin:v1:site:buyer%3AS-7") in cells(state, "unknown")
    plain = coded.replace("S-7::92", "store::92").replace("4444:IN", "milk:IN")
    (tmp_path / "b").mkdir()
    state, _ = state_of(tmp_path / "b", edifact(plain), options={"own-codes": "buyer"})
    assert cells(state, "order")[("PO-4711", "milk")][2] == "store"
