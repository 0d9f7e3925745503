"""What a signal can mean: the kinds of rules, which templates each takes and which it must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class As(StrEnum):
    """What the signals of a rule become."""

    SENSOR = "sensor"
    """An ObjectEvent with a sensor report."""
    STOCK = "stock"
    """A count of stock."""
    PRODUCED = "produced"
    """Goods that begin to be."""
    CONSUMED = "consumed"
    """Goods that are used up."""
    EQUIPMENT = "equipment"
    """ct:EquipmentChanged."""
    DEVICE = "device"
    """ct:DeviceSeen: a status topic, a last will."""
    VEHICLE = "vehicle"
    """ct:VehicleSeen."""
    PERSON = "person"
    """ct:PersonSeen."""
    EPCIS = "epcis"
    """The payload is an event or a document of EPCIS 2.0 in JSON."""
    IGNORED = "ignored"
    """Nothing: signals that are known and not wanted."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a rule of a kind holds.

    Parameters
    ----------
    templates : texts with placeholders that it takes. required : those that must be there.
    settings : other entries that it takes. one_of : templates of which at least one must be there; empty for none.
    """

    templates: frozenset[str]
    required: tuple[str, ...] = ()
    settings: frozenset[str] = frozenset()
    one_of: tuple[str, ...] = ()


EVERY: Final = frozenset({"match", "as", "words", "time_unit"})
"""Entries that a rule of any kind may have."""

IDENTITY: Final = ("site", "product", "lot", "unit", "resource", "device", "vehicle", "measures")
"""Templates that say which thing a value is of: what is remembered of one thing says nothing of another."""

_ABOUT: Final = frozenset({"value", "time", "sequence", "quality"})
_GOODS: Final = frozenset({"site", "product", "lot", "unit", "order", "step", "disposition"})
_CHANGING: Final = frozenset({"longest_interval"})

KINDS: Final[Mapping[As, Kind]] = MappingProxyType(
    {
        As.SENSOR: Kind(
            _ABOUT | {"measures", "unit", "site", "device"},
            ("measures",),
            frozenset({"least_change", "least_interval", "longest_interval"}),
            ("site", "device"),
        ),
        As.STOCK: Kind(_ABOUT | _GOODS | {"deviation"}, ("site", "product")),
        As.PRODUCED: Kind(_ABOUT | _GOODS, ("site", "product"), frozenset({"counter", "rolls_over_at", "most"})),
        As.CONSUMED: Kind(_ABOUT | _GOODS, ("site", "product"), frozenset({"counter", "rolls_over_at", "most"})),
        As.EQUIPMENT: Kind(_ABOUT | {"resource", "site", "status", "share"}, ("resource",), _CHANGING),
        As.DEVICE: Kind(_ABOUT | {"device", "site", "present", "reason"}, ("device",), _CHANGING),
        As.VEHICLE: Kind(
            _ABOUT | {"vehicle", "site", "present", "longitude", "latitude", "shipment"},
            ("vehicle",),
            frozenset({"least_interval"}),
            ("site", "longitude"),
        ),
        As.PERSON: Kind(_ABOUT | {"person", "site", "present", "role"}, ("person",)),
        As.EPCIS: Kind(frozenset()),
        As.IGNORED: Kind(frozenset()),
    }
)
"""The kinds of rules."""

TIME_UNITS: Final = ("auto", "s", "ms", "us", "ns")
"""Units of a time that is a number; ``auto`` tells them by its size."""

NUMBERS: Final = frozenset({"least_change", "least_interval", "longest_interval", "rolls_over_at", "most"})
"""Settings that are numbers from 0 on."""
