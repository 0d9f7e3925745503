"""The tables that say how stock is held and filled: stock points, sources and bills of material, and what columns share."""

from __future__ import annotations

from chaintwin.network.tables.schema import DELAY_MAX, Column, Kind, Table

POLICIES = (
    "base_stock",
    "s_S",
    "R_nQ",
    "min_max",
    "kanban",
    "constant",
    "smoothed",
    "sterman",
    "echelon",
    "dual_index",
    "base_surge",
    "drp",
    "none",
)
LEAD_MODES = ("crossing", "fifo", "kaplan")

VALID = (
    Column("valid_from", Kind.DATE, "First day the row is in force.", rule="in force from the start"),
    Column("valid_to", Kind.DATE, "Last day the row is in force.", rule="in force to the end"),
)
"""Columns of rows that are in force for a time."""

LEAD_MODE = Column(
    "lead_mode",
    Kind.CHOICE,
    "How random lead times go together: each shipment for itself, none overtaking another (fifo), or by the age that arrives "
    "in a period (kaplan).",
    default="crossing",
    choices=LEAD_MODES,
)
"""Column of lanes and sources."""

STOCK_POINTS = Table(
    "stock_points",
    "A product at a site: its ordering rule, first stock and costs.",
    (
        Column("site_id", Kind.ID, "The site.", required=True, references="sites.site_id"),
        Column("product_id", Kind.ID, "The product.", required=True, references="products.product_id"),
        Column("policy", Kind.CHOICE, "Ordering rule.", default="base_stock", choices=POLICIES),
        Column(
            "base_stock",
            Kind.NUMBER,
            "Order up to this position (base_stock), or in whole cards (kanban); target of smoothed and sterman; order up to "
            "this echelon position (echelon); index of the regular sources (dual_index). Below 0 orders wait until so much is "
            "owed.",
            unit="unit",
            rule="mean demand over the exposure and safety for the service target; smoothed and sterman: less a period's mean; "
            "echelon: must be given",
        ),
        Column(
            "reorder_point",
            Kind.NUMBER,
            "Order at or below this position (s_S, min_max, R_nQ); below 0 as base_stock.",
            unit="unit",
            rule="as base_stock",
        ),
        Column(
            "order_up_to",
            Kind.NUMBER,
            "Order up to this position (s_S, min_max); below 0 as base_stock.",
            unit="unit",
            rule="reorder_point and four periods of demand",
        ),
        Column(
            "order_quantity",
            Kind.NUMBER,
            "Order whole multiples of this (R_nQ), one card (kanban), or this every time (constant; of base_surge the regular "
            "sources).",
            unit="unit",
            low=0,
            low_open=True,
            rule="four periods of demand; constant: the mean between two reviews; base_surge: three quarters of it",
        ),
        Column(
            "expedite_level",
            Kind.NUMBER,
            "Order from expedited sources, those of higher priority number, up to this much in stock or due before they could "
            "deliver (dual_index, base_surge).",
            unit="unit",
            rule="as base_stock, by the lead time of the expedited sources",
        ),
        Column(
            "sourcing",
            Kind.CHOICE,
            "Which sources are asked first: by their priority, or by their cost a unit, duty included. The next ones get what "
            "those before cannot start today.",
            default="priority",
            choices=("priority", "cheapest"),
        ),
        Column(
            "level_series",
            Kind.ID,
            "Series of levels in place of base_stock, repeated over its length: a plan (base_stock).",
            references="series.series_id",
            rule="one level for all periods",
        ),
        Column(
            "gain_rate", Kind.NUMBER, "Part of the gap that is ordered at once (smoothed, sterman).", default=1.0, low=0, high=1
        ),
        Column("supply_line_rate", Kind.NUMBER, "Weight of what is on order (sterman).", default=1.0, low=0, high=1),
        Column(
            "forecast_rate",
            Kind.NUMBER,
            "Weight of today's claims in the forecast, which begins with the mean (smoothed, sterman, drp).",
            default=0.0,
            low=0,
            high=1,
        ),
        Column(
            "forecast_window",
            Kind.INTEGER,
            "Periods whose mean claims are the forecast, in place of forecast_rate (smoothed, sterman, drp).",
            unit="period",
            default=0,
            low=0,
            high=10_000,
            rule="0: by forecast_rate",
        ),
        Column(
            "forecast_basis",
            Kind.CHOICE,
            "What the forecast learns from: what is claimed here, or what customers ask for here and at everything below, by "
            "bills and shares, as soon as they ask (smoothed, sterman, drp).",
            default="claims",
            choices=("claims", "customers"),
        ),
        Column(
            "safety_stock",
            Kind.NUMBER,
            "Order up to the forecast of cover_periods and this (drp).",
            unit="unit",
            rule="what the proposed level has beyond the mean demand of cover_periods",
        ),
        Column(
            "cover_periods",
            Kind.NUMBER,
            "Periods whose forecast is ordered up to (drp).",
            unit="period",
            low=0,
            rule="lead time, information delay and review period, less one",
        ),
        Column("review_period", Kind.INTEGER, "Periods between two reviews.", unit="period", default=1, low=1, high=DELAY_MAX),
        Column("review_phase", Kind.INTEGER, "Period of the first review.", unit="period", default=0, low=0, high=DELAY_MAX),
        Column("minimum_order", Kind.NUMBER, "Smallest order, all sources together.", unit="unit", default=0.0, low=0),
        Column(
            "batch",
            Kind.NUMBER,
            "Orders, all sources together, are whole multiples of this.",
            unit="unit",
            default=0.0,
            low=0,
            rule="0: any quantity",
        ),
        Column(
            "service_target",
            Kind.NUMBER,
            "Least share of periods without stockout, and of units served at once, that a proposed level aims for.",
            default=0.95,
            low=0.5,
            high=0.99999,
        ),
        Column("initial_stock", Kind.NUMBER, "Stock at the start.", unit="unit", low=0, rule="the level the rule would hold"),
        Column(
            "holding_cost",
            Kind.NUMBER,
            "Cost of holding one unit one period.",
            unit="money/unit/period",
            low=0,
            rule="the site's rate on the product's value",
        ),
        Column(
            "shelf_life",
            Kind.INTEGER,
            "Periods in which a unit may be used after its receipt here, that of the receipt among them.",
            unit="period",
            low=1,
            high=DELAY_MAX,
            rule="the product's shelf_life",
        ),
        Column(
            "issue_rule",
            Kind.CHOICE,
            "Which units that can expire are taken first: the oldest (fifo), the youngest (lifo), or the first to expire (fefo), "
            "which here are the oldest.",
            default="fifo",
            choices=("fifo", "lifo", "fefo"),
        ),
        Column(
            "allocation",
            Kind.CHOICE,
            "How stock that is short is shared over claims of one priority: in proportion, the oldest claims first (fifo), or so "
            "that all come to the same part of their targets (fair_share).",
            default="proportional",
            choices=("proportional", "fifo", "fair_share"),
        ),
        Column("disposal_cost", Kind.NUMBER, "Cost of a unit that expires.", unit="money/unit", default=0.0, low=0),
        *VALID,
    ),
    key=("site_id", "product_id"),
)

SOURCES = Table(
    "sources",
    "Ways to fill a stock point. Its rows replace what lanes and bills would imply: list every way, lanes too.",
    (
        Column("site_id", Kind.ID, "The site that is filled.", required=True, references="sites.site_id"),
        Column("product_id", Kind.ID, "The product.", required=True, references="products.product_id"),
        Column(
            "kind",
            Kind.CHOICE,
            "Move over a lane, make from a BOM, or buy outside the network.",
            default="move",
            choices=("move", "make", "buy"),
        ),
        Column("lane_id", Kind.ID, "The lane (kind move).", references="lanes.lane_id", rule="every lane from from_site"),
        Column("from_site", Kind.ID, "The sender (kind move).", references="sites.site_id", rule="the lane's sender"),
        Column("bom_id", Kind.ID, "The bill of material (kind make).", references="bom.bom_id", rule="the product's own"),
        Column("partner", Kind.ID, "The supplier (kind buy).", references="partners.partner_id"),
        Column("share", Kind.NUMBER, "Share of what sources of one rank get, before scaling to one.", default=1.0, low=0),
        Column(
            "priority",
            Kind.INTEGER,
            "Rank of the source; low number first. The next rank gets what those before cannot start today; above the lowest: "
            "expedited (dual_index, base_surge).",
            default=0,
        ),
        Column(
            "rule",
            Kind.CHOICE,
            "By share inside its rank, behind all ranks as a contingency, or, made from a substitute without lead time, as far "
            "as something is missing today.",
            default="share",
            choices=("share", "contingency", "substitute"),
        ),
        Column(
            "lead_time",
            Kind.LAW,
            "Order to receipt (make and buy); a substitute is there at once.",
            unit="period",
            low=0,
            high=DELAY_MAX,
            default="1",
            other_default=("rule", "substitute", "0"),
        ),
        LEAD_MODE,
        Column(
            "yield_rate",
            Kind.NUMBER,
            "Good units a unit ordered; in whole units the chance that a unit is good.",
            default=1.0,
            low=0,
            high=1,
            low_open=True,
        ),
        Column("minimum_order", Kind.NUMBER, "Smallest order.", unit="unit", default=0.0, low=0),
        Column(
            "batch", Kind.NUMBER, "Orders are whole multiples of this.", unit="unit", default=0.0, low=0, rule="0: any quantity"
        ),
        Column(
            "cost",
            Kind.NUMBER,
            "Cost of one unit (purchase or process).",
            unit="money/unit",
            low=0,
            rule="buy: the product's value; make: 0",
        ),
        Column("fixed_cost", Kind.NUMBER, "Cost of each order started.", unit="money", default=0.0, low=0),
        Column("capacity", Kind.NUMBER, "Most units in one period.", unit="unit/period", low=0, rule="unlimited"),
        *VALID,
    ),
    key=("site_id", "product_id", "kind", "lane_id", "from_site", "bom_id", "partner"),
)

BOM = Table(
    "bom",
    "What goes into a product and what else comes out.",
    (
        Column("bom_id", Kind.ID, "Name of the bill.", rule="the product_id"),
        Column(
            "site_id",
            Kind.ID,
            "The only site it holds for.",
            references="sites.site_id",
            rule="every site that makes the product",
        ),
        Column("product_id", Kind.ID, "What is made.", required=True, references="products.product_id"),
        Column(
            "role",
            Kind.CHOICE,
            "Whether the other product goes in or comes out beside.",
            default="input",
            choices=("input", "by_product"),
        ),
        Column("other_product_id", Kind.ID, "The input or by-product.", required=True, references="products.product_id"),
        Column("quantity", Kind.NUMBER, "Units of it for one unit made.", required=True, low=0, low_open=True),
        Column("scrap_rate", Kind.NUMBER, "Share of the input that is lost.", default=0.0, low=0, high=0.99),
        *VALID,
    ),
    key=("bom_id", "site_id", "product_id", "role", "other_product_id"),
)
