"""Ids that name no row of the table they point to."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.tables.catalog import CATALOG, MODES
from chaintwin.network.tables.cells.cells import Fault, fold, shown
from chaintwin.network.tables.cells.keys import names_by_rule
from chaintwin.network.tables.cells.nearest import Names, names_of

OBJECT_KEYS = (
    ("site", "sites.site_id"),
    ("product", "products.product_id"),
    ("partner", "partners.partner_id"),
    ("lane", "lanes.lane_id"),
)
"""Which column the ``object_id`` of an identifier points to."""

SUGGESTIONS_MAX = 20
"""Unknown ids for which the nearest one is looked up; the others are named without a suggestion."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows of a table come from: file, row numbers, and the file's name for each column."""

    file: str
    rows: pl.Series
    headers: Mapping[str, str]


def reference_findings(frames: Mapping[str, pl.DataFrame], places: Mapping[str, Place], *, unreadable: Set[str]) -> list[Finding]:
    """Return an error for each id that is not in the table its column points to, with the nearest id there is.

    Parameters
    ----------
    frames : the typed tables by name.
    places : for each table that was read, where its rows come from.
    unreadable : tables of which not all rows could be read; ids that point there are not judged.
    """
    known: dict[str, pl.Series] = {}
    findings: list[Finding] = []
    for described in CATALOG:
        place = places.get(described.name)
        if place is None:
            continue
        frame = frames[described.name]
        pointers = [(c.name, c.references, frame[c.name]) for c in described.columns if c.references]
        if described.name == "identifiers":
            pointers += [("object_id", target, _where(frame, kind)) for kind, target in OBJECT_KEYS]
        for column, target, values in pointers:
            other = target.split(".")[0]
            if other in unreadable or values.null_count() == len(values):
                continue
            if target not in known:
                known[target] = _known(frames, target)
            findings += _dangling(values, known[target], target=target, place=place, column=column, is_absent=other not in places)
    return findings


def _known(frames: Mapping[str, pl.DataFrame], target: str) -> pl.Series:
    name, column = target.split(".")
    frame = frames[name]
    ids = names_by_rule(name, frame)[column]
    if name == "lanes":
        # A lane whose mode is still to be proposed may be called by any mode.
        open_mode = frame.filter(pl.col("lane_id").is_null() & pl.col("mode").is_null())
        if not open_mode.is_empty():
            ids = pl.concat([ids, *(names_by_rule(name, open_mode.with_columns(mode=pl.lit(mode)))[column] for mode in MODES)])
    return ids.drop_nulls().unique(maintain_order=True)


def _where(frame: pl.DataFrame, kind: str) -> pl.Series:
    return frame.select(pl.when(pl.col("object_kind") == kind).then(pl.col("object_id"))).to_series()


def _dangling(values: pl.Series, known: pl.Series, *, target: str, place: Place, column: str, is_absent: bool) -> list[Finding]:
    bad = values.is_not_null() & ~values.is_in(known.implode())
    if not bad.any():
        return []
    places = bad.fill_null(False).arg_true()
    ids = values.gather(places).to_list()
    names = names_of(known.to_list())
    file = target.split(".", maxsplit=1)[0]
    fixes: dict[str, str] = {}
    for name in dict.fromkeys(ids):
        fixes[name] = _fix(name, names if len(fixes) < SUGGESTIONS_MAX else None, file=file, is_absent=is_absent)
    allowed = f"an id of {target}" + (f", and there is no table {file}" if is_absent else "")
    faults = [
        (row, Fault("reference.unknown", shown(name), allowed, fixes[name]))
        for row, name in zip(place.rows.gather(places).to_list(), ids, strict=True)
    ]
    return fold(faults, file=place.file, header=place.headers.get(column, column))


def _fix(name: str, names: Names | None, *, file: str, is_absent: bool) -> str:
    near = names.nearest(name) if names is not None else ""
    if near:
        return f"did you mean {shown(near)}?"
    return f"add a table {file} with it, or leave the cell blank" if is_absent else f"add it to {file}, or correct it"
