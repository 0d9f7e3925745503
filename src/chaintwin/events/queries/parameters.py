"""The parameters of ``SimpleEventQuery`` in EPCIS 2.0: for each its field, its comparison and the kind of its values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chaintwin.events.queries.query import Field, Kind, Operator, Place

CONTROLS = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")
"""Parameters that say how an answer is given rather than what it holds."""

PAGING = ("perPage", "nextPageToken")
"""Parameters of the HTTP binding that ask for one page of an answer."""

ATTRIBUTED = (
    *("readPoint", "bizLocation", "bizStep", "disposition", "parentID", "epc", "epcClass", "anyEPC", "anyEPCClass"),
    *("bizTransaction", "source", "destination"),
)
"""Standard fields whose values master data may describe."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a parameter stands for.

    Parameters
    ----------
    word : prefix that a bare word of the vocabulary gets (``BizStep``, ``Disp``); empty for other kinds.
    """

    operator: Operator
    field: Field
    kind: Kind
    word: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of a parameter with a name of its own making: its meaning, and the parts still to be expanded.

    Parameters
    ----------
    name : extension field as written, a CURIE or URI; empty if the field is one of the standard.
    type : of transaction, source or destination, as written; empty if there is none.
    """

    meaning: Meaning
    name: str = ""
    type: str = ""


def fixed_parameters() -> dict[str, Meaning]:
    """Return the meaning of every parameter whose name is fixed, in the order of the standard."""
    return dict(_FIXED)


def written_parameter(name: str) -> Written | None:
    """Return what a parameter that is made of parts stands for, or None if it is none.

    Example
    -------
    >>> found = written_parameter("GE_INNER_ILMD_example:age")
    >>> found.name, found.meaning.field.place.value, found.meaning.field.inner
    ('example:age', 'ILMD', True)
    """
    for pattern, read in _PATTERNS:
        if match := pattern.fullmatch(name):
            return read(match)
    return None


def _comparing(operator: str, *, field: str, kind: Kind) -> tuple[str, Meaning]:
    return f"{operator}_{field}", Meaning(Operator(operator), Field(field), kind)


def _fixed() -> dict[str, Meaning]:
    table: dict[str, Meaning] = {"eventType": Meaning(Operator.EQUAL, Field("eventType"), Kind.TYPE)}
    for field in ("eventTime", "recordTime", "errorDeclarationTime", "time", "startTime", "endTime"):
        table |= (_comparing(operator, field=field, kind=Kind.TIME) for operator in ("GE", "LT"))
    # The query schema of the standard spells these two with one more underscore than its text does.
    for operator in (Operator.AT_LEAST, Operator.LESS):
        table[f"{operator}_errorDeclaration_Time"] = Meaning(operator, Field("errorDeclarationTime"), Kind.TIME)
    table["EQ_action"] = Meaning(Operator.EQUAL, Field("action"), Kind.ACTION)
    for field, word in _WORDS.items():
        table[f"EQ_{field}"] = Meaning(Operator.EQUAL, Field(field), Kind.WORD, word)
    for field in ("readPoint", "bizLocation"):
        table |= (_comparing(operator, field=field, kind=Kind.NAME) for operator in ("EQ", "WD"))
    table |= (_comparing("MATCH", field=field, kind=Kind.PATTERN) for field in _MATCHED)
    table |= (_comparing(operator, field="quantity", kind=Kind.NUMBER) for operator in _NUMERIC)
    table |= (_comparing(operator, field="percRank", kind=Kind.NUMBER) for operator in _NUMERIC)
    table |= (_comparing("EQ", field=field, kind=Kind.NAME) for field in _NAMED)
    table |= (_comparing("EQ", field=field, kind=Kind.TEXT) for field in ("stringValue", "hexBinaryValue"))
    table["EQ_booleanValue"] = Meaning(Operator.EQUAL, Field("booleanValue"), Kind.TRUTH)
    for field in ("errorDeclaration", "sensorElementList"):
        table[f"EXISTS_{field}"] = Meaning(Operator.EXISTS, Field(field), Kind.PRESENCE)
    return table


def _typed(match: re.Match[str]) -> Written:
    field, of_type = match.groups()
    return Written(Meaning(Operator.EQUAL, Field(field), Kind.NAME, _TYPES[field]), type=of_type)


def _measured(match: re.Match[str]) -> Written:
    operator, field, unit = match.groups()
    return Written(Meaning(Operator(operator), Field(field, qualifier=unit), Kind.NUMBER))


def _extended(match: re.Match[str]) -> Written:
    operator, inner, place, name = match.groups()
    kind = Kind.PRESENCE if operator == "EXISTS" else Kind.ANY
    field = Field(name, place=Place((place or "").rstrip("_")), inner=bool(inner), extension=True)
    return Written(Meaning(Operator(operator), field, kind), name=name)


def _having(match: re.Match[str]) -> Written:
    name = match.group(1)
    return Written(
        Meaning(Operator.HAS_ATTRIBUTE, Field(name, extension=":" in name), Kind.TEXT), name=name if ":" in name else ""
    )


def _attribute(match: re.Match[str]) -> Written:
    name, attribute = match.groups()
    field = Field(name, extension=":" in name, qualifier=attribute)
    return Written(Meaning(Operator.ATTRIBUTE, field, Kind.TEXT), name=name if ":" in name else "")


_NUMERIC = ("EQ", "GT", "GE", "LT", "LE")

_WORDS = {
    "bizStep": "BizStep",
    "disposition": "Disp",
    "persistentDisposition_set": "Disp",
    "persistentDisposition_unset": "Disp",
    "errorReason": "ER",
    "type": "Measurement",
}
"""Fields whose values are words, and the vocabulary of each."""

_TYPES = {"bizTransaction": "BTT", "source": "SDT", "destination": "SDT"}

_MATCHED = (
    *("epc", "parentID", "inputEPC", "outputEPC", "anyEPC"),
    *("epcClass", "inputEPCClass", "outputEPCClass", "anyEPCClass"),
)

_NAMED = (
    *("transformationID", "eventID", "correctiveEventID", "deviceID", "dataProcessingMethod"),
    *("microorganism", "chemicalSubstance", "bizRules", "uriValue"),
)

_PLACES = "ILMD_|ERROR_DECLARATION_|SENSORELEMENT_|SENSORMETADATA_|SENSORREPORT_|readPoint_|bizLocation_"
_NAME = r"([A-Za-z][^\s|]*:[^\s|]+)"

_PATTERNS = (
    (re.compile(r"EQ_(bizTransaction|source|destination)_([^\s|]+)"), _typed),
    (re.compile(r"(EQ|GT|GE|LT|LE)_(quantity|value|minValue|maxValue|meanValue|sDev|percValue)_([A-Z0-9]{2,4})"), _measured),
    (re.compile(r"EQ_?ATTR_([^\s|]+)_([^\s|_]+)"), _attribute),
    (re.compile(r"HASATTR_([^\s|]+)"), _having),
    (re.compile(rf"(EQ|GT|GE|LT|LE|EXISTS)_(INNER_)?({_PLACES})?{_NAME}"), _extended),
)

_FIXED = _fixed()
