"""What may stand where in EPCIS XML 2.0 and 1.2, in our own notation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chaintwin.events.xml.rules.grammar import Kind, kind_of

SBDH: Final = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
"""Namespace of the header that says who sends and who receives."""

EVENTS: Final = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
"""The types of events of EPCIS 2.0."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of EPCIS XML.

    Parameters
    ----------
    version : ``2.0`` or ``1.2``. kinds : of elements, by name. roots : kind of the element that a document begins with, by its
    name with namespace. globals : kinds of elements that are checked wherever they stand.
    """

    version: str
    kinds: Mapping[str, Kind]
    roots: Mapping[str, str]
    globals: Mapping[str, str]


def namespace_of(version: str, schema: str = "epcis") -> str:
    """Return the namespace of a schema (``epcis``, ``epcis-query``, ``epcis-masterdata``) in an edition.

    Example
    -------
    >>> namespace_of("1.2", "epcis-query")
    'urn:epcglobal:epcis-query:xsd:1'
    """
    return f"urn:epcglobal:{schema}:xsd:{version[0]}"


@lru_cache(maxsize=2)
def edition(version: str) -> Edition:
    """Return an edition, ``2.0`` or ``1.2``."""
    own, query, master = (namespace_of(version, schema) for schema in ("epcis", "epcis-query", "epcis-masterdata"))
    namespaces = {"sbdh": SBDH, "query": query}
    tables = ((own, {**_SHARED, **_EDITIONS[version]}), (query, _QUERY), (master, _MASTER), (SBDH, _BUSINESS_HEADER))
    kinds = {
        name: kind_of(name, notation, target=target, namespaces=namespaces, attributes=attributes, form=form, mixed=mixed)
        for target, table in tables
        for name, (notation, attributes, form, mixed) in {name: _filled(row) for name, row in table.items()}.items()
    }
    if version == "1.2":
        time = "dateTime"
        kinds["SubscriptionControls"] = kind_of(
            "SubscriptionControls",
            _QUERY["SubscriptionControls"][0].replace("stamp", time),
            target=query,
            namespaces=namespaces,
        )
    roots = {
        f"{{{own}}}EPCISDocument": "EPCISDocument",
        f"{{{query}}}EPCISQueryDocument": "EPCISQueryDocument",
        f"{{{master}}}EPCISMasterDataDocument": "EPCISMasterDataDocument",
    }
    everywhere = {
        f"{{{own}}}EPCISDocument": "EPCISDocument",
        f"{{{SBDH}}}StandardBusinessDocumentHeader": "BusinessHeader",
        f"{{{SBDH}}}CorrelationInformation": "CorrelationInformation",
        f"{{{SBDH}}}BusinessService": "BusinessService",
    }
    return Edition(version, kinds, roots, everywhere)


def _filled(row: tuple[str, ...]) -> tuple[str, str, str, bool]:
    """Return notation, attributes, form and whether text is mixed in, of a row that leaves the last ones out."""
    padded = (*row, "", "", "")
    return padded[0], padded[1], padded[2], padded[3] == "mixed"


_WHY: Final = "bizStep:uri? disposition:uri?"
_WHERE: Final = "readPoint:Place? bizLocation:Place?"
_PARTIES: Final = "sourceList? destinationList?"
_STATE: Final = "sensorElementList? persistentDisposition?"
_TAIL: Final = "extension:Others? other*"
_OLD_TAIL: Final = "extension:{}Extension? other*"
_BASE: Final = (
    "eventTime:stamp recordTime:stamp? eventTimeZoneOffset:string eventID:uri? errorDeclaration? certificationInfo:uri? "
    "baseExtension:Others?"
)
_OLD_BASE: Final = "eventTime:dateTime recordTime:dateTime? eventTimeZoneOffset:string baseExtension?"

_SHARED: Final[Mapping[str, tuple[str, ...]]] = {
    "EPCISDocument": (
        "EPCISHeader? EPCISBody extension:Locals? other*",
        "schemaVersion!=decimal creationDate!=dateTime *",
    ),
    "EPCISBody": ("EventList? extension:Locals? other*", "*"),
    "HeaderExtension": ("EPCISMasterData? extension:Locals?", "*"),
    "EPCISMasterData": ("VocabularyList extension:ClosedLocals?",),
    "VocabularyList": ("Vocabulary*",),
    "Vocabulary": ("VocabularyElementList? extension:Locals? other*", "type!=uri *"),
    "VocabularyElementList": ("VocabularyElement+",),
    "VocabularyElement": ("attribute* children:Ids? extension:Locals? other*", "id!=uri *"),
    "Attribute": ("", "id!=uri *", "", "mixed"),
    "Ids": ("id:uri*", "*"),
    "Locals": ("local+", "*"),
    "ClosedLocals": ("local+",),
    "Others": ("other+", "*"),
    "EpcList": ("epc:string*",),
    "QuantityList": ("quantityElement*",),
    "QuantityElement": ("epcClass:uri (quantity:decimal~ uom:string?)?",),
    "Place": ("id:uri extension:Locals? other*",),
    "BizTransactionList": ("bizTransaction+",),
    "BizTransaction": ("", "type=uri", "uri"),
    "SourceList": ("source:Party+",),
    "DestinationList": ("destination:Party+",),
    "Party": ("", "type!=uri", "uri"),
    "Ilmd": ("extension:Locals? other*", "*"),
    "CorrectiveEventIDs": ("correctiveEventID:uri*",),
}

_EDITIONS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "2.0": {
        "EPCISHeader": ("sbdh.StandardBusinessDocumentHeader:BusinessHeader? extension:HeaderExtension?", "*"),
        "EventList": (f"({'|'.join(EVENTS)}|extension:Others)*", "*"),
        "ErrorDeclaration": (
            "(declarationTime:stamp|reason:uri|correctiveEventIDs|extension:Locals|other)*",
            "*",
        ),
        "SensorElementList": ("sensorElement+ extension:Locals?",),
        "SensorElement": ("sensorMetadata? sensorReport+ extension:Locals? other*",),
        "SensorMetadata": (
            "",
            "time=stamp deviceID=uri deviceMetadata=uri rawData=uri startTime=stamp endTime=stamp bizRules=uri "
            "dataProcessingMethod=uri *",
            "string",
        ),
        "SensorReport": (
            "",
            "type=uri value=double component=uri stringValue=string booleanValue=boolean hexBinaryValue=hexBinary uriValue=uri "
            "uom=string minValue=double maxValue=double sDev=double chemicalSubstance=uri microorganism=uri deviceID=uri "
            "deviceMetadata=uri rawData=uri time=stamp meanValue=double percRank=double percValue=double "
            "dataProcessingMethod=uri coordinateReferenceSystem=uri exception=uri *",
            "string",
        ),
        "PersistentDisposition": ("unset:uri* set:uri*",),
        "ObjectEvent": (
            f"{_BASE} epcList? action:action {_WHY} {_WHERE} bizTransactionList? quantityList? {_PARTIES} {_STATE} ilmd? {_TAIL}",
            "*",
        ),
        "AggregationEvent": (
            f"{_BASE} parentID:uri? childEPCs:EpcList? action:action {_WHY} {_WHERE} bizTransactionList? "
            f"childQuantityList:QuantityList? {_PARTIES} {_STATE} {_TAIL}",
            "*",
        ),
        "TransactionEvent": (
            f"{_BASE} bizTransactionList parentID:uri? epcList? action:action {_WHY} {_WHERE} quantityList? "
            f"{_PARTIES} {_STATE} {_TAIL}",
            "*",
        ),
        "TransformationEvent": (
            f"{_BASE} inputEPCList:EpcList? inputQuantityList:QuantityList? outputEPCList:EpcList? "
            f"outputQuantityList:QuantityList? transformationID:uri? {_WHY} {_WHERE} bizTransactionList? "
            f"{_PARTIES} {_STATE} ilmd? {_TAIL}",
            "*",
        ),
        "AssociationEvent": (
            f"{_BASE} parentID:uri childEPCs:EpcList? childQuantityList:QuantityList? action:action {_WHY} {_WHERE} "
            f"bizTransactionList? {_PARTIES} {_STATE} {_TAIL}",
            "*",
        ),
    },
    "1.2": {
        "EPCISHeader": ("sbdh.StandardBusinessDocumentHeader:BusinessHeader extension:HeaderExtension? other*", "*"),
        "EventList": (
            "(ObjectEvent|AggregationEvent|QuantityEvent|TransactionEvent|extension:EventListExtension)*",
            "*",
        ),
        "EventListExtension": ("(TransformationEvent|extension:Locals)",),
        "BaseExtension": ("eventID:uri? errorDeclaration? extension:Locals?", "*"),
        "ErrorDeclaration": ("declarationTime:dateTime reason:uri? correctiveEventIDs? extension:Locals? other*", "*"),
        "ObjectEvent": (
            f"{_OLD_BASE} epcList action:action {_WHY} {_WHERE} bizTransactionList? {_OLD_TAIL.format('Object')}",
            "*",
        ),
        "ObjectExtension": (f"quantityList? {_PARTIES} ilmd? extension:Locals?", "*"),
        "AggregationEvent": (
            f"{_OLD_BASE} parentID:uri? childEPCs:EpcList action:action {_WHY} {_WHERE} bizTransactionList? "
            f"{_OLD_TAIL.format('Aggregation')}",
            "*",
        ),
        "AggregationExtension": (f"childQuantityList:QuantityList? {_PARTIES} extension:Locals?", "*"),
        "QuantityEvent": (
            f"{_OLD_BASE} epcClass:uri quantity:int {_WHY} {_WHERE} bizTransactionList? extension:Locals? other*",
            "*",
        ),
        "TransactionEvent": (
            f"{_OLD_BASE} bizTransactionList parentID:uri? epcList action:action {_WHY} {_WHERE} "
            f"{_OLD_TAIL.format('Transaction')}",
            "*",
        ),
        "TransactionExtension": (f"quantityList? {_PARTIES} extension:Locals?", "*"),
        "TransformationEvent": (
            f"{_OLD_BASE} inputEPCList:EpcList? inputQuantityList:QuantityList? outputEPCList:EpcList? "
            f"outputQuantityList:QuantityList? transformationID:uri? {_WHY} {_WHERE} bizTransactionList? {_PARTIES} ilmd? "
            "extension:Locals? other*",
            "*",
        ),
    },
}

_QUERY: Final[Mapping[str, tuple[str, ...]]] = {
    "EPCISQueryDocument": (
        "EPCISHeader? EPCISBody:QueryBody extension:Locals? other*",
        "schemaVersion!=decimal creationDate!=dateTime *",
    ),
    "QueryBody": ("(query.QueryResults|query.Poll|query.Subscribe)",),
    "QueryResults": ("queryName:string subscriptionID:string? resultsBody extension:Locals? other*",),
    "ResultsBody": ("(EventList|VocabularyList)",),
    "Poll": ("queryName:string params",),
    "Subscribe": ("queryName:string params dest:uri controls:SubscriptionControls subscriptionID:string",),
    "Params": ("param*",),
    "Param": ("name:string value:Anything",),
    "Anything": ("", "*", "", "mixed"),
    "SubscriptionControls": ("schedule? trigger:uri? initialRecordTime:stamp? reportIfEmpty:boolean extension:Locals? other*",),
    "Schedule": (
        "second:string? minute:string? hour:string? dayOfMonth:string? month:string? dayOfWeek:string? extension:Locals? other*",
    ),
}

_MASTER: Final[Mapping[str, tuple[str, ...]]] = {
    "EPCISMasterDataDocument": (
        "EPCISHeader? EPCISBody:MasterDataBody extension:Locals? other*",
        "schemaVersion!=decimal creationDate!=dateTime *",
    ),
    "MasterDataBody": ("VocabularyList? extension:Locals? other*", "*"),
}

_BUSINESS_HEADER: Final[Mapping[str, tuple[str, ...]]] = {
    "BusinessHeader": (
        "in:sbdh HeaderVersion:string Sender:Partner+ Receiver:Partner+ DocumentIdentification Manifest? BusinessScope?",
    ),
    "Partner": ("in:sbdh Identifier:PartnerIdentification ContactInformation*",),
    "PartnerIdentification": ("", "Authority=string", "string"),
    "ContactInformation": (
        "in:sbdh Contact:string EmailAddress:string? FaxNumber:string? TelephoneNumber:string? ContactTypeIdentifier:string?",
    ),
    "DocumentIdentification": (
        "in:sbdh Standard:string TypeVersion:string InstanceIdentifier:string Type:string MultipleType:boolean? "
        "CreationDateAndTime:dateTime",
    ),
    "Manifest": ("in:sbdh NumberOfItems:integer ManifestItem+",),
    "ManifestItem": (
        "in:sbdh MimeTypeQualifierCode:string UniformResourceIdentifier:uri Description:string? LanguageCode:string?",
    ),
    "BusinessScope": ("in:sbdh Scope*",),
    "Scope": ("in:sbdh Type:string InstanceIdentifier:string Identifier:string? (CorrelationInformation|BusinessService)*",),
    "CorrelationInformation": (
        "in:sbdh RequestingDocumentCreationDateTime:dateTime? RequestingDocumentInstanceIdentifier:string? "
        "ExpectedResponseDateTime:dateTime?",
    ),
    "BusinessService": ("in:sbdh BusinessServiceName:string? ServiceTransaction?",),
    "ServiceTransaction": (
        "",
        "TypeOfServiceTransaction=service IsNonRepudiationRequired=string IsAuthenticationRequired=string "
        "IsNonRepudiationOfReceiptRequired=string IsIntegrityCheckRequired=string IsApplicationErrorResponseRequested=string "
        "TimeToAcknowledgeReceipt=string TimeToAcknowledgeAcceptance=string TimeToPerform=string Recurrence=string",
    ),
}
