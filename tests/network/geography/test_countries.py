"""Country names and codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.network.geography import all_countries, country_in_text, find_country
from chaintwin.network.geography.countries import name_key
from tests.shared_data import shared_path


def test_all_countries__are_complete_and_unique():
    countries = all_countries()
    assert len(countries) == 250
    for codes in ([c.alpha2 for c in countries], [c.alpha3 for c in countries], [c.numeric for c in countries]):
        assert len(set(codes)) == 250
    assert all(c.name and c.region and c.continent and c.main_city and c.capital for c in countries)
    assert all(abs(c.latitude) <= 90 and abs(c.longitude) <= 180 for c in countries)


def test_find_country__every_code_and_name_finds_its_own_country():
    for country in all_countries():
        for text in (country.alpha2, country.alpha3.lower(), country.name, country.name.upper()):
            assert find_country(text) is country, text


def test_find_country__no_alias_belongs_to_two_countries():
    owners = {}
    for country in all_countries():
        for alias in country.aliases:
            assert owners.setdefault(name_key(alias), country) is country, alias
            assert find_country(alias) is country, alias


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Côte d'Ivoire", "CI"),
        ("Cote d’Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Congo, DRC", "CD"),
        ("Congo", "CG"),
        ("Tanzania", "TZ"),
        ("Vietnam", "VN"),
        ("Viet Nam", "VN"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("the United States of America", "US"),
        ("UK", "GB"),
        ("Swaziland", "SZ"),
        ("eSwatini", "SZ"),
        ("Korea, South", "KR"),
        ("Türkiye", "TR"),
        ("Burma", "MM"),
        ("Bosnia & Herzegovina", "BA"),
        ("  kenya ", "KE"),
        ("Russian Federation", "RU"),
        ("Czech Republic", "CZ"),
        ("Macau", "MO"),
    ],
)
def test_find_country__names_as_people_write_them(text, code):
    assert find_country(text).alpha2 == code


@pytest.mark.parametrize("text", ["", "   ", "Atlantis", "N/A", "Not Applicable", "-", "Congo?!x"])
def test_find_country__unknown_is_none(text):
    assert find_country(text) is None


@given(st.text(max_size=40))
def test_find_country__never_fails(text):
    find_country(text)
    country_in_text(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Cipla, Goa, India", "IN"),
        ("GSK Ware (UK)", "GB"),
        ("BMS Evansville, US", "US"),
        ("Hetero Unit III Hyderabad IN", "IN"),
        ("MSD Elkton USA", "US"),
        ("Juba, South Sudan", "SS"),
        ("Bissau, Guinea-Bissau", "GW"),
        ("Gilead(Nycomed) Oranienburg DE", "DE"),
    ],
)
def test_country_in_text__of_addresses(text, code):
    assert country_in_text(text).alpha2 == code


@pytest.mark.parametrize(
    "text", ["Human Diagnostic", "lot of goods in", "from India to Kenya", "EY Laboratories", "Novartis AG", "J'burg, SA"]
)
def test_country_in_text__nothing_or_two_is_none(text):
    assert country_in_text(text) is None


def test_find_country__knows_every_country_of_the_shipment_log():
    import polars as pl

    log = pl.read_csv(shared_path("scms/deliveries_to_2013.csv"), infer_schema_length=0, encoding="utf8-lossy")
    names = [name for name in log["Country"].unique().to_list() if name]
    assert len(names) > 30
    assert [name for name in names if find_country(name) is None] == []
