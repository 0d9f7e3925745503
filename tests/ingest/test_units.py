"""Numbers with a unit or currency beside them."""

from __future__ import annotations

import polars as pl
import pytest

from chaintwin.ingest.shipment_log.cells.units import Measure, Measured, find_unit, read_measured


def read(
    cells: list[str | None],
    measure: Measure = Measure.COUNT,
    *,
    header: str = "",
    currency: str = "EUR",
    given: dict[str, float] | None = None,
    comma: bool = False,
) -> Measured:
    series = pl.Series("x", cells, dtype=pl.String)
    return read_measured(
        series, measure=measure, header_unit=header, currency=currency, given=given or {}, words={}, decimal_comma=comma
    )


def values(measured: Measured) -> list[float | None]:
    return measured.cells.frame["value"].to_list()


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12 pcs", 12.0),
        ("1 200 Stk", 1200.0),
        ("5pcs.", 5.0),
        ("3 Stück", 3.0),
        ("2 dozen", 24.0),
        ("1,200 ea", 1200.0),
        ("-4 pcs", -4.0),
    ],
)
def test_read_measured__pieces(cell: str, value: float) -> None:
    measured = read([cell, "7"])
    assert values(measured) == [value, 7.0]
    assert measured.unit == "piece"


def test_read_measured__weight_in_a_quantity_becomes_kilograms() -> None:
    measured = read(["3,5 t", "800 kg"], comma=True)
    assert values(measured) == [3500.0, 800.0]
    assert measured.unit == "kg"


def test_read_measured__column_in_one_other_unit() -> None:
    measured = read(["3 pallets", "4 pallets"])
    assert values(measured) == [3.0, 4.0]
    assert measured.unit == "pallet"


def test_read_measured__rarer_unit_is_refused_until_the_mapping_says() -> None:
    cells: list[str | None] = ["12 pcs", "7", "3 pallets", None]
    refused = read(cells)
    assert values(refused) == [12.0, 7.0, None, None]
    assert refused.cells.frame["refused"].to_list() == [None, None, "pallets", None]
    assert refused.cells.frame["kind"].to_list() == ["value", "value", "unread", "blank"]
    for word in ("pallets", "Pallets", "pallet"):
        assert values(read(cells, given={word: 480.0})) == [12.0, 7.0, 1440.0, None]


def test_read_measured__unknown_word() -> None:
    assert values(read(["12 Gebinde", "7"])) == [None, 7.0]
    assert values(read(["12 Gebinde", "7"], given={"Gebinde": 6.0})) == [72.0, 7.0]


@pytest.mark.parametrize("cell", ["pump 3", "siehe 4", "1.2.3 pcs", "--3 pcs", "x12", "0x10", "12 pcs approx"])
def test_read_measured__no_number(cell: str) -> None:
    assert values(read([cell, "7"])) == [None, 7.0]


def test_read_measured__weights() -> None:
    assert values(read(["0.5 t", "12", "100 lb", "3 pallets"], Measure.MASS)) == [500.0, 12.0, pytest.approx(45.359237), None]
    assert values(read(["12", "1 kg"], Measure.MASS, header="t")) == [12000.0, 1.0]


def test_read_measured__amounts() -> None:
    cells: list[str | None] = ["EUR 12.50", "3 €", "$4", "USD 5", "7"]
    assert values(read(cells, Measure.MONEY)) == [12.5, 3.0, None, None, 7.0]
    assert values(read(cells, Measure.MONEY, given={"USD": 0.5})) == [12.5, 3.0, 2.0, 2.5, 7.0]


def test_read_measured__currency_of_the_header() -> None:
    assert values(read(["12", "EUR 3"], Measure.MONEY, header="USD")) == [None, 3.0]
    assert values(read(["12", "EUR 3"], Measure.MONEY, header="USD", given={"USD": 0.5})) == [6.0, 3.0]
    assert values(read(["12"], Measure.MONEY, header="EUR")) == [12.0]


def test_find_unit__to_is_a_ton_only_beside_a_number() -> None:
    unit = find_unit("to")
    assert unit is not None
    assert unit.factor == 1000.0
    assert find_unit("camel") is None


@pytest.mark.parametrize("cell", ["100.00- EUR", "EUR 100-", "100- pcs", "100 - pcs", "100-", "100.0 -", "100−"])
def test_read_measured__a_minus_behind_its_number(cell: str) -> None:
    measure = Measure.MONEY if "EUR" in cell else Measure.COUNT
    measured = read([cell, "5 pcs" if measure is Measure.COUNT else "5 EUR"], measure)
    assert values(measured) == [-100.0, 5.0]
    assert measured.cells.frame["text"][0] == cell


@pytest.mark.parametrize("cell", ["10-20", "-5-", "A 7-", "ABC 12-", "7- b 3", "-"])
def test_read_measured__a_dash_elsewhere_is_no_minus(cell: str) -> None:
    assert values(read([cell, "5"])) == [None, 5.0]


def test_read_measured__no_cents() -> None:
    assert values(read(["100,- EUR", "7 EUR"], Measure.MONEY, comma=True)) == [100.0, 7.0]


def test_read_measured__a_dozen_and_a_piece_have_factors_of_their_own() -> None:
    assert values(read(["2 dozen", "24 pcs"], given={"dozen": 12})) == [24.0, 24.0]
    assert values(read(["2 dozen", "24 pcs"], given={"pcs": 1})) == [24.0, 24.0]


def test_read_measured__numbers_alone_among_pallets_are_not_pallets() -> None:
    cells: list[str | None] = ["5 plt", "6 plt", "7 plt", "480", "960"]
    measured = read(cells)
    assert values(measured) == [5.0, 6.0, 7.0, None, None]
    assert measured.cells.frame["refused"].to_list()[3:] == ["plt", "plt"]
    assert values(read(cells, given={"plt": 480})) == [2400.0, 2880.0, 3360.0, 480.0, 960.0]
