"""Every finding of the doctor: its code, how much it matters, what would have been accepted, and what it means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chaintwin.errors import Severity
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.lowering.sizes import LIST_VALUES_MAX
from chaintwin.network.sizes import EXACT_UNITS, RING_SLOTS_MAX
from chaintwin.network.tables.schema import DELAY_MAX

_ERROR, _WARNING, _NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding.

    Parameters
    ----------
    code : stable name.
    severity : an error means that the network cannot be simulated.
    allowed : what would have been accepted.
    meaning : one sentence for people.
    """

    code: str
    severity: Severity
    allowed: str
    meaning: str


_ROWS: tuple[tuple[str, Severity, str, str], ...] = (
    # Names
    (
        "id.near_duplicate",
        _WARNING,
        "names that differ in more than spaces and punctuation",
        "Two names are probably one thing.",
    ),
    (
        "id.ambiguous",
        _ERROR,
        "names that are not made for the capacity of a lane or source",
        "A resource is called like the capacity of a lane (`lane/...`) or source (`source/...`).",
    ),
    (
        "identifier.check_digit",
        _WARNING,
        "the check digit of GS1, modulo 10",
        "The last digit of a GTIN, GLN or SSCC does not fit the others.",
    ),
    ("identifier.format", _WARNING, "the length and signs of its scheme", "An identifier cannot be one of its scheme."),
    (
        "unit.weight",
        _WARNING,
        "a weight that follows from the unit",
        "A product counted by weight has another weight than its unit says.",
    ),
    (
        "unit.conversion",
        _WARNING,
        "the weight or volume of the product",
        "A conversion to kg or m3 disagrees with the product's weight or volume.",
    ),
    ("unit.base", _WARNING, "1", "A product's own unit is said to hold another number of itself."),
    (
        "unit.order",
        _WARNING,
        "pallets larger than cases, cases larger than eaches",
        "A larger packing holds less than a smaller one.",
    ),
    ("unit.missing", _NOTE, "a row in units for each", "A product is counted in packings, and nothing says how much one holds."),
    ("unit.density", _WARNING, "0.5 to 25,000 kg/m3", "Weight and volume together give a density that no goods have."),
    (
        "bom.fraction",
        _WARNING,
        "whole quantities in whole-unit mode",
        "A bill asks for a part of a unit while quantities are whole.",
    ),
    # Places and time
    ("place.other_country", _WARNING, "coordinates in the site's country", "The coordinates of a site lie in another country."),
    (
        "place.swapped",
        _WARNING,
        "latitude before longitude",
        "The coordinates fit the country once latitude and longitude are swapped.",
    ),
    (
        "place.null_island",
        _WARNING,
        "real coordinates, or blank ones",
        "A site lies at latitude 0, longitude 0, in the Gulf of Guinea.",
    ),
    ("place.at_sea", _WARNING, "coordinates on land or beside it", "A site lies far out at sea."),
    ("place.half", _WARNING, "both coordinates or none", "Only one of two coordinates is given; both are proposed instead."),
    ("place.country", _WARNING, "an ISO 3166 code or a common English name", "The name of a country is not known."),
    (
        "place.time_zone",
        _WARNING,
        "a name of the IANA list, such as Europe/Berlin",
        "The time zone of a site is not known; UTC is used.",
    ),
    ("validity.not_in_force", _NOTE, "rows in force on the first day", "A row is not in force on the first day and is not used."),
    ("validity.changes", _NOTE, "rows in force throughout", "A row ends during the horizon; it is used to the end all the same."),
    ("calendar.outside", _NOTE, "dates within the horizon", "A holiday lies outside the simulated time."),
    (
        "calendar.always_open",
        _NOTE,
        "rows for the days that are closed",
        "A calendar names only open days; days it does not name are open too.",
    ),
    # Demand and series
    ("demand.none", _ERROR, "at least one row", "The table of demand has no rows, so nothing is asked for."),
    ("demand.nothing", _ERROR, "a quantity or a series", "A stream of demand has neither quantity nor series."),
    ("demand.both", _WARNING, "a quantity or a series", "A stream has both; the series is used."),
    (
        "series.short",
        _WARNING,
        "a value for each period of the horizon",
        "A replayed series is shorter than the horizon and starts again.",
    ),
    ("series.samples", _ERROR, "samples of one length", "A series cannot be cut into as many samples of one length."),
    ("series.gaps", _WARNING, "a value for each period", "Periods of a series are missing; they count as 0, in a season as 1."),
    (
        "series.negative",
        _WARNING,
        "0 or more",
        "A series of demand, seasonal factors or levels has negative values; they count as 0.",
    ),
    ("season.mean", _WARNING, "factors that average 1", "Seasonal factors change the mean of the demand."),
    (
        "series.long",
        _ERROR,
        f"at most {LIST_VALUES_MAX:,} values of all series, and of all streams, resources and prices that follow one",
        "Series, seasons, trends, dated calendars and dated prices have more values than memory is promised for.",
    ),
    (
        "demand.not_in_force",
        _WARNING,
        "demand whose row, site and product are in force on the first day",
        "Demand is left out of the whole simulation, because it, its site or its product is not in force on the first day.",
    ),
    # Sourcing
    (
        "wait.long",
        _ERROR,
        f"at most {DELAY_MAX:,} periods, which of a law 99.999 % must not pass",
        "A lead time, an information delay or a review period is longer than the engine holds.",
    ),
    (
        "wait.total",
        _ERROR,
        f"at most {RING_SLOTS_MAX:,} periods of longest lead times and information delays, all sources together",
        "The lead times of all sources together take more memory than is promised.",
    ),
    (
        "source.no_lane",
        _ERROR,
        "a lane from there that carries the product",
        "A source moves a product over a lane that is not there or does not carry it.",
    ),
    ("source.no_bill", _WARNING, "a bill of material for the product", "A source makes a product out of nothing."),
    (
        "source.no_bills",
        _NOTE,
        "bills of material, where inputs matter",
        "Products are made and there is no bill of material at all, so they take no inputs.",
    ),
    (
        "source.shares",
        _WARNING,
        "shares that sum to 1",
        "Shares of the sources of a stock point do not sum to one; they are scaled.",
    ),
    (
        "source.substitute",
        _ERROR,
        "kind make from a bill of material, lead time 0, no minimum order, no batch, and another source",
        "A substitute is not there on the day on which it is needed, or is the only source.",
    ),
    (
        "source.contingency_only",
        _WARNING,
        "at least one source with rule share",
        "A stock point has only contingency sources; they are used as ordinary ones.",
    ),
    (
        "source.replaces_lane",
        _WARNING,
        "a row for every lane that is to fill the stock point",
        "Rows of a stock point in `sources` take the place of a lane that would fill it without them; it fills it no longer.",
    ),
    ("lane.to_itself", _WARNING, "two different sites", "A lane ends where it begins; no source uses it unless a row says so."),
    ("lane.lead_time_zero", _WARNING, "at least 1 between different places", "Goods arrive in the period in which they leave."),
    ("lane.lead_time_long", _WARNING, "at most a year", "A mean lead time is longer than a year."),
    ("lane.too_fast", _WARNING, "what the mode can do", "Goods would have to travel faster than their means of transport."),
    (
        "lane.lead_time_unknown",
        _WARNING,
        "a lead time, or sites with a position",
        "A lane has no lead time and none can be proposed; one period is used.",
    ),
    ("lane.odd", _NOTE, "a usual way", "What is proposed for a lane has a doubtful side."),
    # Stock and policies
    (
        "policy.echelon_loop",
        _ERROR,
        "an echelon without loops",
        "A stock point orders by its echelon, or forecasts its customers, and goods below it go round in a circle.",
    ),
    ("policy.level_missing", _ERROR, "a level", "A stock point orders by its echelon, and its level is blank; none is proposed."),
    (
        "policy.speeds",
        _ERROR,
        "sources of two priorities, with fixed lead times",
        "A stock point orders at two speeds and has no expedited or no regular source, or one whose lead time is random.",
    ),
    ("policy.levels", _ERROR, "reorder_point at most order_up_to", "The reorder point is above the level that is ordered up to."),
    ("policy.parameter", _WARNING, "the parameters of the policy", "A parameter is given that the policy does not use."),
    (
        "policy.phase",
        _NOTE,
        "a phase below the review period",
        "The first review comes before the stated phase, which is counted modulo the review period.",
    ),
    ("stock.over_capacity", _WARNING, "no more than the storage capacity", "The first stock does not fit into the site."),
    (
        "stock.no_volume",
        _WARNING,
        "a volume of what is stored",
        "A site has a storage capacity, but no product has a volume, so nothing is ever too much.",
    ),
    (
        "incoterm.unknown",
        _WARNING,
        "one of the eleven Incoterms 2020",
        "An incoterm is none of those there are; days to payment count from the receipt.",
    ),
    (
        "currency.no_rate",
        _WARNING,
        "a row in exchange_rates",
        "An amount is in a currency without exchange rate; it is left out.",
    ),
    ("price.negative", _ERROR, "0 or more", "A series of prices has negative values."),
    (
        "price.no_seller",
        _WARNING,
        "a partner that a source names, or that owns a site",
        "A price is that of a partner who sells nothing, so nobody pays it.",
    ),
    ("price.missing", _NOTE, "a price", "Demand without a price sells for the product's value, so revenue shows no margin."),
    (
        "value.missing",
        _WARNING,
        "the value of one unit",
        "A product has no value, and the 1 taken for it stands in for costs or prices that are not given either.",
    ),
    (
        "value.zero",
        _WARNING,
        "the value of one unit",
        "A product is worth nothing, and that stands in for costs or prices that are not given.",
    ),
    ("price.below_value", _NOTE, "a price above the product's value", "A product is sold for less than it is worth."),
    # Structure
    (
        "loop.information",
        _ERROR,
        "a delay of one period on the way round",
        "Stock points order from each other in a circle within one period.",
    ),
    (
        "loop.material",
        _ERROR,
        "a lead time of one period on the way round",
        "Material could go round in a circle within one period.",
    ),
    (
        "quantity.fraction",
        _ERROR,
        "whole numbers while quantities are whole units",
        "A recipe, a level, a stock or a lot size is a fraction although the project counts in whole units.",
    ),
    (
        "quantity.large",
        _ERROR,
        f"numbers up to {LARGEST:g} in size",
        "A quantity, a cost, or what follows from them is too large to be counted exactly.",
    ),
    (
        "quantity.exact",
        _ERROR,
        f"at most {EXACT_UNITS:.0e} units over the run, while quantities are whole units",
        "So many whole units pass a stock point over the run that their sum is not exact.",
    ),
    (
        "quantity.tiny",
        _WARNING,
        "quantities above the rounding noise, a billionth of the level and of one unit",
        "A quantity is so small that the engine takes it for rounding noise.",
    ),
    ("memory.large", _WARNING, "at most 2 GiB", "A simulation needs much memory."),
    ("demand.unreachable", _WARNING, "a way from a source to the stream", "Nothing in the network can reach a stream of demand."),
    (
        "supply.assumed",
        _NOTE,
        "a lane, a bill or a source",
        "Nothing fills a stock point, so it is taken to be bought outside at the product's value.",
    ),
    (
        "supply.single",
        _WARNING,
        "two or more places it comes from",
        "A product that much of the demand hangs on comes from one place only.",
    ),
    ("supply.single_minor", _NOTE, "two or more places it comes from", "A product comes from one place only."),
    (
        "stock.years",
        _WARNING,
        "levels that last up to a year beyond the lead time",
        "Most levels proposed for stock points are more than a year of demand beyond what the lead time takes.",
    ),
    (
        "stock.no_room",
        _WARNING,
        "levels whose stock fits into the storage capacity",
        "What the levels of a site keep on its shelves takes more room than it has; the rest waits outside.",
    ),
    (
        "stock.lumpy",
        _NOTE,
        "levels up to ten times the demand of the lead time",
        "Demand in few large orders makes the level proposed for a stock point many times what it is asked for in a lead time.",
    ),
    ("capacity.unlimited", _NOTE, "a capacity", "Sources have no limit on what they deliver in a period."),
    ("capacity.zero", _WARNING, "more than 0", "A capacity of zero shuts what it limits for good."),
    (
        "capacity.short",
        _WARNING,
        "a capacity above the mean need",
        "A resource cannot do what the mean demand asks of it, so backlogs grow without end.",
    ),
    ("capacity.tight", _NOTE, "some slack", "The mean demand takes almost all of a resource."),
    ("row.unused", _NOTE, "rows that something uses", "A row plays no part in the network."),
    (
        "stock.idle",
        _NOTE,
        "stock points that something asks of",
        "A stock point is listed and nothing ever asks for its product.",
    ),
)

CODES: Mapping[str, Code] = MappingProxyType({row[0]: Code(*row) for row in _ROWS})
"""The doctor's codes by name."""
