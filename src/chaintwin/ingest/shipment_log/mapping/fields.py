"""What the columns of a shipment log can mean: the vocabulary of a mapping file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldKind(StrEnum):
    """What the cells of a field hold."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Field:
    """One meaning a column can have.

    Parameters
    ----------
    name : name of the field in a mapping file.
    kind : what its cells hold.
    meaning : one sentence for people.
    headers : headers under which it is met, in lower case without signs, the usual ones first, English and German.
    required : a log without it cannot become a network.
    """

    name: str
    kind: FieldKind
    meaning: str
    headers: tuple[str, ...] = ()
    required: bool = False


FIELDS: tuple[Field, ...] = (
    Field(
        "shipment_id",
        FieldKind.TEXT,
        "Name of the line or shipment; cross references point to it.",
        (
            "id",
            "shipment id",
            "shipment",
            "line id",
            "delivery id",
            "shipment number",
            "sendung",
            "sendungsnummer",
            "lieferung",
            "lieferungsnummer",
            "lieferschein",
            "delivery",
        ),
    ),
    Field(
        "document",
        FieldKind.TEXT,
        "Delivery note or shipping notice that several lines share.",
        ("asn dn", "asn", "delivery note", "dispatch note", "waybill", "frachtbrief", "lieferscheinnummer"),
    ),
    Field(
        "product",
        FieldKind.TEXT,
        "What was moved.",
        (
            "item description",
            "product",
            "product id",
            "item",
            "sku",
            "material",
            "article",
            "artikel",
            "artikelnummer",
            "produkt",
            "materialnummer",
        ),
        required=True,
    ),
    Field(
        "product_group", FieldKind.TEXT, "Group of the product.", ("product group", "category", "warengruppe", "produktgruppe")
    ),
    Field(
        "substance",
        FieldKind.TEXT,
        "What the product is made of, across brands and packs.",
        ("molecule test type", "molecule", "substance", "wirkstoff"),
    ),
    Field(
        "origin",
        FieldKind.TEXT,
        "Site the goods came from.",
        (
            "manufacturing site",
            "origin",
            "from",
            "ship from",
            "from site",
            "plant",
            "source",
            "werk",
            "von",
            "abgangsort",
            "absender",
            "versandort",
        ),
    ),
    Field(
        "origin_country",
        FieldKind.TEXT,
        "Country of the site the goods came from: a name or ISO code.",
        ("origin country", "from country", "ship from country", "versandland", "abgangsland"),
    ),
    Field("vendor", FieldKind.TEXT, "Company that sold the goods.", ("vendor", "supplier", "seller", "lieferant", "verkaufer")),
    Field(
        "destination",
        FieldKind.TEXT,
        "Market or site the goods went to.",
        (
            "country",
            "destination",
            "to",
            "ship to",
            "to site",
            "customer",
            "nach",
            "ziel",
            "empfanger",
            "kunde",
            "land",
            "empfangsort",
        ),
        required=True,
    ),
    Field(
        "destination_country",
        FieldKind.TEXT,
        "Country of the market or site the goods went to: a name or ISO code.",
        ("destination country", "to country", "ship to country", "zielland", "empfangerland"),
    ),
    Field(
        "carrier",
        FieldKind.TEXT,
        "Company that moved the goods; its punctuality is in the report where `promised` is known.",
        ("carrier", "forwarder", "freight forwarder", "spediteur", "spedition"),
    ),
    Field(
        "route",
        FieldKind.TEXT,
        "Whether the goods came straight from the vendor or out of a hub.",
        ("fulfill via", "fulfil via", "route", "via", "lieferweg"),
    ),
    Field(
        "incoterm",
        FieldKind.TEXT,
        "Who bears cost and risk.",
        ("vendor inco term", "incoterm", "inco term", "incoterms", "lieferbedingung"),
    ),
    Field(
        "mode",
        FieldKind.TEXT,
        "Means of transport.",
        ("shipment mode", "mode", "transport mode", "mode of transport", "versandart", "transportart", "verkehrstrager"),
    ),
    Field(
        "ordered",
        FieldKind.DATE,
        "Day the order was placed; several columns may be named, the best first.",
        (
            "po sent to vendor date",
            "pq first sent to client date",
            "order date",
            "ordered",
            "ordered on",
            "po date",
            "bestelldatum",
            "auftragsdatum",
            "bestellt am",
            "bestellt",
        ),
    ),
    Field(
        "promised",
        FieldKind.DATE,
        "Day the delivery was promised for.",
        (
            "scheduled delivery date",
            "promised date",
            "promised",
            "due date",
            "requested date",
            "wunschtermin",
            "liefertermin",
            "zugesagt am",
            "zugesagt",
            "solltermin",
        ),
    ),
    Field(
        "shipped",
        FieldKind.DATE,
        "Day the goods left.",
        ("ship date", "shipped", "shipped on", "dispatch date", "versanddatum", "versendet am", "versandt am", "abgangsdatum"),
    ),
    Field(
        "delivered",
        FieldKind.DATE,
        "Day the goods arrived; blank while the shipment is open.",
        (
            "delivered to client date",
            "delivery date",
            "delivered",
            "delivered on",
            "arrival date",
            "received",
            "lieferdatum",
            "geliefert am",
            "geliefert",
            "eingangsdatum",
            "ankunftsdatum",
        ),
    ),
    Field(
        "recorded",
        FieldKind.DATE,
        "Day the arrival was written down.",
        ("delivery recorded date", "recorded", "recorded on", "erfasst am", "buchungsdatum"),
    ),
    Field(
        "quantity",
        FieldKind.NUMBER,
        "Units moved.",
        ("line item quantity", "quantity", "qty", "units", "amount", "menge", "stuck", "anzahl", "stuckzahl"),
        required=True,
    ),
    Field(
        "value",
        FieldKind.NUMBER,
        "Value of the line.",
        ("line item value", "value", "line value", "total value", "wert", "warenwert", "betrag"),
    ),
    Field(
        "unit_price",
        FieldKind.NUMBER,
        "Price of one unit, where the line has no value.",
        ("pack price", "unit price", "price", "preis", "stuckpreis", "einzelpreis"),
    ),
    Field(
        "weight",
        FieldKind.NUMBER,
        "Weight of the shipment in kilograms.",
        ("weight kilograms", "weight", "weight kg", "gross weight", "gewicht", "gewicht kg", "bruttogewicht"),
    ),
    Field(
        "freight",
        FieldKind.NUMBER,
        "Cost of moving the shipment.",
        (
            "freight cost usd",
            "freight",
            "freight cost",
            "transport cost",
            "shipping cost",
            "fracht",
            "frachtkosten",
            "transportkosten",
        ),
    ),
    Field(
        "insurance",
        FieldKind.NUMBER,
        "Cost of insuring the line.",
        ("line item insurance usd", "insurance", "insurance cost", "versicherung"),
    ),
    Field(
        "currency",
        FieldKind.TEXT,
        "ISO 4217 code of the amounts of the line, under a header such as `Curr.` or `Währung`.",
    ),
    Field(
        "pack_size",
        FieldKind.NUMBER,
        "Smaller units in one unit.",
        ("unit of measure per pack", "pack size", "units per pack", "packungsgrosse"),
    ),
    Field("pack_unit", FieldKind.TEXT, "Name of the smaller unit.", ("dosage form", "pack unit", "packungseinheit")),
)
"""Every field a column of a transaction log can be mapped to."""

FIELD_NAMES: frozenset[str] = frozenset(item.name for item in FIELDS)


def field(name: str) -> Field:
    """Return the field of that name; KeyError if there is none."""
    for candidate in FIELDS:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
