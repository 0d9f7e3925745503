"""Names that are almost the same, and identifiers with wrong check digits."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import Subject, joined, mark

NAMED = {"sites": "site_id", "products": "product_id", "lanes": "lane_id", "partners": "partner_id", "resources": "resource_id"}
GS1_LENGTHS = {"gln": (13,), "gtin": (8, 12, 13, 14), "sscc": (18,)}


def check_names(subject: Subject) -> list[Finding]:
    """Report names that are almost the same, and identifiers that cannot be right."""
    findings: list[Finding] = []
    for table, key in NAMED.items():
        findings += _near_duplicates(subject, table, key=key)
    return findings + _identifiers(subject)


def _near_duplicates(subject: Subject, table: str, *, key: str) -> list[Finding]:
    rows = subject.table(table).select("row", key).drop_nulls(key).unique(key, keep="first", maintain_order=True)
    # Signs between letters are ignored, but not between digits: 1-12 and 11-2 are different things.
    plain = (
        pl.col(key)
        .str.to_lowercase()
        .str.replace_all(r"[\s_\-.]+", " ")
        .str.replace_all(r"(\D) | (\D)", "$1$2")
        .str.strip_chars()
    )
    # Names that differ in case alone are already reported when they are read.
    alike = rows.with_columns(plain=plain, lower=pl.col(key).str.to_lowercase()).unique(
        "lower", keep="first", maintain_order=True
    )
    alike = alike.filter(pl.col("plain").is_duplicated() & (pl.col("plain") != ""))
    if alike.height == 0:
        return []
    alike = alike.with_columns(other=pl.col(key).first().over("plain")).filter(pl.col(key) != pl.col("other"))
    found = joined("'", pl.col(key), "', almost '", pl.col("other"), "'")
    fix = joined("write '", pl.col("other"), "' if both are the same")
    return mark(subject, "id.near_duplicate", rows=alike, table=table, column=key, found=found, fix=fix)


def _identifiers(subject: Subject) -> list[Finding]:
    rows = subject.table("identifiers")
    if rows.height == 0:
        return []
    findings: list[Finding] = []
    scheme = pl.col("scheme").str.to_lowercase().str.replace_all(r"[^a-z0-9]", "")
    rows = rows.with_columns(plain=scheme, digits=pl.col("value").str.replace_all(r"[\s\-.]", ""))
    for name, lengths in GS1_LENGTHS.items():
        findings += _gs1(subject, rows.filter(pl.col("plain").str.starts_with(name)), name=name, lengths=lengths)
    codes = rows.filter(pl.col("plain").is_in(["unlocode", "locode"]))
    wrong = codes.filter(~pl.col("digits").str.to_uppercase().str.contains(r"^[A-Z]{2}[A-Z2-9]{3}$"))
    fix = "write two letters of the country and three signs of the place, such as NLRTM"
    return findings + mark(subject, "identifier.format", rows=wrong, table="identifiers", column="value", found="value", fix=fix)


def _gs1(subject: Subject, rows: pl.DataFrame, *, name: str, lengths: tuple[int, ...]) -> list[Finding]:
    digits = pl.col("digits")
    proper = digits.str.contains(r"^\d+$") & digits.str.len_chars().is_in(lengths)
    allowed = " or ".join(str(length) for length in lengths)
    findings = mark(
        subject,
        "identifier.format",
        rows=rows.filter(~proper),
        table="identifiers",
        column="value",
        found="value",
        fix=f"a {name.upper()} has {allowed} digits",
    )
    rows = rows.filter(proper)
    if rows.height == 0:
        return findings
    # Padded to one length, digits are weighted 3, 1, 3, 1 ... from the right; leading zeros add nothing.
    padded = rows.with_columns(padded=digits.str.zfill(18))
    total = pl.sum_horizontal(
        pl.col("padded").str.slice(place, 1).cast(pl.Int64) * (3 if place % 2 == 0 else 1) for place in range(17)
    )
    padded = padded.with_columns(proper=(10 - total % 10) % 10)
    wrong = padded.filter(pl.col("padded").str.slice(17, 1).cast(pl.Int64) != pl.col("proper"))
    fix = joined("read it again; with these other digits the last would be ", pl.col("proper"))
    return findings + mark(
        subject, "identifier.check_digit", rows=wrong, table="identifiers", column="value", found="value", fix=fix
    )
