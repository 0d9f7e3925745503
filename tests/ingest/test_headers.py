"""Headers in people's own words: what they mean, and what must stay unused."""

from __future__ import annotations

import polars as pl
import pytest

from chaintwin.ingest import guess_mapping
from chaintwin.ingest.shipment_log.mapping.fields import FIELD_NAMES
from chaintwin.ingest.shipment_log.mapping.rules import rules
from chaintwin.ingest.shipment_log.mapping.vocabulary import SYNONYMS, header_words

MEANT = {
    "shipment_id": "Shipment No|Sendungs-Nr.|Delivery No.|Shipment Number",
    "document": "Delivery Note No|Lieferschein-Nr|Waybill",
    "product": "Part|Part No|Item no|Teilenummer|Artikelbezeichnung|Goods|Material Number",
    "origin": "Shipped From|Loading place|Abgangslager|Absender|Sender|Dispatched from",
    "origin_country": "From Country|Versandland|Sender Country",
    "vendor": "Lieferantenname|Supplier name",
    "destination": "Delivered To|Ship-to name|Ship to city|Consignee|Zielort|Warenempfänger|Empfaenger",
    "carrier": "Carrier|Spediteur|Freight Forwarder|Carrier name",
    "incoterm": "Delivery Terms|Lieferbedingungen|Incoterms",
    "mode": "How Sent|Means of transport|Transportmittel|Verkehrsträger|Shipping method",
    "ordered": "Order Taken|Ordered On|Bestellt am|PO Date",
    "promised": "ETA|Requested delivery date|Liefertermin|Due",
    "shipped": "Left On|Departure Date|Dispatched|Versendet am|Picked up on",
    "delivered": "Got There|Date of arrival|Ankunft|Goods received on|Zugestellt am",
    "quantity": "Pieces|Qty shipped|Anzahl Stück|Menge (Stk)|Number of pieces|Quantity (pcs)",
    "value": "Goods Value|Warenwert in EUR|Rechnungsbetrag|Invoice value USD",
    "unit_price": "Unit cost|Price per piece|Stückpreis",
    "weight": "Gross kg|Bruttogewicht (kg)|Weight lbs|Total weight t|Versandgewicht",
    "freight": "Freight Bill EUR|Frachtkosten EUR|Freight €|freight_usd|Shipping cost USD|Transport charges",
}

UNUSED = (
    "Approved By|Invoice Date|Payment Due|Remarks|Freight Terms|Freight Class|Unit Weight|Stückgewicht|Weight per piece|"
    "Invoice No|Customer PO|Order No|Auftragsnummer|Rechnungsdatum|Zahlungsziel|Mengeneinheit|UoM|Unit|Kostenstelle|"
    "Country of Origin|Ursprungsland|Delivery Status|Order Status|Tracking No|Customs value|Insured value|Stock qty|"
    "Qty on hand|Backorder Qty|Return Qty|Damaged pieces|Lead time days|Transit days|Days late|Container No|Bill To|"
    "Sold To|Contact|Ship to phone|Ship to ZIP|Batch|HS Code|Temperature|Driver|Truck plate|Volume m3|Packages|"
    "Valid from|Valid to|Price list|Created on|Customer group|Sales region|Planned ship date|Freight rate|Currency|"
    "Lagerbestand|Expiry date|Order type|Payment terms|Color|Size|Discount|Port of loading|Vehicle type|Received by|"
    "Ordered by"
)


@pytest.mark.parametrize(("name", "header"), [(name, header) for name, texts in MEANT.items() for header in texts.split("|")])
def test_guess_mapping__own_words(name: str, header: str) -> None:
    headers = [header, "To"] if name == "destination_country" else [header]
    assert guess_mapping(headers, pl.DataFrame()).columns.get(name) == (header,)


@pytest.mark.parametrize("header", UNUSED.split("|"))
def test_guess_mapping__other_things_stay_unused(header: str) -> None:
    assert guess_mapping([header], pl.DataFrame()).unused == (header,)


def test_vocabulary__a_word_means_one_thing() -> None:
    words = [word for text in SYNONYMS.values() for word in text.split()]
    assert len(words) == len(set(words))


def test_rules__speak_of_known_fields_and_concepts() -> None:
    known = {*SYNONYMS, "mass unit", "count unit", "piece unit"}
    for rule in rules():
        assert rule.field in FIELD_NAMES
        assert rule.allowed.union(*rule.needed) <= known, rule


@pytest.mark.parametrize(
    ("header", "currency", "unit"),
    [
        ("Freight Bill EUR", "EUR", ""),
        ("Warenwert (€)", "EUR", ""),
        ("value_usd", "USD", ""),
        ("Gross kg", "", "kg"),
        ("Gewicht [t]", "", "t"),
        ("All goods", "", ""),
    ],
)
def test_header_words__currency_and_unit(header: str, currency: str, unit: str) -> None:
    words = header_words(header)
    assert (words.currency, words.unit) == (currency, unit)


def guess(**columns: list[str]) -> dict[str, tuple[str, ...]]:
    log = pl.DataFrame({name.replace("_", " "): cells for name, cells in columns.items()})
    return dict(guess_mapping(log.columns, log).columns)


def test_guess_mapping__cells_that_are_modes() -> None:
    columns = guess(Zustellweg=["LKW", "Bahn", "LKW"], Bemerkung=["a", "b", "c"])
    assert columns == {"mode": ("Zustellweg",)}


def test_guess_mapping__cells_that_are_dates_tell_what_a_header_with_unknown_words_means() -> None:
    assert guess(Gate_left=["2024-01-02", "2024-01-03"]) == {"shipped": ("Gate left",)}
    assert guess(Gate_left=["yes", "no"]) == {}
    assert guess(Invoice_left=["2024-01-02", "2024-01-03"]) == {}


def test_guess_mapping__numbers_of_orders_are_no_days() -> None:
    assert guess(Order=["45325", "45326"]) == {}
    assert guess(Order_Date=["45325", "45326"]) == {"ordered": ("Order Date",)}


def test_guess_mapping__country_is_the_destination_only_where_nothing_nearer_is() -> None:
    assert guess(Country=["Austria", "Italy"]) == {"destination": ("Country",)}
    assert guess(Country=["Austria", "Italy", "Austria"], Ship_To=["Wien", "Roma", "Wien"]) == {
        "destination": ("Ship To",),
        "destination_country": ("Country",),
    }
    # Of each destination several countries: the column says something about another place.
    assert guess(Country=["Austria", "Italy", "Spain"], Ship_To=["Wien", "Wien", "Wien"]) == {"destination": ("Ship To",)}


def test_guess_mapping__currency_of_header_and_cells() -> None:
    log = pl.DataFrame({"Goods Value": ["12.50", "13"], "Freight": ["EUR 3", "EUR 4.20"]})
    assert guess_mapping(log.columns, log).currency == "EUR"
    assert guess_mapping(["Goods Value CHF"], pl.DataFrame({"Goods Value CHF": ["1"]})).currency == "CHF"
    text = guess_mapping(["Goods Value"], pl.DataFrame({"Goods Value": ["1"]})).to_toml()
    assert '# currency = "USD"  # not known' in text


def test_guess_mapping__decimal_comma_of_one_column_settles_the_others() -> None:
    cells = {"Menge": ["1.200 Stk", "10"], "Warenwert": ["12,50 €", "3,00 €"], "Gewicht": ["1,200", "0,040"]}
    assert guess_mapping(list(cells), pl.DataFrame(cells)).decimal_commas == ("Menge", "Warenwert", "Gewicht")
    point = {**cells, "Frachtkosten": ["1.5", "2.5"]}
    assert guess_mapping(list(point), pl.DataFrame(point)).decimal_commas == ("Warenwert", "Gewicht")
