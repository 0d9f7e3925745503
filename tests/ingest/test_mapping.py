from __future__ import annotations

import polars as pl
import pytest

from chaintwin.errors import InputError
from chaintwin.ingest import guess_mapping, parse_mapping, shipped_mapping, shipped_names
from chaintwin.ingest.shipment_log.mapping.fields import FIELDS
from chaintwin.ingest.shipment_log.mapping.nearest import header_key, nearest_headers


@pytest.mark.parametrize("name", shipped_names())
def test_to_toml__reads_back(name: str) -> None:
    mapping = shipped_mapping(name)
    assert parse_mapping(mapping.to_toml()) == mapping


def test_parse_mapping__every_fault_at_once() -> None:
    text = """
name = "x"
kind = "table"
period = "month"
[columns]
produkt = "A"
quantity = 3
[modes]
Camel = "camel"
[references]
pattern = "(unclosed"
[words.freight]
"Included" = "Included!"
[countries]
D = "Germoney"
[units.quantity]
pallet = 0
[units.product]
pallet = 3
[duplicates]
ids = "newest"
"""
    with pytest.raises(InputError) as caught:
        parse_mapping(text, file="m.toml")
    codes = sorted(finding.code for finding in caught.value.findings)
    assert codes == sorted(
        [
            "mapping.kind",
            "mapping.period",
            "mapping.unknown_entry",
            "mapping.type",
            "mapping.mode",
            "mapping.pattern",
            "mapping.word",
            "mapping.country",
            "mapping.unit",
            "mapping.unknown_entry",
            "mapping.choice",
        ]
        + ["mapping.missing"] * 4
    )
    assert "product" in str(caught.value)


@pytest.mark.parametrize("text", ["name = ", 'name = "a"\nkind = "transactions"\nfoo = 1', "columns = 3"])
def test_parse_mapping__refuses(text: str) -> None:
    with pytest.raises(InputError):
        parse_mapping(text)


def test_shipped_mapping__unknown_name() -> None:
    with pytest.raises(InputError, match="supplygraph"):
        shipped_mapping("nothing")


def test_guess_mapping__confidence_and_unused() -> None:
    log = pl.DataFrame(
        {"Item": ["a"], "Quantty": ["1"], "Ship-To": ["x"], "Supplier": ["s"], "Colour": ["red"], "OrderDate": ["2024-02-30"]}
    )
    mapping = guess_mapping(log.columns, log)
    assert mapping.columns["product"] == ("Item",)
    assert mapping.columns["quantity"] == ("Quantty",)
    assert mapping.columns["destination"] == ("Ship-To",)
    assert mapping.columns["vendor"] == ("Supplier",)
    assert mapping.confidence["quantity"] < mapping.confidence["product"] <= 1
    assert "Colour" in mapping.unused
    assert "# quantity: confidence" in mapping.to_toml()


def test_guess_mapping__header_that_lies_about_its_cells() -> None:
    log = pl.DataFrame({"Delivered": ["yes", "no"], "Delivery Date": ["2024-01-02", "2024-01-03"]})
    assert guess_mapping(log.columns, log).columns == {"delivered": ("Delivery Date",)}


def test_guess_mapping__every_known_header_finds_its_field() -> None:
    for item in FIELDS:
        for header in item.headers:
            # A column of countries is the destination itself where no nearer place is named.
            beside = ["to"] if item.name == "destination_country" else []
            assert item.name in guess_mapping([header, *beside], pl.DataFrame()).columns, header


@pytest.mark.parametrize(("header", "key"), [("Größe (kg)", "grosse kg"), ("ShipDate", "ship date"), ("  PO / SO # ", "po so")])
def test_header_key__spellings(header: str, key: str) -> None:
    assert header_key(header) == key


def test_nearest_headers__misspelled() -> None:
    assert nearest_headers("Line Item Quantity", ["Line Item Qty", "Country", "ID"])[0] == "Line Item Qty"


@pytest.mark.parametrize(("line", "allowed"), [('currency = "Euro"', "ISO 4217"), ('country = "Deutschland"', "here DE")])
def test_parse_mapping__codes_are_codes(line: str, allowed: str) -> None:
    text = f'name = "x"\nkind = "transactions"\n{line}\n[columns]\nproduct = "A"\nquantity = "B"\norigin = "C"\n'
    with pytest.raises(InputError) as caught:
        parse_mapping(text + 'destination = "D"\nordered = "E"\n')
    (finding,) = caught.value.findings
    assert allowed in finding.allowed
