"""Master data in the headers of documents: kept with the capture or not at all, at once, and no more than announced."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from chaintwin.events.capturing import MasterElement
from chaintwin.serve.capturing.masterdata import MasterShelf
from chaintwin.store.interface import Store
from chaintwin.store.opening import open_store
from tests.serve.documents import document, event, events_in

PLACE = "urn:epc:id:sgln:0614141.{}.0"


def header(*elements: dict[str, Any]) -> dict[str, Any]:
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": list(elements)}
    return {"epcisHeader": {"epcisMasterData": {"vocabularyList": [vocabulary]}}}


def element(name: str, *, city: str = "", children: tuple[str, ...] = ()) -> dict[str, Any]:
    made: dict[str, Any] = {"id": name}
    if city:
        made["attributes"] = [{"id": "urn:epcglobal:cbv:mda#city", "attribute": city}]
    return made | ({"children": list(children)} if children else {})


def found_below(client: httpx.Client, name: str) -> int:
    return len(events_in(client.get("/epcis/events", params={"WD_bizLocation": name}).json()))


def test_capture__master_data_is_kept_where_the_document_is_accepted(client: httpx.Client) -> None:
    region, place = PLACE.format("10001"), PLACE.format("10002")
    sent = document(event(bizLocation={"id": place}), **header(element(region, children=(place,))))
    assert client.post("/epcis/capture", json=sent).status_code == 202
    assert found_below(client, region) == 1


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_capture__master_data_of_a_refused_document_is_not_kept(client: httpx.Client, behaviour: str) -> None:
    number = 20001 if behaviour == "rollback" else 30001
    region, place = PLACE.format(number), PLACE.format(number + 1)
    first = event(eventID=f"urn:uuid:00000000-0000-4000-8000-0000000{number}", bizLocation={"id": place})
    assert client.post("/epcis/capture", json=document(first)).status_code == 202
    sent = document(first | {"action": "ADD"}, event(), **header(element(region, children=(place,))))
    taken = client.post("/epcis/capture", json=sent, headers={"GS1-Capture-Error-Behaviour": behaviour})
    assert not client.get(taken.headers["location"]).json()["success"]
    assert found_below(client, region) == (0 if behaviour == "rollback" else 1)


def test_capture__many_elements_of_master_data_are_one_commit(client: httpx.Client) -> None:
    elements = [element(PLACE.format(40000 + number), city="Ulm") for number in range(10_000)]
    began = time.monotonic()
    assert client.post("/epcis/capture", json=document(event(), **header(*elements))).status_code == 202
    # One commit for each element takes above ten seconds.
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("form", ["json", "xml"])
def test_capture__too_many_elements_of_master_data(client: httpx.Client, form: str) -> None:
    told = client.options("/epcis/capture").headers["Chaintwin-Capture-Element-Limit"]
    names = [PLACE.format(number) for number in range(int(told) + 1)]
    if form == "json":
        refused = client.post("/epcis/capture", json=document(event(), **header(*map(element, names))))
    else:
        listed = "".join(f'<VocabularyElement id="{name}"/>' for name in names)
        refused = client.post("/epcis/capture", content=XML.format(listed), headers={"Content-Type": "application/xml"})
    assert refused.status_code == 413
    assert refused.headers["Chaintwin-Capture-Element-Limit"] == told
    assert "master data" in refused.json()["detail"]


def test_amended__what_came_last_counts_and_nothing_is_lost(tmp_path: Any) -> None:
    with open_store(tmp_path / "log.db") as store:
        shelf = MasterShelf(store)
        keep(store, shelf, MasterElement("v", "urn:a", (("urn:city", "Bonn"), ("urn:land", 5)), ("urn:b",)))
        assert shelf.read().attributes == {"urn:a": {"urn:city": "Bonn", "urn:land": "5"}}
        again = MasterElement("v", "urn:a", (("urn:city", "Ulm"),), ("urn:c",))
        keep(store, shelf, again, MasterElement("v", "urn:a", (("urn:zip", "1"),), ("urn:b", "urn:d")))
        assert shelf.read().attributes == {"urn:a": {"urn:city": "Ulm", "urn:land": "5", "urn:zip": "1"}}
        assert shelf.read().children == {"urn:a": ("urn:b", "urn:c", "urn:d")}


def test_read__holds_no_more_than_its_bound(tmp_path: Any) -> None:
    bound = 40_000
    with open_store(tmp_path / "log.db") as store:
        shelf = MasterShelf(store, held_bytes=bound)
        elements = [MasterElement("v", f"urn:{number}", (("urn:text", "x" * 500),), ()) for number in range(300)]
        keep(store, shelf, *elements)
        found = shelf.read()
        # More than fits is asked for, by names that are known and by others, and all of it is right.
        for _ in range(2):
            for number in range(300):
                assert found.attributes[f"urn:{number}"] == {"urn:text": "x" * 500}
                assert found.attributes.get(f"urn:none:{number}") is None
                assert shelf.held <= bound
        keep(store, shelf, MasterElement("v", "urn:7", (("urn:text", "y"),), ("urn:8",)))
        assert found.attributes["urn:7"] == {"urn:text": "y"}
        assert found.within(("urn:7",)) == {"urn:7", "urn:8"}


def keep(store: Store, shelf: MasterShelf, *elements: MasterElement) -> None:
    store.append([], received_at=1, report=lambda _: shelf.amended(elements))
    shelf.forget()


XML = (
    '<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-03-01T00:00:00Z">'
    "<EPCISHeader><extension><EPCISMasterData><VocabularyList>"
    '<Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>{}</VocabularyElementList></Vocabulary>'
    "</VocabularyList></EPCISMasterData></extension></EPCISHeader><EPCISBody><EventList/></EPCISBody></epcis:EPCISDocument>"
)
