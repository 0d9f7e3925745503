"""Headers in people's own words: what they mean, and what must stay unused."""

from __future__ import annotations

import polars as pl
import pytest

from chaintwin.ingest import guess_mapping
from chaintwin.ingest.shipment_log.mapping.fields import FIELD_NAMES, FieldKind, field
from chaintwin.ingest.shipment_log.mapping.rules import rules
from chaintwin.ingest.shipment_log.mapping.vocabulary import SYNONYMS, header_words

MEANT = {
    "shipment_id": "Shipment No|Sendungs-Nr.|Delivery No.|Shipment Number",
    "document": "Delivery Note No|Lieferschein-Nr|Waybill",
    "product": "Mat.|Sachnummer|Part|Part No|Item no|Teilenummer|Artikelbezeichnung|Goods|Material Number",
    "origin": "Lieferwerk|Supplying Plant|Versandstelle|Shipping Point|SHIP_FROM_ORG|"
    "Shipped From|Loading place|Abgangslager|Absender|Sender|Dispatched from",
    "origin_country": "From Country|Versandland|Sender Country",
    "vendor": "Kreditor|Lieferantenname|Supplier name",
    "destination": "Ship-To Party|Final Dest.|Delivered To|Ship-to name|Ship to city|Consignee|Zielort|Warenempfänger|Empfaenger",
    "carrier": "Carrier|Spediteur|Freight Forwarder|Carrier name",
    "incoterm": "Delivery Terms|Lieferbedingungen|Incoterms",
    "mode": "How Sent|Means of transport|Transportmittel|Verkehrsträger|Shipping method",
    "ordered": "Document Date|Belegdatum|Order Taken|Ordered On|Bestellt am|PO Date",
    "promised": "Must Arrive By|Need By Date|Deliver Before|Latest Delivery|Deadline|Req. Del. Date|Est. Delivery|"
    "Bestätigter Liefertermin|ETA|Requested delivery date|Liefertermin|Due",
    "shipped": "ATD|GI Date|Act. GI Date|Goods Issue Date|Left On|Departure Date|Dispatched|Versendet am|Picked up on",
    "delivered": "ATA|WE-Datum|Delivered At|Goods Receipt Date|Anliefdat. Ist|"
    "Got There|Date of arrival|Ankunft|Goods received on|Zugestellt am",
    "quantity": "Qty (SU)|Del. Qty|Pieces|Qty shipped|Anzahl Stück|Menge (Stk)|Number of pieces|Quantity (pcs)",
    "value": "Goods Value|Warenwert in EUR|Rechnungsbetrag|Invoice value USD",
    "unit_price": "Unit Selling Price|Unit cost|Price per piece|Stückpreis",
    "weight": "Net Wt.|Gr. Wt.|Gross kg|Bruttogewicht (kg)|Weight lbs|Total weight t|Versandgewicht",
    "freight": "Frt Chg|Frt $|Freight Bill EUR|Frachtkosten EUR|Freight €|freight_usd|Shipping cost USD|Transport charges",
}

UNUSED = (
    "Approved By|Invoice Date|Payment Due|Remarks|Freight Terms|Freight Class|Unit Weight|Stückgewicht|Weight per piece|"
    "Invoice No|Customer PO|Order No|Auftragsnummer|Rechnungsdatum|Zahlungsziel|Mengeneinheit|UoM|Unit|Kostenstelle|"
    "Country of Origin|Ursprungsland|Delivery Status|Order Status|Tracking No|Customs value|Insured value|Stock qty|"
    "Qty on hand|Backorder Qty|Return Qty|Damaged pieces|Lead time days|Transit days|Days late|Container No|Bill To|"
    "Sold To|Contact|Ship to phone|Ship to ZIP|Batch|HS Code|Temperature|Driver|Truck plate|Volume m3|Packages|"
    "Valid from|Valid to|Price list|Created on|Customer group|Sales region|Planned ship date|Freight rate|Currency|"
    "Lagerbestand|Expiry date|Order type|Payment terms|Color|Size|Discount|Port of loading|Vehicle type|Received by|"
    "Ordered by|Planned GI Date|Pl. GI Date|Document Type|Created By|Confirmed Qty|Commodity Code|Customer Service|"
    "Sales Document|"
    "SU|Service Fee|Freight Currency|Declared weight|Belegart|Delivery charge code|Etd status"
)


@pytest.mark.parametrize(("name", "header"), [(name, header) for name, texts in MEANT.items() for header in texts.split("|")])
def test_guess_mapping__own_words(name: str, header: str) -> None:
    headers = [header, "To"] if name == "destination_country" else [header]
    assert guess_mapping(headers, pl.DataFrame()).columns.get(name) == (header,)


LAST_RESORT = (
    "ordered=Order Created|ordered=Created On|ordered=Angelegt am|shipped=ETD|destination=Sold-To|destination=Sold-To Party|"
    "quantity=Anzahl Kolli|quantity=Number of Packages|value=Declared Value|value=Retail $|mode=Service|currency=Curr."
)
CELLS = {
    "date": [f"2024-01-{day:02d}" for day in range(1, 13)],
    "number": [str(number) for number in range(5, 17)],
    "text": ["Huber", "Maier", "Kunz"] * 4,
    "mode": ["Ground", "Air", "Sea"] * 4,
    "currency": ["EUR"] * 12,
}
BETTER = {"ordered": "Order Date", "shipped": "Ship Date", "destination": "Ship To", "quantity": "Qty", "value": "Net Value"}


@pytest.mark.parametrize("pair", LAST_RESORT.split("|"))
def test_guess_mapping__last_resort_needs_cells_that_fit_and_loses_to_better_headers(pair: str) -> None:
    name, header = pair.split("=")
    cells = CELLS[name if name in CELLS else str(field(name).kind)]
    wrong = CELLS["text"] if field(name).kind is not FieldKind.TEXT else CELLS["date"]
    assert guess_mapping([header], pl.DataFrame()).columns == {}
    assert guess_mapping([header], pl.DataFrame({header: wrong})).columns == {}
    assert guess_mapping([header], pl.DataFrame({header: cells})).columns == {name: (header,)}
    if name in BETTER:
        log = pl.DataFrame({header: cells, BETTER[name]: cells})
        assert guess_mapping(log.columns, log).columns == {name: (BETTER[name],)}


@pytest.mark.parametrize("header", UNUSED.split("|"))
def test_guess_mapping__other_things_stay_unused(header: str) -> None:
    assert guess_mapping([header], pl.DataFrame()).unused == (header,)


def test_vocabulary__a_word_means_one_thing() -> None:
    words = [word for text in SYNONYMS.values() for word in text.split()]
    assert len(words) == len(set(words))


def test_rules__speak_of_known_fields_and_concepts() -> None:
    known = {*SYNONYMS, "mass unit", "count unit", "piece unit"}
    for rule in (*rules(), *rules(last=True)):
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
