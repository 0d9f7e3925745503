"""What EPCIS 2.0.1 allows in JSON, as JSON schemas in our own words.

Each part says under ``allowed`` and ``fix`` what people are told when it is not met; validators don't look at these. One schema
is made for each type of event, one for what is around the events of each kind of document.
"""

from __future__ import annotations

from typing import Any, Final

from chaintwin.events.checking.words import (
    ACTIONS,
    BUSINESS_STEPS,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    MEASUREMENTS,
    PARTY_TYPES,
    SENSOR_ALERTS,
    TRANSACTION_TYPES,
)

Schema = dict[str, Any]

EXTENDED: Final = "extended"
"""Name of the schema for every type that is none of the five."""


def event_schema(kind: str, *, of_xml: bool = False) -> Schema:
    """Return the schema of one event.

    Parameters
    ----------
    kind : one of the five types, or ``EXTENDED``.
    of_xml : whether it was read from XML, where a sensor report may have an exception in place of a type.
    """
    if of_xml and kind != EXTENDED:
        schema = event_schema(kind)
        schema["properties"]["sensorElementList"] = _list(_sensor_element(of_xml=True), "a list of sensor elements")
        return schema
    if kind == EXTENDED:
        described = "a type of an extension: a prefix and a name, or a full URI"
        return _object({**_EVERY_EVENT, "type": _uri(described)}, required=("type", *_REQUIRED), names="")
    fields, required, conditions = _KINDS[kind]()
    return _object({**_EVERY_EVENT, "type": {"enum": [kind]}, **fields}, required=("type", *_REQUIRED, *required)) | {
        "allOf": conditions
    }


def plain_fields_schema() -> Schema:
    """Return the schema of the fields of EPCIS in an event that may have any of them: what an extended type is held to."""
    fields = {
        "parentID": _URI,
        "epcList": _list(_URI, "a list of names of objects"),
        "childEPCs": _list(_URI, "a list of names of objects"),
        "inputEPCList": _list(_URI, "a list of names of objects"),
        "outputEPCList": _list(_URI, "a list of names of objects"),
        "transformationID": _URI,
        "persistentDisposition": _persistent(),
        "ilmd": _ILMD,
        **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _QUANTITIES),
        **_with_action(),
    }
    return _object(fields, names="")


def document_schema() -> Schema:
    """Return the schema of an EPCISDocument without its events."""
    body = {"type": "object", "required": ["eventList"], "properties": {"eventList": {"type": "array", **_EVENTS}}, **_BODY}
    fields: Schema = {
        "id": _URI,
        "type": {"enum": ["EPCISDocument"]},
        "@context": _CONTEXT,
        "schemaVersion": _VERSION,
        "creationDate": _TIME,
        "instanceIdentifier": _TEXT,
        "sender": _TEXT,
        "receiver": _TEXT,
        "epcisHeader": _header(),
        "epcisBody": body,
    }
    return _object(fields, required=("@context", "type", "schemaVersion", "creationDate", "epcisBody"))


def query_document_schema() -> Schema:
    """Return the schema of an EPCISQueryDocument without its events."""
    results = _object(
        {"eventList": {"type": "array", **_EVENTS}, "vocabularyList": _vocabulary_list()},
        required=("eventList",),
    )
    answer = _object({"queryName": _TEXT, "subscriptionID": _TEXT, "resultsBody": results}, required=("queryName", "resultsBody"))
    fields: Schema = {
        "@context": _CONTEXT,
        "id": _URI,
        "type": {"enum": ["EPCISQueryDocument"]},
        "schemaVersion": _VERSION,
        "creationDate": _TIME,
        "epcisBody": _object({"queryResults": answer}, required=("queryResults",)),
    }
    return _object(fields, required=("@context", "type", "epcisBody"))


def _uri(allowed: str, fix: str = "") -> Schema:
    return {"type": "string", "format": "uri", "allowed": allowed, "fix": fix}


def _list(items: Schema, allowed: str, *, least: int = 0, unique: bool = False) -> Schema:
    schema: Schema = {"type": "array", "items": items, "allowed": allowed}
    if least:
        schema["minItems"] = least
    if unique:
        schema["uniqueItems"] = True
    return schema


def _word(words: tuple[str, ...], what: str) -> Schema:
    """Return the schema of a word of a vocabulary: a bare word, or a URI that is not the old spelling of one."""
    return {
        "anyOf": [{"enum": list(words)}, {"type": "string", "format": "uri", "not": {"pattern": _OLD_WORD}}],
        "words": words,
        "allowed": f"{what} of the Core Business Vocabulary, or a URI of a vocabulary of your own",
    }


def _gs1_word(words: tuple[str, ...], what: str) -> Schema:
    return {
        "anyOf": [{"enum": list(words)}, {"type": "string", "format": "uri", "not": {"pattern": _WEB_WORD}}],
        "words": words,
        "allowed": f"{what} of the GS1 Web Vocabulary written bare, or a URI of a vocabulary of your own",
    }


def _object(fields: Schema, *, required: tuple[str, ...] = (), names: str = "prefixed", allowed: str = "an object") -> Schema:
    """Return the schema of an object.

    Parameters
    ----------
    fields : schema of each field. required : those that must be there.
    names : ``prefixed`` takes also fields with a prefix, ``only`` none but those given, an empty text any.
    """
    schema: Schema = {"type": "object", "properties": fields, "allowed": allowed}
    if required:
        schema["required"] = list(required)
    if names == "only":
        schema["additionalProperties"] = False
    elif names:
        schema["propertyNames"] = {"anyOf": [{"enum": list(fields)}, {"format": "uri"}]}
    return schema


def _typed(item: str, kind: Schema, *, required: tuple[str, ...]) -> Schema:
    return _object(
        {"type": kind, item: _URI}, required=required, names="only", allowed=f"an object with {' and '.join(required)}"
    )


def _vocabulary_list() -> Schema:
    attribute = _object(
        {"id": _URI, "attribute": {"type": ["number", "string", "object"], "allowed": "a number, a text or an object"}},
        required=("id",),
        names="",
    )
    children = _list(_URI, "a list of URIs")
    attributes = _list(attribute, "a list of attributes")
    element = _object({"id": _URI, "attributes": attributes, "children": children}, required=("id",), names="")
    elements = _list(element, "a list of vocabulary elements")
    vocabulary = _object({"type": _URI, "vocabularyElementList": elements}, required=("type",), names="")
    return _list(vocabulary, "a list of vocabularies")


def _header() -> Schema:
    return _object({"epcisMasterData": _object({"vocabularyList": _vocabulary_list()}, names="")})


def _object_event() -> tuple[Schema, tuple[str, ...], list[Schema]]:
    fields = {
        "epcList": _list(_URI, "a list of different names of objects", unique=True),
        "quantityList": _QUANTITIES,
        "persistentDisposition": _persistent(),
        "ilmd": _ILMD,
        **_with_action(),
    }
    sensed = _has("sensorElementList") | {"required": ["sensorElementList", "readPoint"]}
    what = {
        "anyOf": [{"required": ["epcList"]}, _has("quantityList"), sensed],
        "code": "event.what",
        "allowed": "epcList, a quantityList that is not empty, or sensorElementList with a readPoint",
        "fix": "say what the event is about, with an empty epcList if it is about a place only",
    }
    master = {
        "if": {"properties": {"action": {"enum": ["OBSERVE", "DELETE"]}}, "required": ["action"]},
        "then": {
            "properties": {"ilmd": False},
            "code": "event.master_data",
            "allowed": "ilmd only where the action is ADD",
            "fix": "take ilmd out, or set the action to ADD if the objects begin here",
        },
    }
    return fields, ("action",), [what, master]


def _children_event(required: tuple[str, ...]) -> tuple[Schema, tuple[str, ...], list[Schema]]:
    fields = {
        "parentID": _URI,
        "childEPCs": _list(_URI, "a list of names of objects"),
        "childQuantityList": _QUANTITIES,
        "persistentDisposition": _ANYTHING,
        **_with_action(),
    }
    condition = {
        "if": _NOT_DELETE,
        "then": {
            "anyOf": [_has("childEPCs"), _has("childQuantityList")],
            "code": "event.what",
            "allowed": "childEPCs or childQuantityList that is not empty, unless the action is DELETE",
            "fix": "name the children",
        },
    }
    return fields, required, [condition]


def _aggregation_event() -> tuple[Schema, tuple[str, ...], list[Schema]]:
    return _children_event(("action",))


def _association_event() -> tuple[Schema, tuple[str, ...], list[Schema]]:
    return _children_event(("action", "parentID"))


def _transaction_event() -> tuple[Schema, tuple[str, ...], list[Schema]]:
    fields = {
        "parentID": _URI,
        "epcList": _list(_URI, "a list of names of objects"),
        "quantityList": _QUANTITIES,
        "persistentDisposition": _ANYTHING,
        **_with_action(),
        "bizTransactionList": _list(_TRANSACTION, "a list of business transactions that is not empty", least=1),
    }
    condition = {
        "if": _NOT_DELETE,
        "then": {
            "anyOf": [{"required": ["epcList"]}, _has("quantityList")],
            "code": "event.what",
            "allowed": "epcList, or a quantityList that is not empty, unless the action is DELETE",
            "fix": "name the objects",
        },
    }
    return fields, ("bizTransactionList", "action"), [condition]


def _transformation_event() -> tuple[Schema, tuple[str, ...], list[Schema]]:
    objects = _list(_URI, "a list of different names of objects", unique=True)
    fields = {
        "inputEPCList": objects,
        "inputQuantityList": _QUANTITIES,
        "outputEPCList": objects,
        "outputQuantityList": _QUANTITIES,
        "transformationID": _URI,
        "persistentDisposition": _persistent(),
        "ilmd": _ILMD,
        **_shared(),
    }
    inputs = {"anyOf": [_has("inputEPCList"), _has("inputQuantityList")]}
    outputs = {"anyOf": [_has("outputEPCList"), _has("outputQuantityList")]}
    condition = {
        "if": {"required": ["transformationID"]},
        "then": {
            "anyOf": [inputs, outputs],
            "code": "event.what",
            "allowed": "with a transformationID inputs or outputs, which are not empty",
            "fix": "name what went in or came out",
        },
        "else": {
            "anyOf": [{"allOf": [inputs, outputs]}],
            "code": "event.what",
            "allowed": "inputs and outputs, which are not empty, or a transformationID with one of them",
            "fix": "name what went in and what came out, or give all parts of one transformation the same transformationID",
        },
    }
    return fields, (), [condition]


def _has(name: str) -> Schema:
    return {"required": [name], "properties": {name: {"type": "array", "minItems": 1}}}


def _shared() -> Schema:
    """Return the fields of why, where and how that all five types have."""
    place = _object({"id": _URI}, required=("id",), names="", allowed="an object with id")
    return {
        "bizStep": _word(BUSINESS_STEPS, "a business step"),
        "disposition": _word(DISPOSITIONS, "a disposition"),
        "readPoint": place,
        "bizLocation": place,
        "bizTransactionList": _list(_TRANSACTION, "a list of business transactions"),
        "sourceList": _list(_typed("source", _word(PARTY_TYPES, "a type"), required=("type", "source")), "a list of sources"),
        "destinationList": _list(
            _typed("destination", _word(PARTY_TYPES, "a type"), required=("type", "destination")), "a list of destinations"
        ),
        "sensorElementList": _list(_sensor_element(), "a list of sensor elements"),
    }


def _with_action() -> Schema:
    return {"action": {"enum": list(ACTIONS), "words": ACTIONS, "allowed": "OBSERVE, ADD or DELETE"}, **_shared()}


def _persistent() -> Schema:
    words = _list(_word(DISPOSITIONS, "a disposition"), "a list of different dispositions, at least one", least=1, unique=True)
    schema = _object({"set": words, "unset": words}, names="only", allowed="an object with set, unset or both")
    return schema | {"anyOf": [{"required": ["set"]}, {"required": ["unset"]}]}


def _sensor_element(*, of_xml: bool = False) -> Schema:
    names = ("deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules")
    uris = dict.fromkeys(names, _URI)
    numbers = dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"), _NUMBER)
    metadata = _object({"time": _TIME, "startTime": _TIME, "endTime": _TIME, **uris})
    report = _object(
        {
            "type": _gs1_word(MEASUREMENTS, "a measurement"),
            "exception": _gs1_word(SENSOR_ALERTS, "an alert"),
            "time": _TIME,
            "microorganism": _URI,
            "chemicalSubstance": _URI,
            "coordinateReferenceSystem": _URI,
            "component": _word(COMPONENTS, "a component"),
            "stringValue": _TEXT,
            "booleanValue": {"type": "boolean", "allowed": "true or false"},
            "hexBinaryValue": {"type": "string", "pattern": "^[A-Fa-f0-9]+$", "allowed": "hexadecimal digits"},
            "uriValue": _URI,
            "uom": _TEXT,
            **uris,
            **numbers,
        },
        required=() if of_xml else ("type",),
    )
    if of_xml:
        report["anyOf"] = [{"required": ["type"]}, {"required": ["exception"]}]
    reports = _list(report, "a list of sensor reports, at least one", least=1)
    return _object({"sensorMetadata": metadata, "sensorReport": reports}, required=("sensorReport",))


_OLD_WORD: Final = r"^(urn:epcglobal:cbv|https?://ns\.gs1\.org/cbv/)"
_WEB_WORD: Final = r"^(https?://gs1\.org/voc/|https?://www\.gs1\.org/voc/)"

_ANYTHING: Final[Schema] = {}
_NOT_DELETE: Final[Schema] = {"not": {"properties": {"action": {"const": "DELETE"}}, "required": ["action"]}}
_URI: Final = _uri("a URI such as urn:epc:id:sgtin:0614141.107346.2017 or https://id.gs1.org/01/…", "write it as a URI")
_TEXT: Final[Schema] = {"type": "string", "allowed": "a text"}
_NUMBER: Final[Schema] = {"type": "number", "allowed": "a number without quotes"}
_VERSION: Final[Schema] = {"type": "string", "pattern": r"^\d+(\.\d+)*$", "allowed": 'a version such as "2.0"'}
_TIME: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    "allowed": "a date and time with an offset, such as 2026-03-04T11:00:30.000+01:00",
}
_OFFSET: Final[Schema] = {
    "type": "string",
    "pattern": "^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$",
    "allowed": "an offset from UTC between -14:00 and +14:00, such as +01:00",
}
_CONTEXT: Final[Schema] = {
    "anyOf": [
        {"type": "string", "format": "uri"},
        {"type": "object"},
        {"type": "array", "uniqueItems": True, "items": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "object"}]}},
    ],
    "allowed": "an address, an object of prefixes, or a list of different ones",
    "fix": '"@context": ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"] and the prefixes of your extensions',
}
_QUANTITIES: Final = _list(
    _object(
        {
            "epcClass": _URI,
            "quantity": _NUMBER,
            "uom": {
                "type": "string",
                "pattern": "^[A-Z0-9]{2,3}$",
                "allowed": "a code of UN/CEFACT Recommendation 20, such as KGM",
            },
        },
        required=("epcClass",),
        names="only",
        allowed="an object with epcClass, quantity and uom",
    ),
    "a list of quantities",
)
_TRANSACTION: Final = _typed("bizTransaction", _word(TRANSACTION_TYPES, "a type"), required=("bizTransaction",))
_ILMD: Final[Schema] = {
    "type": "object",
    "propertyNames": {"format": "uri"},
    "allowed": "an object whose fields have a prefix, such as cbvmda:lotNumber",
}
_EVENTS: Final[Schema] = {"allowed": "a list of events"}
_BODY: Final[Schema] = {"allowed": "an object with eventList"}
_REQUIRED: Final = ("eventTime", "eventTimeZoneOffset")
_EVERY_EVENT: Final[Schema] = {
    "@context": _CONTEXT,
    "eventTime": _TIME,
    "recordTime": _TIME,
    "eventTimeZoneOffset": _OFFSET,
    "eventID": _URI,
    "certificationInfo": {
        "anyOf": [_list(_URI, "URIs"), _URI],
        "allowed": "the URI of a certificate, or a list of such",
    },
    "errorDeclaration": _object(
        {
            "declarationTime": _TIME,
            "reason": _word(ERROR_REASONS, "a reason"),
            "correctiveEventIDs": _list(_URI, "a list of URIs"),
        },
        required=("declarationTime",),
        allowed="an object with declarationTime",
    ),
}
_KINDS: Final = {
    "ObjectEvent": _object_event,
    "AggregationEvent": _aggregation_event,
    "AssociationEvent": _association_event,
    "TransactionEvent": _transaction_event,
    "TransformationEvent": _transformation_event,
}
