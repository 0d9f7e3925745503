"""Everything that fills a stock point: moves, what plants make, what is bought outside the network."""

from __future__ import annotations

from collections.abc import Sequence

from chaintwin.examples.frames import Row
from chaintwin.examples.medicines.products import ACTIVES, BULK, MATERIALS, SCRAP_RATE, bulk_id
from chaintwin.examples.medicines.routes import Move, makers_of, packaging_inputs
from chaintwin.examples.medicines.supply import FORMULATION, LINES, PACKAGING

BULK_LEAD = "pmf(10:0.3, 14:0.5, 20:0.2)"
"""Days to weigh, make, test and release a batch of bulk; sterile products wait for their test of two weeks as well."""

STERILE_LEAD = "pmf(21:0.5, 25:0.3, 32:0.2)"
STERILE = frozenset({"cef", "oxy"})
PACK_LEAD = "pmf(3:0.6, 5:0.3, 8:0.1)"
ACTIVE_LEAD = "lognormal(mean=25, cv=0.25)"
RAW_LEAD = "lognormal(mean=20, cv=0.25)"
CARTON_LEAD = "pmf(5:0.6, 7:0.3, 12:0.1)"

COST_SHARE = 0.65
"""What outside purchases cost, as a share of the value of what they become."""

PACKING_COST = 0.06
"""Dollars a pack, line time not counted."""

ORDER_COST = 120.0
"""Dollars an order that is bought outside, for testing on receipt."""

SOURCE_COLUMNS = (
    "site_id", "product_id", "kind", "lane_id", "from_site", "bom_id", "partner", "share", "priority", "rule", "lead_time",
    "minimum_order", "batch", "cost", "fixed_cost",
)  # fmt: skip


def source_rows(moves: Sequence[Move]) -> list[Row]:
    """Return the rows of the table ``sources`` with the columns of SOURCE_COLUMNS."""
    rows: list[Row] = []
    for move in moves:
        rule, rank = ("contingency", 1) if move.emergency else ("share", 0)
        rows.append(
            (move.site, move.product, "move", move.lane, move.sender, None, None, move.share, rank, rule, None, 0, 0, None, 0)
        )
    for site, product in made_points():
        if product.startswith("bulk-"):
            medicine = product.removeprefix("bulk-")
            lead = STERILE_LEAD if medicine in STERILE else BULK_LEAD
            cost = next(row[3] for row in BULK if row[0] == medicine) * 0.12
            rows.append((site, product, "make", None, None, product, None, 1, 0, "share", lead, 0, 0, round(cost, 3), 0))
        elif product in _values():
            rows.append(_origin(site, product))
        else:
            lead, cost = PACK_LEAD, PACKING_COST
            rows.append((site, product, "make", None, None, product, None, 1, 0, "share", lead, 0, 0, cost, 0))
    return rows


def made_points() -> list[tuple[str, str]]:
    """Return every (site, product) that is made or bought on the spot."""
    found = [(plant, bulk_id(medicine)) for plant, medicines in FORMULATION for medicine in medicines.split()]
    packed = {(row[0], medicine): None for row in PACKAGING for medicine in row[1].split()}
    found += packed
    found += [(maker, product) for product in _values() if product != "carton" for maker in makers_of(product)]
    found += [(site, "carton") for site in dict.fromkeys(row[0] for row in PACKAGING)]
    return found


def bill_rows() -> list[Row]:
    """Return the bills: bom_id, product, other product, quantity, scrap rate."""
    rows: list[Row] = []
    for active, _, _, inputs in ACTIVES:
        rows += [(active, active, product, quantity, 0.0) for product, quantity in inputs]
    for medicine, _, _, _, inputs in BULK:
        bulk = bulk_id(medicine)
        rows += [(bulk, bulk, product, quantity, SCRAP_RATE) for product, quantity in inputs]
        rows += [(medicine, medicine, product, round(quantity, 6), 0.0) for product, quantity in packaging_inputs(medicine)]
    return rows


def line_rows() -> tuple[list[Row], list[Row]]:
    """Return the lines (resource, site, capacity, unit, cost) and their use (resource, activity, site, product, hours)."""
    lines: list[Row] = [(line, site, hours, "hour", cost) for line, site, _, _, hours, _, cost in LINES]
    uses: list[Row] = []
    for line, site, step, medicines, _, hours, _ in LINES:
        for medicine in medicines.split():
            product = bulk_id(medicine) if step == "make" else medicine
            uses.append((line, "make", site, product, hours))
    return lines, uses


def price_rows(currency_of: dict[str, str], rate_of: dict[str, float]) -> list[Row]:
    """Return purchase prices in the currency of each maker: product, partner, currency, price.

    Parameters
    ----------
    currency_of : currency by site.
    rate_of : dollars for one unit of each currency.
    """
    rows: list[Row] = []
    for site, product in made_points():
        value = _values().get(product)
        if value is not None and product not in _bills():
            currency = currency_of[site]
            rows.append((product, f"raw-{site}", currency, round(value * COST_SHARE / rate_of.get(currency, 1.0), 4)))
    return rows


def _origin(site: str, product: str) -> Row:
    """Return how an intermediate, an active ingredient or a material comes to be at its maker."""
    if product in _bills():
        cost = round(_values()[product] * 0.25, 3)
        return (site, product, "make", None, None, product, None, 1, 0, "share", ACTIVE_LEAD, 0, 0, cost, ORDER_COST)
    lead = CARTON_LEAD if product == "carton" else RAW_LEAD
    return (site, product, "buy", None, None, None, f"raw-{site}", 1, 0, "share", lead, 0, 0, None, ORDER_COST)


def _bills() -> frozenset[str]:
    return frozenset(row[0] for row in ACTIVES if row[3])


def _values() -> dict[str, float]:
    """Return the value of intermediates, active ingredients and materials; cartons among them."""
    return {row[0]: row[2] for row in ACTIVES} | {row[0]: row[4] for row in MATERIALS}
