"""Random events: valid ones of every type, and documents that were spoiled. Each is made of one number, which is cheap."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from hypothesis import strategies as st

from chaintwin.events.checking import words

SEEDS = st.integers(0, 2**48)


def events() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy of valid events of the five types; a document has to define the prefixes ``example`` and ``ext2``."""
    return SEEDS.map(lambda seed: random_event(Random(seed)))


def spoiled(value: Any) -> st.SearchStrategy[Any]:
    """Return a strategy of JSON in which something was taken out, replaced, doubled or renamed at one to three places."""
    return SEEDS.map(lambda seed: spoil(value, Random(seed)))


def random_event(chance: Random) -> dict[str, Any]:
    """Return a valid event."""
    kind = chance.choice(words.EVENT_TYPES)
    event: dict[str, Any] = {"type": kind, "eventTime": _time(chance)}
    event["eventTimeZoneOffset"] = chance.choice(["+00:00", "+01:00", "-06:00"])
    optional = dict(_OPTIONAL)
    if kind == "TransformationEvent":
        event |= {"inputEPCList": _many(chance, _object, least=1), "outputEPCList": _many(chance, _object, least=1)}
        optional |= {"transformationID": _object, "inputQuantityList": _quantities, "outputQuantityList": _quantities}
    else:
        event["action"] = chance.choice(words.ACTIONS)
        if kind == "ObjectEvent":
            event["epcList"] = _many(chance, _object, least=0)
            optional["quantityList"] = _quantities
        elif kind == "TransactionEvent":
            event |= {"epcList": _many(chance, _object, least=1), "bizTransactionList": _many(chance, _transaction, least=1)}
            del optional["bizTransactionList"]
            optional |= {"parentID": _object, "quantityList": _quantities}
        else:
            event |= {"parentID": _object(chance), "childEPCs": _many(chance, _object, least=1)}
            optional["childQuantityList"] = _quantities
    share = chance.random()
    for name, make in optional.items():
        if chance.random() < share:
            event[name] = make(chance)
    return event


def spoil(value: Any, chance: Random) -> Any:
    """Return a copy of JSON with one to three faults."""
    value = copy.deepcopy(value)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        places = list(_places(value))
        if not places:
            return value
        holder, key = chance.choice(places)
        way = chance.choice(["drop", "replace", "double", "rename", "empty", "swap"])
        if way == "drop":
            del holder[key]
        elif way == "empty":
            holder[key] = chance.choice([[], {}, "", None])
        elif way == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif way == "rename" and isinstance(holder, dict):
            name = chance.choice(["example:x", "x", str(key).lower(), "type", "action", "epcList", "ilmd"])
            holder[name] = holder.pop(key)
        elif way == "swap":
            other, place = chance.choice(places)
            holder[key] = copy.deepcopy(other[place])
        else:
            holder[key] = copy.deepcopy(chance.choice(SPOILERS))
    return value


SPOILERS: list[Any] = [
    None, True, 0, -1, 1.5, 2**70, "", "x", "ADD", "DELETE", "OBSERVE", "CREATE", "ObjectEvent", "AggregationEvent",
    "example:Type", "ct:OrderPlaced", "ct:Nothing", "urn:epcglobal:cbv:bizstep:shipping", "https://ns.gs1.org/cbv/x",
    "gs1:Temperature",
    "https://gs1.org/voc/Temperature", "Temperature", "in_transit", "shipping", "2026-02-30T00:00:00Z", "2026-02-28T00:00:00",
    "2026-02-28T23:59:60Z", "0000-01-01T00:00:00Z", "+15:00", "+14:00", "+14:30", "KGM", "kgm", [], {}, [[]], [{}],
    ["urn:x:1", "urn:x:1"], [1], ["x"], {"id": "urn:x:1"}, {"id": 1}, {"example:a": {"b": [1, {"c": None}]}}, {"set": ["active"]},
    {"set": []}, {"set": ["active"], "more": 1}, "\ud7ff\u0001", "a" * 3000, "1.2", "2", "2.x",
]  # fmt: skip


def _object(chance: Random) -> str:
    number = chance.randint(1, 999)
    return chance.choice(
        [
            f"urn:epc:id:sgtin:0614141.107346.{number}",
            f"https://id.gs1.org/01/10614141073464/21/{number}",
            f"urn:chaintwin:v1:shipment:s{number}",
        ]
    )


def _place(chance: Random) -> dict[str, Any]:
    place = {"id": f"urn:epc:id:sgln:4012345.0000{chance.randint(0, 9)}.0"}
    return place if chance.random() < 0.8 else {**place, "example:name": _text(chance)}


def _time(chance: Random) -> str:
    day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    time = f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
    fraction = chance.choice(["", f".{chance.randint(0, 999):03}"])
    return f"{day}T{time}{fraction}{chance.choice(['Z', '+01:00', '-06:30'])}"


def _text(chance: Random) -> str:
    return "".join(chance.choice('aB7 .:-_/"\\é€😀\n') for _ in range(chance.randint(0, 6)))


def _number(chance: Random) -> float:
    return chance.choice([chance.randint(-5, 10_000), chance.uniform(-1e6, 1e6), chance.random(), 0, 1e21])


def _quantities(chance: Random) -> list[Any]:
    return _many(chance, _quantity, least=1)


def _quantity(chance: Random) -> dict[str, Any]:
    number = chance.randint(1, 99)
    element = {
        "epcClass": chance.choice([f"urn:epc:class:lgtin:4012345.012345.L{number}", f"urn:chaintwin:v1:product:p{number}"])
    }
    quantity = {"quantity": _number(chance)} if chance.random() < 0.8 else {}
    return {**element, **quantity, **({"uom": chance.choice(["KGM", "LTR", "EA"])} if chance.random() < 0.5 else {})}


def _transaction(chance: Random) -> dict[str, Any]:
    kind = {"type": chance.choice([*words.TRANSACTION_TYPES, "example:kind"])} if chance.random() < 0.7 else {}
    return {**kind, "bizTransaction": f"urn:epcglobal:cbv:bt:4012345123456:{chance.randint(1, 50)}"}


def _step(chance: Random) -> str:
    return chance.choice([*words.BUSINESS_STEPS, "https://example.com/step", "cbv:BizStep-shipping", "example:step"])


def _disposition(chance: Random) -> str:
    return chance.choice([*words.DISPOSITIONS, "https://example.com/disposition"])


def _sensor(chance: Random) -> dict[str, Any]:
    metadata = {"time": _time(chance), "deviceID": _object(chance), "bizRules": _object(chance), "example:x": _text(chance)}
    kept = {name: value for name, value in metadata.items() if chance.random() < 0.5}
    return {"sensorReport": _many(chance, _report, least=1), **({"sensorMetadata": kept} if chance.random() < 0.7 else {})}


def _report(chance: Random) -> dict[str, Any]:
    report = {
        "value": _number(chance),
        "uom": "CEL",
        "time": _time(chance),
        "component": chance.choice(words.COMPONENTS),
        "booleanValue": chance.random() < 0.5,
        "stringValue": _text(chance),
        "bizRules": _object(chance),
        "example:cv": _text(chance),
    }
    kept = {name: value for name, value in report.items() if chance.random() < 0.4}
    return {"type": chance.choice([*words.MEASUREMENTS, "example:Own"]), **kept}


def _extension(chance: Random, depth: int = 0) -> Any:
    way = chance.random()
    if way < 0.6 or depth > 3:
        return chance.choice([_text, _number, _object, lambda chance: chance.random() < 0.5, lambda chance: None])(chance)
    if way < 0.8:
        return [_extension(chance, depth + 1) for _ in range(chance.randint(0, 3))]
    return {name: _extension(chance, depth + 1) for name in chance.sample(["example:a", "example:b", "ext2:c", "plain"], 2)}


def _many(chance: Random, make: Callable[[Random], Any], *, least: int) -> list[Any]:
    made = {repr(item): item for item in (make(chance) for _ in range(chance.randint(least, 3)))}
    return list(made.values())


_OPTIONAL: dict[str, Callable[[Random], Any]] = {
    "bizStep": _step,
    "disposition": _disposition,
    "readPoint": _place,
    "bizLocation": _place,
    "bizTransactionList": lambda chance: _many(chance, _transaction, least=0),
    "sourceList": lambda chance: [{"type": chance.choice(words.PARTY_TYPES), "source": _object(chance)}],
    "destinationList": lambda chance: [{"type": chance.choice(words.PARTY_TYPES), "destination": _object(chance)}],
    "sensorElementList": lambda chance: _many(chance, _sensor, least=0),
    "persistentDisposition": lambda chance: {"set": [_disposition(chance)]},
    "certificationInfo": lambda chance: "https://certificates.example/1",
    "eventID": lambda chance: f"urn:uuid:{chance.getrandbits(64):x}",
    "recordTime": _time,
    "errorDeclaration": lambda chance: {"declarationTime": _time(chance), "reason": "incorrect_data"},
    "example:a": _extension,
    "ext2:b": _extension,
}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict | list):
        for key, child in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield value, key
            yield from _places(child)
