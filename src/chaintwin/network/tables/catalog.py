"""The tables of a project: every column, its meaning, unit, range and default."""

from __future__ import annotations

from chaintwin.network.tables.schema import DELAY_MAX, PERIODS_MAX, Column, Kind, Table
from chaintwin.network.tables.supply_tables import BOM, LEAD_MODE, SOURCES, STOCK_POINTS, VALID

MODES = ("sea", "air", "road", "rail", "inland_water", "courier", "pipeline", "internal")
SITE_KINDS = ("supplier", "plant", "warehouse", "hub", "port", "airport", "store", "customer")

SITES = Table(
    "sites",
    "Places where goods are made, stored, handled or asked for.",
    (
        Column("site_id", Kind.ID, "Your name of the site.", required=True),
        Column("name", Kind.TEXT, "Name for people.", rule="the site_id"),
        Column("kind", Kind.CHOICE, "What the site is.", default="warehouse", choices=SITE_KINDS),
        Column("country", Kind.TEXT, "Country, ISO 3166 alpha-2 or a common name."),
        Column("region", Kind.TEXT, "Region for hazards and reports.", rule="the country"),
        Column("place", Kind.TEXT, "Port (UN/LOCODE), airport (IATA) or city code where coordinates are blank."),
        Column(
            "latitude", Kind.NUMBER, "WGS84 latitude.", unit="degree", low=-90, high=90, rule="proposed from place or country"
        ),
        Column(
            "longitude", Kind.NUMBER, "WGS84 longitude.", unit="degree", low=-180, high=180, rule="proposed from place or country"
        ),
        Column("owner", Kind.ID, "Partner that owns the stock here.", references="partners.partner_id"),
        Column("calendar", Kind.ID, "Working calendar.", references="calendars.calendar_id", rule="open every day"),
        Column("time_zone", Kind.TEXT, "IANA time zone.", default="UTC"),
        Column("cut_off", Kind.CLOCK, "Orders later than this count for the next working day.", rule="end of day"),
        Column(
            "storage_capacity",
            Kind.NUMBER,
            "Room for stock; what arrives beyond it waits outside.",
            unit="m3",
            low=0,
            rule="unlimited",
        ),
        Column(
            "holding_cost_rate",
            Kind.NUMBER,
            "Cost of holding stock as a share of its value a year.",
            unit="1/year",
            default=0.2,
            low=0,
        ),
        *VALID,
    ),
    key=("site_id",),
    required=True,
)

PRODUCTS = Table(
    "products",
    "Items that are made, stocked, moved and sold.",
    (
        Column("product_id", Kind.ID, "Your name of the product.", required=True),
        Column("name", Kind.TEXT, "Name for people.", rule="the product_id"),
        Column("unit", Kind.TEXT, "Base unit in which quantities are counted.", default="each"),
        Column("value", Kind.NUMBER, "Value of one unit.", unit="money", low=0, rule="1, with a warning where money rests on it"),
        Column(
            "weight_kg", Kind.NUMBER, "Weight of one unit.", unit="kg", low=0, rule="no weight: no weight-based cost or carbon"
        ),
        Column("volume_m3", Kind.NUMBER, "Volume of one unit.", unit="m3", low=0, rule="takes no storage room"),
        Column(
            "shelf_life",
            Kind.INTEGER,
            "Periods in which a unit may be used after its receipt at a stock point, that of the receipt among them.",
            unit="period",
            low=1,
            high=DELAY_MAX,
            rule="never expires",
        ),
        Column("quality_classes", Kind.TEXT, "Quality classes, best first, separated by semicolons.", default="A"),
        Column("quantum", Kind.NUMBER, "Smallest quantity in whole-unit mode.", default=1.0, low=0, low_open=True),
        *VALID,
    ),
    key=("product_id",),
    required=True,
)

LANES = Table(
    "lanes",
    "Directed transport links between two sites.",
    (
        Column("lane_id", Kind.ID, "Your name of the lane.", rule="from>to:mode, with :product if it carries only one"),
        Column("from_site", Kind.ID, "Where goods leave.", required=True, references="sites.site_id"),
        Column("to_site", Kind.ID, "Where goods arrive.", required=True, references="sites.site_id"),
        Column(
            "product_id",
            Kind.ID,
            "The only product it carries.",
            references="products.product_id",
            rule="every product that both ends handle",
        ),
        Column("mode", Kind.CHOICE, "Means of transport.", choices=MODES, rule="proposed from geography"),
        Column("distance_km", Kind.NUMBER, "Length of the way.", unit="km", low=0, rule="proposed from geography"),
        Column(
            "lead_time",
            Kind.LAW,
            "Order placed to goods received.",
            unit="period",
            low=0,
            high=DELAY_MAX,
            rule="proposed from distance and mode",
        ),
        LEAD_MODE,
        Column(
            "information_delay",
            Kind.INTEGER,
            "Periods until the sender sees the order.",
            unit="period",
            default=0,
            low=0,
            high=DELAY_MAX,
        ),
        Column("fixed_cost", Kind.NUMBER, "Cost of each shipment.", unit="money", default=0.0, low=0),
        Column(
            "variable_cost",
            Kind.NUMBER,
            "Cost of each unit moved.",
            unit="money/unit",
            low=0,
            rule="proposed from weight, distance and mode",
        ),
        Column(
            "capacity",
            Kind.NUMBER,
            "Most units that can leave in one period, all products together.",
            unit="unit/period",
            low=0,
            rule="unlimited",
        ),
        Column("duty_rate", Kind.NUMBER, "Import duty as a share of customs value.", default=0.0, low=0, high=10),
        Column("carbon_factor", Kind.NUMBER, "Emissions, well to wheel.", unit="g/tkm", low=0, rule="default of the mode"),
        Column("priority", Kind.INTEGER, "Who is served first when the sender is short; low number first.", default=0),
        *VALID,
    ),
    key=("lane_id",),
    required=True,
)

DEMAND = Table(
    "demand",
    "What customers ask for at a site.",
    (
        Column("stream_id", Kind.ID, "Your name of the stream.", rule="site/product/market"),
        Column("site_id", Kind.ID, "Where it is served from.", required=True, references="sites.site_id"),
        Column("product_id", Kind.ID, "What is asked for.", required=True, references="products.product_id"),
        Column("market", Kind.TEXT, "Market or customer group.", default="all"),
        Column(
            "quantity", Kind.LAW, "Units asked for in one period.", unit="unit/period", low=0, rule="needs quantity or series"
        ),
        Column(
            "series", Kind.ID, "Replayed series instead of a law.", references="series.series_id", rule="needs quantity or series"
        ),
        Column(
            "series_samples",
            Kind.INTEGER,
            "How many samples of one length the series holds, one behind the other; replications replay them in turn.",
            default=1,
            low=1,
        ),
        Column(
            "season", Kind.ID, "Series of factors, repeated over its length.", references="series.series_id", rule="no season"
        ),
        Column("trend_rate", Kind.NUMBER, "Growth of the mean a year, as a share.", unit="1/year", default=0.0, low=-1, high=10),
        Column("priority", Kind.INTEGER, "Class of service; low number first.", default=0),
        Column(
            "promise_window",
            Kind.INTEGER,
            "Periods within which delivery still counts as on time (`on_time_rate` of results).",
            unit="period",
            default=0,
            low=0,
            high=DELAY_MAX,
        ),
        Column(
            "lost_fraction",
            Kind.NUMBER,
            "Share of what is not served at once that is lost; the rest waits.",
            default=0.0,
            low=0,
            high=1,
        ),
        Column(
            "shipping",
            Kind.CHOICE,
            "Whether the demand of a period may be shipped in parts (partial), or only whole (complete).",
            default="partial",
            choices=("partial", "complete"),
        ),
        Column("price", Kind.NUMBER, "Price of one unit.", unit="money/unit", low=0, rule="the product's value"),
        Column(
            "price_series",
            Kind.ID,
            "Series of prices in place of price, repeated over its length; a period without one has that of the period before. "
            "What is late or lost costs by their mean.",
            references="series.series_id",
            rule="one price for all periods",
        ),
        Column(
            "customer",
            Kind.ID,
            "Partner that buys, and pays by its terms.",
            references="partners.partner_id",
            rule="customers who pay after 30 days",
        ),
        Column(
            "backlog_cost",
            Kind.NUMBER,
            "Cost of one unit waiting one period.",
            unit="money/unit/period",
            low=0,
            rule="2 % of the price a day",
        ),
        *VALID,
    ),
    key=("stream_id",),
    required=True,
)

RESOURCES = Table(
    "resources",
    "Machines, docks, crews: what limits how much can be started in a period.",
    (
        Column("resource_id", Kind.ID, "Your name of the resource.", required=True),
        Column("site_id", Kind.ID, "Where it is.", references="sites.site_id"),
        Column("capacity", Kind.NUMBER, "Amount in one period.", unit="resource unit/period", required=True, low=0),
        Column("unit", Kind.TEXT, "What is counted (hours, pallets).", default="hour"),
        Column("calendar", Kind.ID, "When it works.", references="calendars.calendar_id", rule="the site's calendar"),
        Column("cost", Kind.NUMBER, "Cost of one unit used.", unit="money/resource unit", default=0.0, low=0),
        *VALID,
    ),
    key=("resource_id",),
)

RESOURCE_USE = Table(
    "resource_use",
    "How much of a resource one unit made or moved takes.",
    (
        Column("resource_id", Kind.ID, "The resource.", required=True, references="resources.resource_id"),
        Column("activity", Kind.CHOICE, "What uses it.", default="make", choices=("make", "move", "buy")),
        Column(
            "site_id", Kind.ID, "Where the product is made or bought.", references="sites.site_id", rule="the resource's site"
        ),
        Column("lane_id", Kind.ID, "The lane (move).", references="lanes.lane_id"),
        Column("product_id", Kind.ID, "The product.", references="products.product_id", rule="every product"),
        Column("quantity", Kind.NUMBER, "Resource units for one unit.", required=True, low=0),
        *VALID,
    ),
    key=("resource_id", "activity", "site_id", "lane_id", "product_id"),
)

PARTNERS = Table(
    "partners",
    "Companies: owners, suppliers, carriers, customers.",
    (
        Column("partner_id", Kind.ID, "Your name of the partner.", required=True),
        Column("name", Kind.TEXT, "Name for people.", rule="the partner_id"),
        Column("country", Kind.TEXT, "Country of its seat."),
        Column("currency", Kind.TEXT, "ISO 4217 currency it is paid in.", rule="the project's currency"),
        Column(
            "payment_term_days",
            Kind.INTEGER,
            "Days until it pays for what it bought, or is paid for what it sold; below 0: when the goods leave.",
            unit="day",
            default=30,
            low=-365,
            high=730,
        ),
        Column(
            "incoterm",
            Kind.TEXT,
            "Where the risk passes, Incoterms 2020: the days count from the receipt (D), or from when the goods leave (E, F, C).",
            rule="counted from the receipt",
        ),
        *VALID,
    ),
    key=("partner_id",),
)

SERIES = Table(
    "series",
    "Numbers over time: replayed demand, seasons, prices.",
    (
        Column("series_id", Kind.ID, "Name of the series.", required=True),
        Column("period", Kind.INTEGER, "Period of the project, first is 0.", required=True, low=0, high=PERIODS_MAX - 1),
        Column("value", Kind.NUMBER, "The value.", required=True),
    ),
    key=("series_id", "period"),
)

EXCHANGE_RATES = Table(
    "exchange_rates",
    "What one unit of a currency is worth in the project's currency.",
    (
        Column("currency", Kind.TEXT, "ISO 4217 code.", required=True),
        Column("valid_from", Kind.DATE, "First day of the rate.", rule="from the start"),
        Column("rate", Kind.NUMBER, "Project currency for one unit.", required=True, low=0, low_open=True),
    ),
    key=("currency", "valid_from"),
)

PRICES = Table(
    "prices",
    "Dated purchase prices; where none is given the source's cost holds.",
    (
        Column("product_id", Kind.ID, "The product.", required=True, references="products.product_id"),
        Column("partner", Kind.ID, "The supplier.", references="partners.partner_id", rule="every supplier"),
        Column("valid_from", Kind.DATE, "First day of the price.", rule="from the start"),
        Column("currency", Kind.TEXT, "ISO 4217 code.", rule="the project's currency"),
        Column("price", Kind.NUMBER, "Price of one unit.", required=True, low=0),
    ),
    key=("product_id", "partner", "valid_from"),
)

HAZARDS = Table(
    "hazards",
    "What can hit a region, how often and how long.",
    (
        Column("hazard_id", Kind.ID, "Your name of the hazard.", required=True),
        Column("region", Kind.TEXT, "Region it hits.", rule="every region"),
        Column("country", Kind.TEXT, "Country it hits.", rule="every country"),
        Column("kind", Kind.TEXT, "Earthquake, flood, strike, cyber attack, ...", default="other"),
        Column("rate_per_year", Kind.NUMBER, "Mean number of events a year.", unit="1/year", required=True, low=0),
        Column("duration", Kind.LAW, "How long a site is down.", unit="period", low=0, high=DELAY_MAX, default="7"),
        Column("severity_rate", Kind.NUMBER, "Share of capacity lost.", default=1.0, low=0, high=1),
        *VALID,
    ),
    key=("hazard_id", "region", "country"),
)

IDENTIFIERS = Table(
    "identifiers",
    "Names of things in other systems.",
    (
        Column("object_kind", Kind.CHOICE, "What is named.", required=True, choices=("site", "product", "partner", "lane")),
        Column("object_id", Kind.ID, "Its id in this project.", required=True),
        Column("scheme", Kind.TEXT, "GLN, GTIN, SSCC, UN/LOCODE or an ERP system.", required=True),
        Column("value", Kind.TEXT, "The name there.", required=True),
        *VALID,
    ),
    key=("object_kind", "scheme", "value"),
)

UNITS = Table(
    "units",
    "How many base units a case, pallet or kilogram holds.",
    (
        Column("product_id", Kind.ID, "The product.", required=True, references="products.product_id"),
        Column("unit", Kind.TEXT, "The other unit.", required=True),
        Column("base_quantity", Kind.NUMBER, "Base units in one of it.", required=True, low=0, low_open=True),
    ),
    key=("product_id", "unit"),
)

CALENDARS = Table(
    "calendars",
    "Working days and holidays.",
    (
        Column("calendar_id", Kind.ID, "Name of the calendar.", required=True),
        Column(
            "weekday",
            Kind.CHOICE,
            "A day of every week.",
            choices=("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
            rule="needs weekday or date",
        ),
        Column("date", Kind.DATE, "One day, stronger than the weekday.", rule="needs weekday or date"),
        Column("open_share", Kind.NUMBER, "Share of normal capacity that day; 0 is closed.", default=0.0, low=0, high=2),
        Column("name", Kind.TEXT, "Name of the holiday."),
    ),
    key=("calendar_id", "weekday", "date"),
)

CATALOG: tuple[Table, ...] = (
    SITES,
    PRODUCTS,
    LANES,
    DEMAND,
    STOCK_POINTS,
    SOURCES,
    BOM,
    RESOURCES,
    RESOURCE_USE,
    PARTNERS,
    CALENDARS,
    SERIES,
    EXCHANGE_RATES,
    PRICES,
    HAZARDS,
    IDENTIFIERS,
    UNITS,
)
"""Every table, in the order they are written."""

TABLE_NAMES = tuple(described.name for described in CATALOG)


def table(name: str) -> Table:
    """Return the table of that name; KeyError if there is none."""
    for candidate in CATALOG:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
