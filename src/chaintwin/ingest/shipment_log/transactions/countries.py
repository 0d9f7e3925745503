"""Countries that a log states in columns of its own: read from the cells, brought together site by site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from chaintwin.errors import Finding, Severity, amount_of
from chaintwin.ingest.shipment_log.cells.countries import country_code
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping

SIDES = {"origin_country": "from_site", "destination_country": "to_site"}
"""Country field by the column of sites that it places."""

NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class StatedCountries:
    """Countries by site.

    Parameters
    ----------
    by_site : ISO code by id of the site, where a column states one.
    findings : sites with several countries.
    """

    by_site: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def with_country_codes(frame: pl.DataFrame, mapping: LogMapping) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Return the lines with ISO codes in their country columns, and one finding for each column with words that are not known.

    Parameters
    ----------
    frame : lines with the columns of ``SIDES`` as in the log.
    mapping : says what words mean that the table of countries does not know.
    """
    findings = []
    for name in SIDES:
        words = frame[name].drop_nulls().unique().sort().to_list()
        codes = {word: mapping.countries.get(word, country_code(word)) for word in words}
        unknown = [word for word in words if not codes[word] and word not in mapping.countries]
        if unknown:
            hit = frame.filter(pl.col(name).is_in(unknown))
            findings.append(_unknown(hit, mapping.headers(name)[0], name=name))
        known = {word: code for word, code in codes.items() if code}
        code = (
            pl.col(name).replace_strict(known, default=None, return_dtype=pl.String) if known else pl.lit(None, dtype=pl.String)
        )
        frame = frame.with_columns(code.alias(name))
    return frame, tuple(findings)


def countries_of_sites(lines: pl.DataFrame) -> StatedCountries:
    """Return the country of each site that the country columns state: the most frequent one, of equals the first by code.

    Parameters
    ----------
    lines : usable lines with ``from_site``, ``to_site`` and ISO codes in the country columns.
    """
    parts = [lines.select(site=place, country=name).drop_nulls() for name, place in SIDES.items()]
    counted = pl.concat(parts).group_by("site", "country").len(name="n").sort(["n", "country"], descending=[True, False])
    chosen = counted.group_by("site", maintain_order=True).agg(pl.col("country"), pl.col("n")).sort("site")
    split = chosen.filter(pl.col("country").list.len() > 1)
    findings = []
    if split.height:
        row = split.row(0, named=True)
        said = ", ".join(f"{code} on {amount_of(count, 'line')}" for code, count in zip(row["country"], row["n"], strict=True))
        others = sum(sum(counts[1:]) for counts in split["n"].to_list())
        findings.append(
            Finding(
                "log.country_conflict",
                f"{split.height} site{'s' if split.height > 1 else ''} in more than one country, such as {row['site']}: {said}",
                "one country a site",
                "the most frequent is taken; correct the lines, or give the sites different names",
                "",
                0,
                "country",
                Severity.WARNING,
                others,
            )
        )
    return StatedCountries(dict(zip(chosen["site"], chosen["country"].list.first(), strict=True)), tuple(findings))


def _unknown(hit: pl.DataFrame, header: str, *, name: str) -> Finding:
    counted = hit.group_by(name).len(name="n").sort(["n", name], descending=[True, False])
    named = ", ".join(f'"{word}"' for word in counted[name].head(NAMED_MAX))
    more = f" and {counted.height - NAMED_MAX:,} more words" if counted.height > NAMED_MAX else ""
    first = hit.row(0, named=True)
    fix = f'correct the cells, or say under [countries] in the mapping: "{counted[name][0]}" = "ISO CODE"'
    return Finding(
        "log.country_unknown",
        f"{named}{more}",
        "a country's name or ISO code",
        fix,
        first["file"],
        first["row"],
        header,
        Severity.WARNING,
        hit.height,
    )
