"""Invented exports of programs, 60 lines each, and what their columns mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import polars as pl

LINES = 60
START = datetime(2024, 2, 1, 8)

Cell = Callable[[int], object]


def several(*words: str) -> Cell:
    """Return cells that take turns."""
    return lambda line: words[(line * 5 + line // 3) % len(words)]


def days(form: str, *, after: int) -> Cell:
    """Return days, some hours and days apart, written in a format."""
    return lambda line: (START + timedelta(days=line * 2 + after + (line * 7 % 3 if after > 4 else 0), hours=line % 9)).strftime(
        form
    )


SAP_GERMAN: Mapping[str, Cell] = {
    "Lieferung": lambda line: 80001200 + line // 2,
    "Pos.": lambda line: 10 + 10 * (line % 2),
    "Material": several("100045-A", "100052-B", "200310"),
    "Materialkurztext": several("Pumpe", "Ventil", "Dichtung"),
    "VSt": several("1000"),
    "Werk": several("1010"),
    "Charge": lambda line: f"CH{line:04d}",
    "Warenempf.": several("10004711", "10004712"),
    "Name Warenempfänger": several("Huber GmbH", "Wasserwerke Basel"),
    "Ort": several("Linz", "Basel"),
    "LKZ": several("AT", "CH"),
    "Belegdatum": days("%d.%m.%Y", after=0),
    "Wunschlieferdat.": days("%d.%m.%Y", after=15),
    "WA-Datum Plan": days("%d.%m.%Y", after=3),
    "WA-Datum Ist": days("%d.%m.%Y", after=4),
    "Anliefdat. Ist": days("%d.%m.%Y", after=9),
    "Liefermenge": lambda line: ("5", "12", "1.200")[line % 3],
    "VME": several("ST"),
    "Bruttogew.": lambda line: f"{12 + line},500",
    "GewEinh.": several("KG"),
    "Nettowert": lambda line: f"1.{100 + line},50",
    "Währg": several("CHF"),
    "IncoT": several("DAP", "EXW"),
    "Route": several("R00012", "R00034"),
    "Spediteur": several("DSV", "Dachser"),
    "Frachtkosten": lambda line: f"{20 + line},40",
    "Versandart": several("LKW", "Bahn"),
    "Angelegt von": several("MUELLERT"),
    "Angelegt am": days("%d.%m.%Y", after=0),
}

ORACLE_US: Mapping[str, Cell] = {
    "ORDER_NUMBER": lambda line: 67400 + line // 2,
    "LINE_NUM": lambda line: f"{1 + line % 2}.1",
    "ORDERED_ITEM": several("AS54888", "AS18947", "CM13139"),
    "SHIP_FROM_ORG": several("M1", "S1"),
    "SOLD_TO_CUSTOMER": several("Holding World", "Holding Canada"),
    "SHIP_TO_CUSTOMER": several("Business World", "Computer Canada"),
    "SHIP_TO_COUNTRY": several("US", "CA"),
    "ORDERED_DATE": days("%d-%b-%Y %H:%M:%S", after=0),
    "REQUEST_DATE": days("%d-%b-%Y %H:%M:%S", after=12),
    "SCHEDULE_SHIP_DATE": days("%d-%b-%Y %H:%M:%S", after=2),
    "ACTUAL_SHIPMENT_DATE": days("%d-%b-%Y %H:%M:%S", after=3),
    "ACTUAL_ARRIVAL_DATE": days("%d-%b-%Y %H:%M:%S", after=7),
    "SHIPPED_QUANTITY": lambda line: 1 + line % 10,
    "CANCELLED_QUANTITY": lambda line: 0,
    "UNIT_SELLING_PRICE": several("1399.0", "180.0", "95.5"),
    "EXTENDED_AMOUNT": lambda line: 1399.5 + line,
    "TRANSACTIONAL_CURR_CODE": several("USD"),
    "FREIGHT_TERMS_CODE": several("Prepaid"),
    "SHIPPING_METHOD_CODE": several("DHL-Parcel", "UPS-Air"),
    "FREIGHT_CARRIER_CODE": several("DHL", "UPS"),
    "GROSS_WEIGHT": lambda line: 22.5 + line,
    "CREATION_DATE": days("%d-%b-%Y %H:%M:%S", after=0),
    "FLOW_STATUS_CODE": several("CLOSED"),
}

TRACKING: Mapping[str, Cell] = {
    "Tracking Number": lambda line: 774900000 + line * 37,
    "Service Type": several("Priority Air", "Ground"),
    "Shipper Name": several("Lumen Lamps Inc"),
    "Shipper Ctry": several("US"),
    "Recipient Name": several("Acme Retail", "Maple Stores"),
    "Recipient Ctry": several("US", "CA"),
    "Contents": several("Desk lamps", "Bulbs", "Cables"),
    "Pickup Date/Time": days("%Y-%m-%dT%H:%M:%S-05:00", after=0),
    "Est. Delivery": days("%b %d, %Y", after=9),
    "Actual Delivery Date/Time": days("%Y-%m-%dT%H:%M:%S-05:00", after=6),
    "Signed By": several("J. DOE"),
    "Status": several("Delivered"),
    "Pkgs": lambda line: 1 + line % 6,
    "Actual Wt (lb)": lambda line: 12.5 + line,
    "Declared Value": lambda line: f"${150 + line}.00",
    "Freight Chg": lambda line: f"${20 + line}.50",
    "Fuel Surcharge": lambda line: f"${2 + line}.05",
}

EXPORTS: Mapping[str, tuple[Mapping[str, Cell], str, str]] = {
    "SAP, German": (
        SAP_GERMAN,
        "shipment_id=Lieferung|product=Material|origin=Werk|destination=Name Warenempfänger|destination_country=LKZ|"
        "carrier=Spediteur|incoterm=IncoT|mode=Versandart|ordered=Belegdatum|promised=Wunschlieferdat.|shipped=WA-Datum Ist|"
        "delivered=Anliefdat. Ist|quantity=Liefermenge|value=Nettowert|weight=Bruttogew.|freight=Frachtkosten|currency=Währg",
        "CHF",
    ),
    "Oracle, US": (
        ORACLE_US,
        "product=ORDERED_ITEM|origin=SHIP_FROM_ORG|destination=SHIP_TO_CUSTOMER|destination_country=SHIP_TO_COUNTRY|"
        "carrier=FREIGHT_CARRIER_CODE|mode=SHIPPING_METHOD_CODE|ordered=ORDERED_DATE|promised=REQUEST_DATE|"
        "shipped=ACTUAL_SHIPMENT_DATE|delivered=ACTUAL_ARRIVAL_DATE|quantity=SHIPPED_QUANTITY|value=EXTENDED_AMOUNT|"
        "unit_price=UNIT_SELLING_PRICE|weight=GROSS_WEIGHT|currency=TRANSACTIONAL_CURR_CODE",
        "USD",
    ),
    "track and trace": (
        TRACKING,
        "product=Contents|origin=Shipper Name|origin_country=Shipper Ctry|destination=Recipient Name|"
        "destination_country=Recipient Ctry|mode=Service Type|promised=Est. Delivery|shipped=Pickup Date/Time|"
        "delivered=Actual Delivery Date/Time|quantity=Pkgs|value=Declared Value|weight=Actual Wt (lb)|freight=Freight Chg",
        "USD",
    ),
}
"""Columns, what each field is, and the currency, by export."""


def frame_of(columns: Mapping[str, Cell]) -> pl.DataFrame:
    """Return the lines of an export as text."""
    return pl.DataFrame({name: [str(cell(line)) for line in range(LINES)] for name, cell in columns.items()})
