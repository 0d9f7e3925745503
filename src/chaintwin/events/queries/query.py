"""A query of events: conditions that hold together, an order, and limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

Value = str | int | float | bool
"""A name in canonical form, a text, a time in microseconds, a number, or a truth."""


class Operator(StrEnum):
    """How a value of an event is compared with those of a condition; of several values one is enough."""

    EQUAL = "EQ"
    GREATER = "GT"
    AT_LEAST = "GE"
    LESS = "LT"
    AT_MOST = "LE"
    MATCH = "MATCH"
    """As the object itself, or by a pattern of names."""
    WITHIN = "WD"
    """As the place itself, or one below it by master data."""
    EXISTS = "EXISTS"
    HAS_ATTRIBUTE = "HASATTR"
    """Master data of the value has an attribute of one of these names."""
    ATTRIBUTE = "EQATTR"
    """Master data of the value has one of these values for an attribute."""


class Kind(StrEnum):
    """What the values of a parameter are."""

    TIME = "time"
    NUMBER = "number"
    NAME = "name"
    """Identifier of a thing, in either spelling."""
    PATTERN = "pattern"
    """Identifier of a thing, or a pattern of identifiers."""
    WORD = "word"
    """A bare word of the core business vocabulary, or the URI of another."""
    TYPE = "type"
    ACTION = "action"
    TEXT = "text"
    TRUTH = "truth"
    PRESENCE = "presence"
    """Present or true asks for the field; false asks for nothing."""
    ANY = "any"
    """Number, time or text, by what it looks like: extension fields have no declared type."""


class Place(StrEnum):
    """Which part of an event an extension field is looked for in."""

    EVENT = ""
    ILMD = "ILMD"
    ERROR_DECLARATION = "ERROR_DECLARATION"
    SENSOR_ELEMENT = "SENSORELEMENT"
    SENSOR_METADATA = "SENSORMETADATA"
    SENSOR_REPORT = "SENSORREPORT"
    READ_POINT = "readPoint"
    LOCATION = "bizLocation"


@dataclass(frozen=True, slots=True)
class Field:
    """Where in an event a condition looks.

    Parameters
    ----------
    name : field of the standard as parameters call it (``epc``, ``value``), or full URI of an extension field.
    place : part of the event; only for extension fields. inner : at any depth below; only for extension fields.
    extension : whether it is an extension field.
    qualifier : unit of a quantity or reading, full URI of the type of a transaction, source or destination, or attribute.
    """

    name: str
    place: Place = Place.EVENT
    inner: bool = False
    extension: bool = False
    qualifier: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One parameter of a query.

    Parameters
    ----------
    parameter : its name as it was written, for reports. values : at least one, unless ``operator`` is ``EXISTS``.
    """

    parameter: str
    field: Field
    operator: Operator
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class EventQuery:
    """What ``SimpleEventQuery`` asks for; conditions hold together, the values within one are alternatives.

    Parameters
    ----------
    conditions : all hold. order : field events are ordered by: ``eventTime``, ``recordTime`` or an extension field.
    descending : the latest or largest first.
    first : how many events are wanted at most (``eventCountLimit``), None for all.
    refused_above : how many events may match before the query is refused as too large (``maxEventCount``), None for any.
    """

    conditions: tuple[Condition, ...] = ()
    order: Field = field(default_factory=lambda: Field("eventTime"))
    descending: bool = False
    first: int | None = None
    refused_above: int | None = None
