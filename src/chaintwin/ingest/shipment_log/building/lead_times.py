"""Lead times of the lanes of a transaction log: which two dates, how many, how many still open, which law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import Finding, Severity, amount_of
from chaintwin.ingest.shipment_log.building.rounding import rounded, rounded_law
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping
from chaintwin.ingest.shipment_log.transactions.outliers import NUMBERS_MIN, is_far_above, rows_text
from chaintwin.laws.fits import FitMethod, FittedLaw, fit_lead_time
from chaintwin.laws.fits.lead_times import FAMILY_WEIGHT, SHAPE_ARRIVALS

FIT_SCHEMA = pl.Schema(
    {
        "lane": pl.String,
        "mode": pl.String,
        "n": pl.Int64,
        "censored": pl.Int64,
        "method": pl.String,
        "mean": pl.Float64,
        "sd": pl.Float64,
        "p95": pl.Float64,
        "law": pl.String,
        "start": pl.String,
        "trust": pl.String,
    }
)
"""Columns of a table of lead-time fits; ``mean``, ``sd`` and ``p95`` in periods, ``start`` the column the clock starts at,
``trust`` a ``Trust``."""

OVERDUE_FACTOR, OVERDUE_DAYS = 2.0, 14
"""An open shipment older than this many times the longest lead time seen on lanes of its kind, and older than that by so many
days, has arrived and nobody wrote it down: of five and more arrivals none took half as long."""


TIME_SCALE_MIN = 0.3
"""Least standard deviation of logarithms of lead times when far ones are looked for: none under six times the median is far."""

YEAR_DAYS = 365


class Trust(StrEnum):
    """What the lead time of a lane stands on."""

    GOOD = "good"  # Its own arrivals have at least half the say.
    FEW = "few"  # Its own arrivals, but too few, or fewer than are still open.
    BORROWED = "borrowed"  # Lanes of its kind, the sender's direct deliveries, or distance and mode.


Times = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""Lead times in periods, and whether each was seen to its end."""

NOTHING: Times = (np.zeros(0), np.zeros(0, dtype=np.bool_))


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """Lead times of lanes.

    Parameters
    ----------
    fits : one row a lane, columns as in ``FIT_SCHEMA``; ``n`` counts arrivals and open shipments, ``censored`` the open ones.
    counts : number of lines by what they gave.
    findings : assumptions made.
    """

    fits: pl.DataFrame
    counts: dict[str, int]
    findings: tuple[Finding, ...]


def fit_lead_times(
    lines: pl.DataFrame,
    lanes: pl.DataFrame,
    *,
    mapping: LogMapping,
    as_of: date,
    period_days: int,
    on_step: Callable[[float], None],
) -> LeadTimes:
    """Fit a lead-time law to each lane.

    The clock starts at the first date column of the mapping that has any date in the lane's family (lines out of a hub, or direct
    ones), so that two kinds of start are never mixed in one law; it stops on arrival. A shipment that is open on the as-of
    date has a lead time of at least its age then, unless that is longer than can be (``OVERDUE_FACTOR``). Lanes with few
    arrivals lean on their family.

    Parameters
    ----------
    lines : usable lines with ``lane_id``.
    lanes : as in ``LaneTables.lanes``; a lane into a hub takes the lead times of its sender's direct lines.
    mapping : for the names of the columns.
    as_of : day up to which the log is complete.
    period_days : days in a period.
    on_step : told the share done, 0 to 1.
    """
    observed, starts = observe(lines, mapping, as_of=as_of, period_days=period_days)
    observed, far, said = _without_far(observed, period_days=period_days)
    observed, overdue = _without_overdue(observed, least=OVERDUE_DAYS / period_days)
    by_lane = _by(observed, ["lane_id"])
    by_sender = _by(observed.filter(~pl.col("is_hub")), ["from_site"])
    by_mode, by_route = _by(observed, ["is_hub", "mode"]), _by(observed, ["is_hub"])
    is_hub_lane = dict(lines.group_by("lane_id", maintain_order=True).agg(pl.col("is_hub").first()).iter_rows())
    rows = []
    for place, lane in enumerate(lanes.iter_rows(named=True)):
        is_hub = is_hub_lane.get(lane["lane_id"], False)
        own = by_sender.get((lane["from_site"],), NOTHING) if lane["is_supply"] else by_lane.get((lane["lane_id"],), NOTHING)
        family = by_mode.get((is_hub, lane["mode"]), NOTHING)
        if not family[1].any():
            family = by_route.get((is_hub,), NOTHING)
        rows.append(_fit_lane(lane, own, family, start=starts.get(is_hub, "")))
        on_step((place + 1) / lanes.height)
    fits = pl.DataFrame(rows, schema=FIT_SCHEMA)
    counts = {
        "observed": int(observed["is_observed"].sum()),
        "censored": int((~observed["is_observed"]).sum()),
        "left_out": lines.height - observed.height - overdue - far,
        "overdue": overdue,
        "far": far,
    }
    return LeadTimes(fits, counts, (*_findings(fits, counts, starts), *said))


def observe(lines: pl.DataFrame, mapping: LogMapping, *, as_of: date, period_days: int) -> tuple[pl.DataFrame, dict[bool, str]]:
    """Return the lead times the lines show.

    Parameters
    ----------
    lines : usable lines.
    mapping : for the names of the columns.
    as_of : day up to which the log is complete.
    period_days : days in a period.

    Returns
    -------
    ``lane_id``, ``from_site``, ``mode``, ``is_hub``, ``time`` (periods), ``is_observed`` (False: at least this long), ``file``
    and ``row`` of each line with both ends known and in order, and by whether the line came out of a hub the header the clock
    starts at.
    """
    names = {f"ordered_{index}": header for index, header in enumerate(mapping.headers("ordered"))}
    if mapping.headers("shipped"):
        names["shipped"] = mapping.headers("shipped")[0]
    parts, starts = [], {}
    for hub in (False, True):
        group = lines.filter(pl.col("is_hub") == hub)
        start = next((name for name in names if name in group.columns and group[name].null_count() < group.height), None)
        if start is None:
            continue
        starts[hub] = names[start]
        end = pl.when("is_open").then(pl.lit(as_of)).otherwise("delivered")
        days = (end - pl.col(start)).dt.total_days()
        parts.append(group.with_columns(time=days / period_days, is_observed=~pl.col("is_open")).filter(days >= 0))
    columns = ["lane_id", "from_site", pl.col("lane_mode").alias("mode"), "is_hub", "time", "is_observed", "file", "row"]
    if not parts:
        empty = lines.clear().with_columns(time=pl.lit(0.0), is_observed=pl.lit(value=True))
        return empty.select(columns), starts
    return pl.concat(parts).select(columns), starts


def _without_far(observed: pl.DataFrame, *, period_days: int) -> tuple[pl.DataFrame, int, tuple[Finding, ...]]:
    """Return the lead times without those a mistyped year made, their number, and a finding about all that are far too long.

    Arrivals are compared with those of their lane, or of lanes of its kind where it has few. Far too long is what may be true; it
    stays unless it is what others took and whole years.
    """
    kind = ["is_hub", "mode"]
    days = pl.col("time") * period_days
    judged = observed.with_columns(days=pl.when("is_observed").then(days + 1))
    few = pl.col("days").count().over("lane_id") < NUMBERS_MIN
    lane, family = (is_far_above("days", group, scale_min=TIME_SCALE_MIN) for group in (["lane_id"], kind))
    judged = judged.with_columns(is_far=pl.when(few).then(family).otherwise(lane))
    usual = pl.col("days").filter(~pl.col("is_far")).max().over(kind)
    years = (pl.col("days") / YEAR_DAYS).floor()
    # A day or two are lost to leap years.
    judged = judged.with_columns(is_year=pl.col("is_far") & (years >= 1) & (pl.col("days") - years * YEAR_DAYS <= usual + years))
    hit = judged.filter("is_far").sort("days", descending=True, maintain_order=True)
    if not hit.height:
        return observed, 0, ()
    left_out = int(hit["is_year"].sum())
    first = hit.row(0, named=True)
    median = judged.filter((pl.col("lane_id") == first["lane_id"]) & ~pl.col("is_far"))["days"].median()
    than = f", where the median is {median - 1:,g}" if isinstance(median, float) else ""
    found = f"{first['days'] - 1:,g} days on {first['lane_id']}{than}{rows_text(hit)}"
    fix = f"correct the dates if they are mistyped; {left_out} of {hit.height} look like a wrong year and are left out of the fit"
    what = "lead times like the others of the lane"
    finding = Finding(
        "log.lead_time_far", found, what, fix, first["file"], first["row"], "delivered", Severity.WARNING, hit.height
    )
    return judged.filter(~pl.col("is_year")).select(observed.columns), left_out, (finding,)


def _without_overdue(observed: pl.DataFrame, *, least: float) -> tuple[pl.DataFrame, int]:
    """Return the lead times without open shipments that are too old to be open, and their number."""
    kind = ["is_hub", "mode"]
    longest = observed.filter("is_observed").group_by(kind).agg(pl.col("time").max().alias("longest"), pl.len().alias("arrivals"))
    judged = observed.join(longest, on=kind, how="left", nulls_equal=True, maintain_order="left")
    limit = pl.max_horizontal(OVERDUE_FACTOR * pl.col("longest"), pl.col("longest") + least)
    is_overdue = ~pl.col("is_observed") & (pl.col("arrivals") >= SHAPE_ARRIVALS) & (pl.col("time") > limit)
    kept = judged.filter(~is_overdue.fill_null(value=False)).select(observed.columns)
    return kept, observed.height - kept.height


def _by(observed: pl.DataFrame, names: list[str]) -> dict[tuple[object, ...], Times]:
    """Return times and arrival flags by the values of some columns."""
    parts = observed.sort("time").partition_by(names, as_dict=True)
    return {key: (part["time"].to_numpy(), part["is_observed"].to_numpy()) for key, part in parts.items()}


def _fit_lane(lane: dict[str, object], own: Times, family: Times, *, start: str) -> dict[str, object]:
    times, arrived = own
    row: dict[str, object] = {
        "lane": lane["lane_id"],
        "mode": lane["mode"],
        "n": int(arrived.size),
        "censored": int((~arrived).sum()),
        "start": start,
    }
    if not arrived.any():
        # Nothing arrived here yet; open shipments alone tell a lower bound, so the family speaks for the lane.
        fit = fit_lead_time(*family)
        method = "lane family" if fit.law is not None else "none: proposed from distance"
    else:
        fit = fit_lead_time(times, arrived, family_times=family[0], family_observed=family[1])
        method = str(fit.method)
    law = rounded_law(fit.law) if fit.law is not None else None
    row["trust"] = str(_trust(arrived, fit, is_supply=bool(lane["is_supply"])))
    if law is None:
        return row | {"method": method, "mean": None, "sd": None, "p95": None, "law": None}
    if lane["is_supply"] and arrived.any():
        method = f"direct deliveries of the sender: {method}"
    figures = {"mean": rounded(law.mean), "sd": rounded(law.sd), "p95": rounded(law.quantile(0.95))}
    return row | figures | {"method": method, "law": str(law)}


def _trust(arrived: NDArray[np.bool_], fit: FittedLaw, *, is_supply: bool) -> Trust:
    arrivals = int(arrived.sum())
    if is_supply or arrivals == 0 or fit.method in (FitMethod.FAMILY, FitMethod.NONE):
        return Trust.BORROWED
    return Trust.GOOD if arrivals >= max(FAMILY_WEIGHT, arrived.size - arrivals) else Trust.FEW


def _findings(fits: pl.DataFrame, counts: dict[str, int], starts: dict[bool, str]) -> tuple[Finding, ...]:
    findings = []
    names = {False: "direct lines", True: "lines out of a hub"}
    if starts:
        found = "; ".join(f"{names[hub]} from {header}" for hub, header in starts.items())
        fix = "name another column first under ordered in the mapping if that is not the order"
        findings.append(Finding("import.lead_time_start", found, "the day the order was placed", fix, severity=Severity.NOTE))
    if counts["left_out"]:
        found = f"{amount_of(counts['left_out'], 'line')} without both dates in order"
        fix = "their lanes rest on the other lines or on lanes of the same kind"
        findings.append(Finding("import.lead_time_missing", found, "order and arrival dates", fix, severity=Severity.NOTE))
    if counts["overdue"]:
        found = f"{amount_of(counts['overdue'], 'open shipment')} older than twice the longest lead time of their kind"
        fix = "taken as arrived on a day nobody wrote down, and left out of the lead times; fill in the day they arrived"
        findings.append(
            Finding("log.open_overdue", found, "open shipments of a likely age", fix, "", 0, "delivered", Severity.WARNING)
        )
    weak = fits.filter(pl.col("law").is_not_null() & (pl.col("trust") != Trust.GOOD))
    if weak.height:
        found = f"{weak.height} of {fits.height} lanes with few shipments of their own, such as {weak['lane'][0]}"
        fix = (
            "their lead times lean on lanes of the same kind; see the column trust of lead_time_fits.csv, and fill in better ones"
        )
        findings.append(
            Finding("import.lead_time_weak", found, "ten arrivals a lane", fix, "lanes.csv", 0, "lead_time", Severity.NOTE)
        )
    lonely = fits.filter(pl.col("law").is_null())
    if lonely.height:
        fix = "a lead time is proposed from distance and mode"
        findings.append(
            Finding(
                "import.lead_time_unknown",
                f"no dates for {lonely['lane'][0]}",
                "order and arrival dates",
                fix,
                "lanes.csv",
                0,
                "lead_time",
                Severity.WARNING,
                lonely.height,
            )
        )
    return tuple(findings)
