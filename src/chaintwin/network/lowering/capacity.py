"""Capacities as resources: lanes, sources and the listed ones, with their calendars as repeated lists."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.network.graph import RESOURCE_SCHEMA, USE_SCHEMA
from chaintwin.network.lowering.rows import Rows
from chaintwin.network.lowering.sourcing.activities import ActivityRows
from chaintwin.network.network import Period, Settings

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def to_resources(found: ActivityRows, rows: Rows, *, settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return resources and uses with the columns of the graph.

    The capacity of a lane is one resource shared by every product it carries, ``lane/<lane_id>``; that of a source is its own,
    ``source/<activity_id>``, and keeps the calendar of the site. A listed resource keeps its calendar or that of its site.

    Parameters
    ----------
    found : activities.
    rows : tables in force.
    settings : of the project.
    """
    activities = found.activities
    lanes = rows["lanes"].filter(pl.col("capacity").is_not_null()).select("lane_id", amount="capacity")
    carried = activities.select("activity_id", "lane_id").join(lanes, on="lane_id")
    limited = activities.filter(pl.col("capacity").is_not_null())
    site_calendar = rows["sites"].select("site_id", site_calendar="calendar")
    lane_id, source_id = pl.lit("lane/") + pl.col("lane_id"), pl.lit("source/") + pl.col("activity_id")
    no_calendar, free = pl.lit(None, dtype=pl.String).alias("calendar"), pl.lit(0.0).alias("cost")
    used_lanes = lanes.join(carried, on="lane_id", how="semi")
    listed = rows["resources"].join(site_calendar, on="site_id", how="left")
    own = limited.join(site_calendar, on="site_id", how="left")
    amounts = pl.concat(
        [
            used_lanes.select(lane_id.alias("resource_id"), "amount", no_calendar, free),
            own.select(
                source_id.alias("resource_id"),
                pl.col("capacity").alias("amount"),
                pl.col("site_calendar").alias("calendar"),
                free,
            ),
            listed.select(
                "resource_id",
                pl.col("capacity").alias("amount"),
                pl.coalesce("calendar", "site_calendar").alias("calendar"),
                "cost",
            ),
        ]
    )
    one = pl.lit(1.0).alias("quantity")
    uses = pl.concat(
        [
            carried.select("activity_id", lane_id.alias("resource_id"), one),
            limited.select("activity_id", source_id.alias("resource_id"), one),
            listed_uses(activities, rows).select("activity_id", "resource_id", "quantity"),
        ]
    )
    resources = _with_calendars(amounts, rows["calendars"], settings=settings)
    return _shaped(resources, RESOURCE_SCHEMA).sort("resource_id"), _shaped(uses, USE_SCHEMA).sort("activity_id", "resource_id")


def listed_uses(activities: pl.DataFrame, rows: Rows) -> pl.DataFrame:
    """Return ``activity_id``, ``resource_id``, ``quantity`` and ``use`` (row of ``resource_use``) of what listed resources are
    used for.

    A row without a site holds at the resource's site; a move counts at the site it leaves. A row for one product goes before
    one for
    every product, so that an exception can be written beside the rule.

    Parameters
    ----------
    activities : ``activity_id``, ``kind_name``, ``site_id``, ``product_id``, ``lane_id``, ``from_site``.
    rows : tables in force.
    """
    home = rows["resources"].select("resource_id", home="site_id")
    use = rows["resource_use"].with_row_index("use").join(home, on="resource_id")
    use = use.with_columns(
        pl.coalesce("site_id", "home").alias("place"), wanted="product_id", wanted_lane="lane_id", kind_name="activity"
    )
    use = use.select("use", "resource_id", "kind_name", "place", "wanted", "wanted_lane", "quantity")
    place = pl.when(pl.col("kind_name") == "move").then(pl.col("from_site")).otherwise(pl.col("site_id"))
    done = activities.select("activity_id", "kind_name", "lane_id", "product_id", place=place)
    by_lane = use.filter(pl.col("wanted_lane").is_not_null()).join(
        done, left_on=["kind_name", "wanted_lane"], right_on=["kind_name", "lane_id"]
    )
    rest = use.filter(pl.col("wanted_lane").is_null())
    by_place = rest.filter(pl.col("place").is_not_null()).join(done, on=["kind_name", "place"])
    anywhere = rest.filter(pl.col("place").is_null()).join(done, on="kind_name")
    columns = ["use", "resource_id", "activity_id", "wanted", "product_id", "quantity"]
    fitting = pl.concat([frame.select(columns) for frame in (by_lane, by_place, anywhere)])
    fitting = fitting.filter(pl.col("wanted").is_null() | (pl.col("wanted") == pl.col("product_id")))
    special = pl.col("wanted").is_not_null()
    return fitting.filter(special | ~special.any().over("resource_id", "activity_id"))


def open_shares(calendar: pl.DataFrame, settings: Settings) -> NDArray[np.float64]:
    """Return the share of normal capacity in each period, to be repeated.

    A day that no row names is open. A date is stronger than a weekday. With dates the list covers warm-up and horizon,
    otherwise one week.

    Parameters
    ----------
    calendar : rows of one calendar: ``weekday``, ``date``, ``open_share``.
    settings : start, horizon and length of a period.
    """
    hours = settings.period.hours
    dates = calendar.filter(pl.col("date").is_not_null())
    periods = settings.periods if dates.height else {Period.HOUR: 168, Period.DAY: 7, Period.WEEK: 1}[settings.period]
    days = max(1, -(-periods * hours // 24))
    week = np.ones(7)
    for weekday, share in (
        calendar.filter(pl.col("weekday").is_not_null() & pl.col("date").is_null()).select("weekday", "open_share").iter_rows()
    ):
        week[WEEKDAYS.index(weekday)] = share
    share = week[(settings.start.weekday() + np.arange(days)) % 7]
    # Days are counted, because the last one of a long horizon may lie beyond the last year that a date can have.
    offset = (pl.col("date") - pl.lit(settings.start)).dt.total_days()
    inside = dates.select("open_share", offset=offset).filter(pl.col("offset").is_between(0, days - 1))
    inside = inside.sort("offset", "open_share")
    share[inside["offset"].to_numpy()] = inside["open_share"].to_numpy()
    if settings.period is Period.HOUR:
        return np.repeat(share, 24)[:periods]
    if settings.period is Period.WEEK:
        return np.asarray(share.reshape(-1, 7).mean(axis=1))
    return share


def _with_calendars(amounts: pl.DataFrame, calendars: pl.DataFrame, *, settings: Settings) -> pl.DataFrame:
    wanted = amounts["calendar"].drop_nulls().unique().sort()
    known = calendars.filter(pl.col("calendar_id").is_in(wanted.implode()))
    groups = {str(key[0]): open_shares(rows, settings) for key, rows in known.group_by("calendar_id", maintain_order=True)}
    plain = amounts.filter(pl.col("calendar").is_null() | ~pl.col("calendar").is_in(list(groups)))
    parts = [plain.with_columns(pl.concat_list("amount").alias("capacity"))]
    for name, share in sorted(groups.items()):
        part = amounts.filter(pl.col("calendar") == name)
        table = part["amount"].to_numpy()[:, None] * share[None, :]
        lists = pl.Series("capacity", table, dtype=pl.Array(pl.Float64, share.size)).cast(pl.List(pl.Float64))
        parts.append(part.with_columns(lists))
    return pl.concat(parts)


def _shaped(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
