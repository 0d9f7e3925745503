"""Rows that play no part, and proposals that are doubtful."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding, amount_of
from chaintwin.network.doctor.marks import joined, mark, remark
from chaintwin.network.doctor.structure.replaced import replaced_findings, replaced_lanes
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.lowering.capacity import listed_uses
from chaintwin.network.proposing import FREIGHT_CURRENCY, dollars_in
from chaintwin.network.tables.cells.keys import names_by_rule

FIX = "delete it, or correct the name where it should be used"


def check_unused(structure: Structure) -> list[Finding]:
    """Report rows that nothing uses, lanes that sources replace, stock points nothing asks of, and names that collide."""
    replaced = replaced_lanes(structure)
    told = replaced_findings(structure, replaced)
    return told + _unused(structure, told=replaced["lane_id"]) + _idle(structure) + _ambiguous(structure) + _lanes(structure)


def _unused(structure: Structure, *, told: pl.Series) -> list[Finding]:
    lowered, tables = structure.lowered, structure.subject.network.tables
    graph, rows = lowered.graph, lowered.rows
    activities = lowered.found.activities
    lane_sites = [rows["lanes"][end].cast(pl.String) for end in ("from_site", "to_site")]
    owners = [rows["sites"]["owner"], tables["sources"]["partner"], tables["prices"]["partner"], rows["demand"]["customer"]]
    calendars = [rows["sites"]["calendar"], rows["resources"]["calendar"]]
    series = [rows["demand"][column] for column in ("series", "season", "price_series")]
    series.append(rows["stock_points"]["level_series"])
    used = {
        "sites": ("site_id", pl.concat([graph.buffers["site_id"], *lane_sites, rows["resources"]["site_id"].cast(pl.String)])),
        "products": ("product_id", graph.buffers["product_id"]),
        "lanes": ("lane_id", pl.concat([activities["lane_id"], told])),
        "resources": ("resource_id", graph.uses["resource_id"]),
        "partners": ("partner_id", pl.concat([*owners, *_named(structure, "partner")])),
        "calendars": ("calendar_id", pl.concat(calendars)),
        "series": ("series_id", pl.concat(series)),
    }
    findings: list[Finding] = []
    for table, (key, known) in used.items():
        frame = structure.in_force(table)
        frame = names_by_rule("lanes", frame) if table == "lanes" else frame
        idle = frame.filter(~pl.col(key).is_in(known.drop_nulls().unique().implode()))
        idle = idle.unique(key, keep="first", maintain_order=True)
        findings += mark(structure.subject, "row.unused", rows=idle, table=table, column=key, found=key, fix=FIX, most=3)
    return findings + _unused_bills(structure) + _unused_uses(structure)


def _named(structure: Structure, kind: str) -> list[pl.Series]:
    identifiers = structure.subject.network["identifiers"]
    return [identifiers.filter(pl.col("object_kind") == kind)["object_id"]]


def _unused_bills(structure: Structure) -> list[Finding]:
    bom = structure.in_force("bom")
    if bom.height == 0:
        return []
    bills = structure.lowered.supply.bills.headers
    used = structure.lowered.found.activities["bill"].drop_nulls().unique()
    idle = bills.filter(~pl.col("bill").is_in(used.implode()))
    key = ["bom_id", "site_id", "product_id"]
    idle = idle.select(pl.col(name).cast(pl.String) for name in key)
    rows = bom.with_columns(pl.col("bom_id").fill_null(pl.col("product_id"))).unique(key, keep="first", maintain_order=True)
    rows = rows.join(idle, on=key, how="semi", nulls_equal=True).sort("row")
    found = joined(pl.col("bom_id"), " for ", pl.col("product_id"))
    fix = "set the kind of the making site to plant, or add a source of kind make"
    return mark(structure.subject, "row.unused", rows=rows, table="bom", column="bom_id", found=found, fix=fix)


def _unused_uses(structure: Structure) -> list[Finding]:
    use = structure.subject.table("resource_use")
    if use.height == 0:
        return []
    # A row counts as used if any activity fits it, even one that a more special row takes over.
    wanted = structure.lowered.rows["resource_use"]
    known = listed_uses(structure.lowered.found.activities, structure.lowered.rows)["use"].unique()
    idle = wanted.with_row_index("use").filter(~pl.col("use").is_in(known.implode()))
    key = ["resource_id", "activity", "site_id", "lane_id", "product_id"]
    idle = idle.select(pl.col(name).cast(pl.String) for name in key)
    rows = use.join(idle, on=key, how="semi", nulls_equal=True)
    found = joined(pl.col("resource_id"), " for ", pl.col("activity"), " of ", pl.coalesce("product_id", pl.lit("every product")))
    return mark(
        structure.subject,
        "row.unused",
        rows=rows,
        table="resource_use",
        column="resource_id",
        found=found,
        fix="correct site, lane or product",
    )


def _idle(structure: Structure) -> list[Finding]:
    points = structure.subject.table("stock_points")
    if points.height == 0:
        return []
    calm = structure.lowered.loads.points.filter(pl.col("mean") <= 0).select(pl.col("site_id", "product_id").cast(pl.String))
    idle = points.join(calm, on=["site_id", "product_id"], how="semi").sort("row")
    found = structure.lowered.found
    # What stands in for another product is asked for only where that one is lacking, of which mean demand says nothing.
    stands_in = found.inputs.join(found.activities.filter(pl.col("rule") == "substitute"), on="activity", how="semi")
    stands_in = stands_in.select(pl.col("site_id", "product_id").cast(pl.String))
    idle = idle.join(stands_in, on=["site_id", "product_id"], how="anti", maintain_order="left")
    return mark(
        structure.subject,
        "stock.idle",
        rows=idle,
        table="stock_points",
        column="product_id",
        found=joined(pl.col("site_id"), "/", pl.col("product_id")),
        fix="add demand, or delete it",
        most=3,
    )


def _ambiguous(structure: Structure) -> list[Finding]:
    graph = structure.lowered.graph
    named = {
        "buffer_id": graph.buffers["buffer_id"],
        "activity_id": graph.activities["activity_id"],
        "stream_id": graph.streams["stream_id"],
        "resource_id": graph.resources["resource_id"],
    }
    findings = []
    for key, names in named.items():
        twice = names.filter(names.is_duplicated()).unique().sort()
        if twice.len():
            findings.append(
                remark("id.ambiguous", found=f"{twice[0]} as {key} of two things", fix="rename one of them", count=twice.len())
            )
    return findings


def _lanes(structure: Structure) -> list[Finding]:
    proposals = structure.lowered.proposals
    lanes = structure.subject.table("lanes").with_columns(note=proposals.notes, proposed=proposals.network["lanes"]["lead_time"])
    name = pl.coalesce("lane_id", pl.concat_str(["from_site", "to_site"], separator=">"))
    unknown = lanes.filter(pl.col("proposed").is_null())
    fix = "write a lead time, or give both sites coordinates, a place or a country"
    findings = mark(
        structure.subject,
        "lane.lead_time_unknown",
        rows=unknown,
        table="lanes",
        column="lead_time",
        found=joined("blank for ", name),
        fix=fix,
    )
    findings += _freight(structure)
    odd = lanes.filter(pl.col("note").is_not_null() & pl.col("proposed").is_not_null())
    found = joined(name, ": ", pl.col("note"))
    return findings + mark(
        structure.subject, "lane.odd", rows=odd, table="lanes", column="mode", found=found, fix="write mode and distance", most=3
    )


def _freight(structure: Structure) -> list[Finding]:
    """Report freight that is proposed in US dollars and left out because the project has no rate for them."""
    subject, rows = structure.subject, structure.lowered.rows
    if dollars_in(subject.settings, subject.network["exchange_rates"]) is not None:
        return []
    weighed = rows["products"].filter(pl.col("weight_kg") > 0)["product_id"].implode()
    dear = rows["lanes"].filter(pl.col("variable_cost").is_null())["lane_id"].implode()
    moved = structure.lowered.found.activities.filter(pl.col("product_id").is_in(weighed) & pl.col("lane_id").is_in(dear))
    if moved.height == 0:
        return []
    lanes = moved["lane_id"].n_unique()
    found = (
        f"no rate of {FREIGHT_CURRENCY}, in which freight is proposed for {amount_of(lanes, 'lane')}; this freight is left out"
    )
    fix = f"add a row to exchange_rates: {FREIGHT_CURRENCY}, and its worth in {subject.settings.currency}"
    return [remark("currency.no_rate", found=found, fix=fix, file=subject.file("exchange_rates"), column="currency")]
