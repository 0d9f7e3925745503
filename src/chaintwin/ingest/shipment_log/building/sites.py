"""Sites and partners of a transaction log: who sends, the hubs, the markets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.cells.countries import country_code
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.transactions.countries import countries_of_sites
from chaintwin.network.geography import country_in_text
from chaintwin.network.lowering.paying import RECEIVED_TERMS, SENT_TERMS, incoterm_code

COMPANY_FORMS = frozenset({"SA", "AG", "KG", "CO", "AS", "NV", "LTD", "INC", "PLC", "LLC", "SE", "AB", "BV", "OY", "PT"})
"""Last words of company names that are also country codes; in a name of a site they say nothing."""


@dataclass(frozen=True, slots=True)
class SiteTables:
    """The tables ``sites`` and ``partners``, the lines with their places, and what had to be assumed.

    Parameters
    ----------
    sites, partners : columns known of each table.
    lines : the usable lines with ``from_site``, ``to_site`` (ids of sites) and ``hub`` (id of the hub a line came out of, null if
        it came straight from its sender).
    findings : assumptions made.
    """

    sites: pl.DataFrame
    partners: pl.DataFrame
    lines: pl.DataFrame
    findings: tuple[Finding, ...]


def build_sites(lines: pl.DataFrame, mapping: LogMapping) -> SiteTables:
    """Return the sites a log names: who only sends is a supplier, who only receives a customer, who does both a warehouse.

    The seller of goods that came out of a hub is that hub.

    A country column of the log says where a site is. Without one, ``place_words`` of the mapping do, else the name of the site:
    that of a market may be a country itself. Positions are left blank for geography to propose. A hub's place stands nowhere
    in a log and stays blank unless ``place_words`` know it.

    Parameters
    ----------
    lines : usable lines.
    mapping : what the columns mean.
    """
    lines = _with_ids(lines)
    receives = set(lines["to_site"].unique().to_list())
    senders = lines.group_by("from_site", maintain_order=True).agg(_main("vendor").alias("vendor")).sort("from_site")
    stated = countries_of_sites(lines)
    rows = [
        _sender_row(site, vendor, mapping, stated=stated.by_site) for site, vendor in senders.iter_rows() if site not in receives
    ]
    hubs = lines["hub"].drop_nulls().unique().sort().to_list()
    words = mapping.place_words
    rows += [{"site_id": hub, "kind": "hub", "country": _said_of(hub, words), "owner": None} for hub in hubs]
    sends = set(senders["from_site"].to_list())
    for site in sorted(receives):
        kind = "warehouse" if site in sends else "customer"
        code = stated.by_site.get(site) or _said_of(site, words) or country_code(site) or None
        if code is None and (country := country_in_text(site)) is not None:
            code = country.alpha2
        code = code or mapping.country or None
        rows.append({"site_id": site, "kind": kind, "country": code, "owner": None})
    schema = dict.fromkeys(("site_id", "kind", "country", "owner"), pl.String)
    sites = pl.DataFrame(rows, schema=schema)
    findings = _country_findings(sites, hubs, stated=stated.by_site)
    return SiteTables(sites.with_columns(name="site_id"), _partners(lines), lines, (*stated.findings, *findings))


def country_of_site(site: str, place_words: Mapping[str, str]) -> str | None:
    """Return the country code a site's name gives away, None if it does not.

    Parameters
    ----------
    site : name of a site, such as ``Cipla, Goa, India``.
    place_words : country code by whole word or words of a name, looked at first.

    Example
    -------
    >>> [country_of_site(name, {"Nashik": "IN"}) for name in ("Mylan Nashik", "GSK Ware (UK)", "Roche SA", "MedMira Inc.")]
    ['IN', 'GB', None, None]
    """
    code = _said_of(site, place_words)
    if code is not None:
        return code
    words = _words(site)
    country = country_in_text(site)
    if country is None or (words and words[-1] in COMPANY_FORMS and country.alpha2 == words[-1][:2]):
        return None
    return country.alpha2


def _with_ids(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the lines with ids of sites; a sender named like its own receiver, or a hub like another site, is told apart."""
    lines = lines.with_columns(pl.when("is_hub").then(pl.coalesce("vendor", pl.lit("hub"))).alias("hub"), to_site="destination")
    sender = pl.when(pl.col("sender") == pl.col("to_site")).then(pl.format("{} (sender)", "sender")).otherwise("sender")
    lines = lines.with_columns(sender.alias("from_site"))
    taken = pl.concat([lines["to_site"], lines["from_site"]]).unique()
    hub = pl.when(pl.col("hub").is_in(taken.implode())).then(pl.format("{} (hub)", "hub")).otherwise("hub")
    return lines.with_columns(hub.alias("hub"))


def _main(name: str) -> pl.Expr:
    """Return the most frequent name of a group; of equals the first by name, so that the order of rows does not matter."""
    return pl.col(name).drop_nulls().sort().mode(maintain_order=True).first()


def _sender_row(site: str, vendor: str | None, mapping: LogMapping, *, stated: Mapping[str, str]) -> dict[str, str | None]:
    return {
        "site_id": site,
        "kind": "supplier",
        "country": stated.get(site) or country_of_site(site, mapping.place_words) or mapping.country or None,
        "owner": vendor,
    }


def _said_of(site: str, place_words: Mapping[str, str]) -> str | None:
    """Return the code that the mapping gives to a word of a site's name, None if it gives none."""
    padded = f" {' '.join(_words(site))} "
    return next((code for word, code in place_words.items() if f" {' '.join(_words(word))} " in padded), None)


def _words(text: str) -> list[str]:
    return "".join(letter if letter.isalnum() or letter in "'-" else " " for letter in text.replace(".", "")).split()


def _partners(lines: pl.DataFrame) -> pl.DataFrame:
    """Return the companies that sold the goods, with the delivery term most of their lines carry."""
    sold = lines.filter(pl.col("vendor").is_not_null())
    grouped = sold.group_by("vendor", maintain_order=True).agg(_main("incoterm").alias("incoterm")).sort("vendor")
    # Logs hold other words in that column too, such as that goods come from a regional warehouse.
    known = pl.when(incoterm_code().is_in([*SENT_TERMS, *RECEIVED_TERMS])).then(incoterm_code())
    return grouped.select(partner_id="vendor", name="vendor", incoterm=known)


def _country_findings(sites: pl.DataFrame, hubs: list[str], *, stated: Mapping[str, str]) -> list[Finding]:
    findings = []
    senders = sites.filter((pl.col("kind") == "supplier") & ~pl.col("site_id").is_in(list(stated)))
    known = senders.filter(pl.col("country").is_not_null())
    if known.height:
        found = f"country of {known.height} senders read from their names, such as {known['site_id'][0]} in {known['country'][0]}"
        findings.append(
            Finding(
                "import.country_from_name",
                found,
                "the right country",
                "look through sites.csv",
                "sites.csv",
                0,
                "country",
                Severity.NOTE,
            )
        )
    unknown = sites.filter((pl.col("country").is_null()) & (pl.col("kind") != "hub"))
    unknown_hubs = sites.filter((pl.col("country").is_null()) & (pl.col("kind") == "hub"))
    if unknown.height:
        names = ", ".join(unknown["site_id"].head(3))
        fix = "fill in country or coordinates, or add words to [place_words] of the mapping"
        findings.append(
            Finding(
                "import.country_unknown",
                f"no country in {names}",
                "a country",
                fix,
                "sites.csv",
                0,
                "country",
                Severity.WARNING,
                unknown.height,
            )
        )
    placeless = set(unknown_hubs["site_id"])
    for hub in (hub for hub in hubs if hub in placeless):
        fix = (
            "fill in its country or coordinates, or add a word to [place_words] of the mapping; lanes have no distance until then"
        )
        findings.append(
            Finding(
                "import.hub_place_unknown",
                f"{hub} without a place",
                "a country",
                fix,
                "sites.csv",
                0,
                "country",
                Severity.WARNING,
            )
        )
    return findings
