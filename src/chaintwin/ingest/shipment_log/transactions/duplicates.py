"""Lines that are there twice, and shipment ids that are."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping, RepeatedIds, RepeatedLines

NOT_COMPARED = ("row", "file", "weight_kg", "freight_cost")
"""Columns in which equal lines may differ: their place, and shares of totals that other lines point to."""

USUAL_SHARE = 0.2
"""From this share of lines with a repeated id on, the id is that of a shipment of several lines, and repeating it is no fault."""


def with_repeats(frame: pl.DataFrame, mapping: LogMapping) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Return the lines with ``is_repeat`` (equal to an earlier line) and ``is_superseded``, true where they are to be left out.

    Parameters
    ----------
    frame : lines as in ``LogLines.frame``, names in one spelling.
    mapping : says what becomes of such lines.
    """
    has_id = pl.col("shipment_id").is_not_null()
    columns = [name for name in frame.columns if name not in NOT_COMPARED]
    equal = pl.struct(columns)
    frame = frame.with_columns(is_same=~equal.is_first_distinct(), content=equal.hash()).with_row_index("place")
    dropped = {RepeatedLines.BY_ID: has_id, RepeatedLines.DROP: pl.lit(value=True), RepeatedLines.KEEP: pl.lit(value=False)}
    frame = frame.with_columns(is_repeat=pl.col("is_same") & dropped[mapping.repeated_lines])
    # Lines of one shipment may hold several products; only the same product under the same id is the same line told otherwise.
    told = pl.col("content").filter(~pl.col("is_repeat"))
    group = ("shipment_id", "product")
    chosen = {
        RepeatedIds.KEEP: pl.col("content"),
        RepeatedIds.FIRST: told.first().over(group, order_by="place"),
        # The last word counts even where it repeats an earlier one.
        RepeatedIds.LAST: pl.col("content").last().over(group, order_by="place"),
    }
    # Lines that differ only in columns without a use may be one line exported twice, or two of a shipment.
    is_like = ~pl.struct(name for name in columns if name != "others").is_first_distinct() & ~pl.col("is_same")
    is_other = has_id & ~pl.col("is_same") & ~pl.col("shipment_id").is_first_distinct()
    is_superseded = has_id & ~pl.col("is_repeat") & (pl.col("content") != chosen[mapping.repeated_ids])
    frame = frame.with_columns(is_superseded=is_superseded.fill_null(value=False), is_other=is_other, is_like=is_like)
    findings = (*_lines_findings(frame), *_ids_findings(frame, mapping))
    return frame.drop("place", "content", "is_same", "is_other", "is_like"), findings


def _lines_findings(frame: pl.DataFrame) -> list[Finding]:
    findings = []
    left_out = 'the second is left out; to count both, write lines = "keep" under [duplicates] in the mapping'
    kept = 'both are counted; to leave the second out, write lines = "drop" under [duplicates] in the mapping'
    for is_repeat, fix in ((True, left_out), (False, kept)):
        hit = frame.filter(pl.col("is_same") & (pl.col("is_repeat") == is_repeat))
        if hit.height:
            found = "a line equal to an earlier one in every column"
            findings.append(_finding("log.line_repeated", found, "each line once", fix, hit=hit))
    hit = frame.filter("is_like")
    if hit.height:
        found = "a line equal to an earlier one in every mapped column, but not in the others"
        fix = "both are counted; if the other columns say nothing about the goods, remove them from the file"
        findings.append(_finding("log.line_alike", found, "each line once", fix, hit=hit, severity=Severity.NOTE))
    return findings


def _ids_findings(frame: pl.DataFrame, mapping: LogMapping) -> list[Finding]:
    hit = frame.filter("is_other")
    if not hit.height:
        return []
    found = f"the shipment id {hit['shipment_id'][0]} of an earlier line with other content"
    fix = 'all count; to take the last, write ids = "last" under [duplicates] in the mapping'
    if mapping.repeated_ids is not RepeatedIds.KEEP:
        fix = f"of each id and product the {mapping.repeated_ids} line is taken, {int(frame['is_superseded'].sum())} are left out"
    is_usual = hit.height >= USUAL_SHARE * frame.height
    severity = Severity.NOTE if is_usual else Severity.WARNING
    return [_finding("log.id_repeated", found, "one line an id", fix, hit=hit, severity=severity)]


def _finding(
    code: str, found: str, allowed: str, fix: str, *, hit: pl.DataFrame, severity: Severity = Severity.WARNING
) -> Finding:
    first = hit.row(0, named=True)
    return Finding(code, found, allowed, fix, first["file"], first["row"], "shipment_id", severity, hit.height)
