"""What is said of a network as a whole: the findings of the doctor, and on whom it depends."""

from __future__ import annotations

from typing import Any

import polars as pl

from chaintwin.errors import Severity, UsageError
from chaintwin.network.network import Network

SHARES_MAX = 40
"""Suppliers, countries and blocs that are told, those with the largest shares of each."""

PRODUCTS_MAX = 200
"""Products with one supplier alone that are told, those with the largest flow."""


def findings_document(network: Network) -> dict[str, Any]:
    """Return what the doctor says of a network as JSON has it: errors first, then warnings and notes.

    Parameters
    ----------
    network : in force.
    """
    from chaintwin.network.doctor import check

    found = check(network).findings
    members = [
        {
            "severity": finding.severity.value,
            "code": finding.code,
            "file": finding.file,
            "row": finding.row,
            "column": finding.column,
            "found": finding.found,
            "allowed": finding.allowed,
            "fix": finding.fix,
            "count": finding.count,
        }
        for severity in Severity
        for finding in found
        if finding.severity is severity
    ]
    return {"member": members, "count": len(members)}


def dependence_document(network: Network) -> dict[str, Any]:
    """Return on which suppliers, countries and blocs a network depends by value, what has one supplier alone, and what is lost
    without each country.

    Parameters
    ----------
    network : in force.
    """
    from chaintwin.network.lowering.lower import lower_in_full
    from chaintwin.risk.dependence import lose_countries, measure_concentration

    lowered = lower_in_full(network)
    try:
        found = measure_concentration(network, lowered)
        losses = lose_countries(network, lowered).by_country.head(SHARES_MAX)
    except UsageError:
        # Nothing flows that has a value, so nothing depends on anybody.
        return {"singleSourcingShare": None, "indices": {}, "shares": [], "single": [], "countries": []}
    shares = found.shares.group_by("attribute", maintain_order=True).head(SHARES_MAX)
    single = found.products.filter(pl.col("supplier_count") == 1).head(PRODUCTS_MAX)
    return {
        "singleSourcingShare": found.single_sourcing_share,
        "indices": found.indices,
        "shares": shares.select("attribute", "name", "share").to_dicts(),
        "single": single.select("product_id", "flow").rename({"product_id": "product"}).to_dicts(),
        "countries": losses.to_dicts(),
    }
