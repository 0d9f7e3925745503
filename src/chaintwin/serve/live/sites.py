"""All that the state knows of one site: stock with how sure it is, what works there, what is measured, who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaintwin.clock import text_of
from chaintwin.fidelity.reporting.kept import kept_summary
from chaintwin.serve.problems import ProblemError
from chaintwin.store.interface import Store
from chaintwin.twin import LiveState
from chaintwin.twin.cells import path_of
from chaintwin.twin.telling import told_part, told_rows

if TYPE_CHECKING:
    import polars as pl

PLACED = {"resources": "site", "people": "site", "vehicles": "site", "devices": "site"}
"""Tables of what is at a site, and the column that says where."""


def site_document(found: LiveState, site: str, *, store: Store) -> dict[str, Any]:
    """Return what is known of a site.

    Parameters
    ----------
    found : the state. site : its name in the network. store : of the log, which keeps how far the twin is to be trusted.

    Raises
    ------
    ProblemError
        404 for a site that neither the network nor the state knows.
    """
    tables = found.tables(*PLACED, "conditions")
    rows = {name: _at(tables[name], column, site=site) for name, column in PLACED.items()}
    devices = {row["device"] for row in rows["devices"]}
    conditions = [row for row in told_rows(tables["conditions"]) if row["place"] == site or row["place"] in devices]
    products = sorted({key[1] for key in found.cells["stock"].cells if key[0] == site})
    if not (products or conditions or any(rows.values())) and site not in set(found.network["sites"]["site_id"].to_list()):
        raise ProblemError(404, "NoSuchResourceException", detail=f"There is no site {site[:200]!r}")
    return {
        "site": site,
        "stock": [{"product": product} | _parts(found, path_of("stock", (site, product))) for product in products],
        **rows,
        "conditions": conditions,
        "fidelity": _fidelity(store, site),
    }


def measured_at(store: Store) -> int:
    """Return when fidelity was measured last, microseconds; 0 where it never was."""
    summary = kept_summary(store)
    return 0 if summary is None else summary.measured_at


def _parts(found: LiveState, path: str) -> dict[str, Any]:
    described = found.described(path)
    parts = {name: getattr(described, name) for name in ("reported", "desired", "predicted")}
    return {name: None if part is None else told_part(part) for name, part in parts.items()}


def _at(frame: pl.DataFrame, column: str, *, site: str) -> list[dict[str, Any]]:
    return told_rows(frame.filter(frame[column] == site))


def _fidelity(store: Store, site: str) -> dict[str, Any] | None:
    """Return how far the twin is to be trusted of a site, as it was measured last; None where it never was."""
    summary = kept_summary(store)
    if summary is None:
        return None
    begin = f"{site}/"
    return {
        "score": summary.sites.get(site),
        "overall": summary.score,
        "measuredAt": text_of(summary.measured_at),
        "products": {name.removeprefix(begin): score for name, score in summary.points.items() if name.startswith(begin)},
    }
