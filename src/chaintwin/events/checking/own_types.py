"""The types of our own: which fields each takes, what they hold, which must be there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from chaintwin.events.vocabulary import PREFIX, Own

Schema = dict[str, Any]


class Holds(StrEnum):
    """What a field of our own holds."""

    TEXT = "a text that is not empty"
    NUMBER = "a number"
    AMOUNT = "a number from 0 on"
    SHARE = "a number from 0 to 1"
    INTEGER = "a whole number"
    TRUTH = "true or false"
    TIME = "a date and time with an offset"
    DAY_OR_PERIOD = "a date and time with an offset, or the number of a period"
    CURRENCY = "a code of three capital letters, such as EUR"
    POSITION = "[longitude, latitude] in degrees"
    OBJECT = "an object"
    PLAN = "desired or predicted"
    SIGNAL_QUALITY = "good, uncertain or bad"
    NAME_OR_PLACE = "a text, or a whole number from 0 on"
    ANYTHING = "any value"


@dataclass(frozen=True, slots=True)
class OwnType:
    """What an event of one of our own types holds.

    Parameters
    ----------
    fields : what each field of ours holds, by its name without prefix, besides the fields that every event may have.
    required : fields that must be there; those of EPCIS are written plain, ours too.
    one_of : groups of fields of which at least one must be there.
    """

    fields: dict[str, Holds]
    required: tuple[str, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()


EVERY_EVENT: Final[dict[str, Holds]] = {
    "activity": Holds.TEXT,
    "units": Holds.AMOUNT,
    "started": Holds.DAY_OR_PERIOD,
    "due": Holds.DAY_OR_PERIOD,
    "stream": Holds.TEXT,
    "resource": Holds.TEXT,
    "disruption": Holds.TEXT,
    "quality": Holds.NAME_OR_PLACE,
    "shipment": Holds.TEXT,
    "order": Holds.TEXT,
    "deviation": Holds.AMOUNT,
    "by": Holds.TEXT,
    "person": Holds.TEXT,
    "person_name": Holds.TEXT,
    "driver": Holds.TEXT,
    "contact": Holds.TEXT,
    "note": Holds.TEXT,
    "signal": Holds.TEXT,
    "signal_quality": Holds.SIGNAL_QUALITY,
    "sequence": Holds.INTEGER,
    "missed": Holds.AMOUNT,
    "total": Holds.NUMBER,
}
"""Fields of ours that an event of any type may have."""

OWN_TYPES: Final[dict[Own, OwnType]] = {
    Own.ORDER_PLACED: OwnType(
        {"wanted_at": Holds.TIME, "due_at": Holds.TIME},
        one_of=(("order", "activity"), ("quantityList", "units")),
    ),
    Own.ORDER_SEEN: OwnType({}, one_of=(("order", "activity"),)),
    Own.ORDER_CANCELLED: OwnType({}, one_of=(("order", "activity"),)),
    Own.DEMAND_PLACED: OwnType(
        {"customer": Holds.TEXT, "wanted_at": Holds.TIME}, required=("quantityList",), one_of=(("bizLocation", "stream"),)
    ),
    Own.DEMAND_LOST: OwnType({"customer": Holds.TEXT}, required=("quantityList",), one_of=(("bizLocation", "stream"),)),
    Own.FORECAST_SET: OwnType({"stock_point": Holds.TEXT, "value": Holds.NUMBER}, required=("stock_point", "value")),
    Own.PLAN_SET: OwnType(
        {"path": Holds.TEXT, "value": Holds.ANYTHING, "at": Holds.TIME, "kind": Holds.PLAN, "uncertainty": Holds.AMOUNT},
        required=("path", "value", "kind"),
    ),
    Own.EQUIPMENT_CHANGED: OwnType(
        {"share": Holds.SHARE, "status": Holds.TEXT}, required=("resource",), one_of=(("share", "status"),)
    ),
    Own.PERSON_SEEN: OwnType({"present": Holds.TRUTH, "role": Holds.TEXT}, required=("person", "present")),
    Own.VEHICLE_SEEN: OwnType(
        {"vehicle": Holds.TEXT, "present": Holds.TRUTH, "position": Holds.POSITION},
        required=("vehicle",),
        one_of=(("bizLocation", "readPoint", "position"),),
    ),
    Own.DEVICE_SEEN: OwnType(
        {"device": Holds.TEXT, "present": Holds.TRUTH, "reason": Holds.TEXT}, required=("device", "present")
    ),
    Own.PRICE_QUOTED: OwnType(
        {
            "product": Holds.TEXT,
            "partner": Holds.TEXT,
            "price": Holds.AMOUNT,
            "currency": Holds.CURRENCY,
            "unit": Holds.TEXT,
        },
        required=("product", "price", "currency"),
        one_of=(("partner", "activity"),),
    ),
    Own.MONEY_MOVED: OwnType(
        {"account": Holds.TEXT, "amount": Holds.NUMBER, "currency": Holds.CURRENCY}, required=("account", "amount", "currency")
    ),
    Own.NETWORK_EDITED: OwnType({"network": Holds.OBJECT, "tables": Holds.OBJECT}, one_of=(("network", "tables"),)),
    Own.COMMAND_ISSUED: OwnType(
        {"command": Holds.TEXT, "verb": Holds.TEXT, "path": Holds.TEXT, "value": Holds.ANYTHING}, required=("command", "verb")
    ),
    Own.DISRUPTION_CHANGED: OwnType({"strength": Holds.SHARE}, required=("disruption", "strength")),
    Own.CAPACITY_USED: OwnType({"quantity": Holds.AMOUNT}, required=("resource", "quantity")),
    Own.STATE_COUNTED: OwnType({"state": Holds.OBJECT}, required=("state",)),
}


def own_schema(own: Own | None) -> Schema:
    """Return the schema of our fields in an event; they are named with the prefix ``ct``.

    Parameters
    ----------
    own : type of the event; None for any that is not ours.
    """
    kind = OWN_TYPES[own] if own else OwnType({})
    fields = {**EVERY_EVENT, **kind.fields}
    schema: Schema = {
        "properties": {prefixed(name): _HELD[holds] | {"allowed": holds.value} for name, holds in fields.items()},
        "required": [prefixed(name) if name in fields else name for name in kind.required],
        "allowed": "an event",
    }
    names = [[prefixed(name) if name in fields else name for name in group] for group in kind.one_of]
    conditions = [
        {
            "anyOf": [{"required": [name]} for name in group],
            "code": "event.own",
            "allowed": " or ".join(group),
            "fix": f"add {' or '.join(group)}",
        }
        for group in names
    ]
    return schema | ({"allOf": conditions} if conditions else {})


def own_type(name: str) -> Own | None:
    """Return the type of our own of a local name, or None."""
    return Own(name) if name in _NAMES else None


def prefixed(name: str) -> str:
    """Return a field of ours with the prefix that we write."""
    return f"{PREFIX}:{name}"


def with_own_prefix(event: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return an event whose fields of ours have the prefix ``ct``, whichever the document uses.

    Parameters
    ----------
    event : as it came. names : local name of each field of ours by the name that the document has.
    """
    return {prefixed(names[name]) if name in names else name: value for name, value in event.items()}


_NAMES: Final = frozenset(own.value for own in Own)

_HELD: Final[dict[Holds, Schema]] = {
    Holds.TEXT: {"type": "string", "minLength": 1, "maxLength": 2048},
    Holds.NUMBER: {"type": "number"},
    Holds.AMOUNT: {"type": "number", "minimum": 0},
    Holds.SHARE: {"type": "number", "minimum": 0, "maximum": 1},
    Holds.INTEGER: {"type": "integer"},
    Holds.TRUTH: {"type": "boolean"},
    Holds.TIME: {"type": "string", "format": "date-time"},
    Holds.DAY_OR_PERIOD: {"anyOf": [{"type": "integer"}, {"type": "string", "format": "date-time"}]},
    Holds.CURRENCY: {"type": "string", "pattern": "^[A-Z]{3}$"},
    Holds.POSITION: {
        "type": "array",
        "items": [{"type": "number", "minimum": -180, "maximum": 180}, {"type": "number", "minimum": -90, "maximum": 90}],
        "minItems": 2,
        "maxItems": 2,
    },
    Holds.OBJECT: {"type": "object"},
    Holds.PLAN: {"enum": ["desired", "predicted"], "words": ("desired", "predicted")},
    Holds.SIGNAL_QUALITY: {"enum": ["good", "uncertain", "bad"], "words": ("good", "uncertain", "bad")},
    Holds.NAME_OR_PLACE: {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "minLength": 1}]},
    Holds.ANYTHING: {},
}
