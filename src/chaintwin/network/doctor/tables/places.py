"""Positions, countries and time zones of sites."""

from __future__ import annotations

from zoneinfo import available_timezones

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import Subject, joined, mark
from chaintwin.network.geography import Mistake, check_countries, find_country, likely_mistakes

NULL_ISLAND_DEGREES = 0.01
"""About a kilometer around latitude 0, longitude 0, where there is nothing but a buoy."""


def check_places(subject: Subject) -> list[Finding]:
    """Report sites whose coordinates, country or time zone cannot be right."""
    sites = subject.table("sites")
    north, east = pl.col("latitude"), pl.col("longitude")
    half = sites.filter(north.is_null() != east.is_null())
    findings = mark(
        subject,
        "place.half",
        rows=half,
        table="sites",
        column="latitude",
        found=joined("latitude ", north, ", longitude ", east),
        fix="give both or none",
    )
    zero = sites.filter((north.abs() < NULL_ISLAND_DEGREES) & (east.abs() < NULL_ISLAND_DEGREES))
    findings += mark(
        subject,
        "place.null_island",
        rows=zero,
        table="sites",
        column="latitude",
        found=joined(north, ", ", east),
        fix="leave both blank to have them proposed",
    )
    placed = sites.filter(north.is_not_null() & east.is_not_null()).join(zero, on="row", how="anti")
    return findings + _countries(subject, placed) + _country_names(subject, sites) + _time_zones(subject, sites)


def _countries(subject: Subject, sites: pl.DataFrame) -> list[Finding]:
    if sites.height == 0:
        return []
    declared = sites["country"].to_list()
    seen = check_countries(sites["latitude"].to_numpy(), sites["longitude"].to_numpy(), declared=declared)
    sites = sites.with_columns(
        seen=pl.Series(seen.found.tolist(), dtype=pl.String), wrong=pl.Series(seen.disagrees), at_sea=pl.Series(seen.at_sea)
    )
    off = sites.filter(pl.col("wrong") | pl.col("at_sea"))
    if off.height == 0:
        return []
    guesses = likely_mistakes(off["latitude"].to_numpy(), off["longitude"].to_numpy(), declared=off["country"].to_list())
    off = off.with_columns(guess=pl.Series([guess.value if guess else None for guess in guesses], dtype=pl.String))
    is_swapped = (pl.col("guess") == Mistake.SWAPPED.value).fill_null(value=False)
    place = joined(pl.col("site_id"), " at ", pl.col("latitude"), ", ", pl.col("longitude"))
    where = pl.when("at_sea").then(pl.lit("at sea")).otherwise(joined("in ", pl.col("seen")))
    found = joined(place, ", which is ", where, ", not in ", pl.col("country"))
    swap = joined("write ", pl.col("longitude"), ", ", pl.col("latitude"))
    guess = pl.coalesce(pl.lit("probably ") + pl.col("guess"), pl.lit("correct the coordinates or the country"))
    wrong = off.filter(~is_swapped & pl.col("wrong"))
    at_sea = off.filter(~is_swapped & pl.col("at_sea"))
    return [
        *mark(subject, "place.swapped", rows=off.filter(is_swapped), table="sites", column="latitude", found=found, fix=swap),
        *mark(subject, "place.other_country", rows=wrong, table="sites", column="latitude", found=found, fix=guess),
        *mark(
            subject, "place.at_sea", rows=at_sea, table="sites", column="latitude", found=place, fix="check both and their signs"
        ),
    ]


def _country_names(subject: Subject, sites: pl.DataFrame) -> list[Finding]:
    names = sites["country"].drop_nulls().unique().to_list()
    unknown = [name for name in names if find_country(name) is None]
    lost = sites.filter(pl.col("country").is_in(unknown))
    return mark(
        subject, "place.country", rows=lost, table="sites", column="country", found="country", fix="write its two-letter code"
    )


def _time_zones(subject: Subject, sites: pl.DataFrame) -> list[Finding]:
    names = set(sites["time_zone"].drop_nulls().unique().to_list()) - {"UTC"}
    unknown = sorted(names - available_timezones()) if names else []
    lost = sites.filter(pl.col("time_zone").is_in(unknown))
    return mark(
        subject,
        "place.time_zone",
        rows=lost,
        table="sites",
        column="time_zone",
        found="time_zone",
        fix="write a name such as Asia/Shanghai",
    )
