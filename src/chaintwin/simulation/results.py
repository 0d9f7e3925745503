"""What a simulation found: figures with intervals, frames by entity and period, written to files and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.graph import LIMIT_PREFIX
from chaintwin.network.program import Program
from chaintwin.simulation.attributing import activity_places, cost_frame
from chaintwin.simulation.bands.naming import bands_frame, bullwhip_frame
from chaintwin.simulation.counting.figures import FIGURES, SHARES, estimate, figures_of
from chaintwin.simulation.playing import Reduced, Span
from chaintwin.simulation.writing import ABOUT_FILE, EXTRAS, FRAMES, Format, write_result, written_format

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SITE_COLUMNS = ("site_id", "name", "kind", "latitude", "longitude")
"""What a result keeps of the sites."""


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of an ensemble.

    Parameters
    ----------
    span : periods, warm-up, replications and seed.
    program_digest : hash of the compiled network; the same digest, span and version give the same bytes.
    version : version of chaintwin.
    confidence : level of every interval, 0 to 1.
    currency, period : units of money and time.
    is_random : demand or lead times are drawn; without chance every replication is the same.
    figures : name to Floats[replications]: one value a replication; see FIGURES.
    summary : one row a figure: ``figure``, ``unit``, ``mean``, ``low``, ``high``, ``sd``, ``replications``, and ``note``, which
        says what a figure rests on where that is not what its name says.
    stock_points, streams, activities, resources, periods : means by entity with the half width of their intervals.
    costs : what each cost line is made of: ``line``, ``kind`` and ``id`` of what causes it, ``site_id``, ``product_id``,
        ``amount`` (money a period); see ``cost_ranking``.
    sites : where the sites are: ``site_id``, ``name``, ``kind``, ``latitude``, ``longitude``.
    bands : quantiles ``q01`` to ``q99`` over replications of stock on hand and backlog at the close of each period, by stock
        point, and of the whole network (no ids) with its fill rate; empty where none were asked for. A stock point owes to
        customers and to lanes, the whole network to customers.
    accounts : who paid and was paid, where the project lists partners: ``account_id``, ``is_owner``, and with half widths
        ``margin`` (what fell due to the account less what it came to owe) and ``cash`` (what it was paid less what it paid),
        money a period; ``receivable`` and ``payable`` at the end and ``funding``, the most that cash fell below what it was when
        counting began, money. Over a run cash is the margin less the growth of what is receivable and not payable.
    cash_flows : ``cash`` of each owner by period with its half width.
    bullwhip : variance of what a stock point orders in a period over that of what is asked of it, by stock point, as a ratio of
        means over replications; empty where no bands were asked for.
    """

    span: Span
    program_digest: str
    version: str
    confidence: float
    currency: str
    period: str
    is_random: bool
    figures: Mapping[str, Floats]
    summary: pl.DataFrame
    stock_points: pl.DataFrame
    streams: pl.DataFrame
    activities: pl.DataFrame
    resources: pl.DataFrame
    periods: pl.DataFrame
    costs: pl.DataFrame = field(default_factory=pl.DataFrame)
    sites: pl.DataFrame = field(default_factory=pl.DataFrame)
    bands: pl.DataFrame = field(default_factory=pl.DataFrame)
    bullwhip: pl.DataFrame = field(default_factory=pl.DataFrame)
    accounts: pl.DataFrame = field(default_factory=pl.DataFrame)
    cash_flows: pl.DataFrame = field(default_factory=pl.DataFrame)

    def __post_init__(self) -> None:
        object.__setattr__(self, "figures", MappingProxyType(dict(self.figures)))

    def __getitem__(self, figure: str) -> tuple[float, float, float]:
        """Return mean, low and high end of one figure, the ends NaN where there is one replication; KeyError for another name."""
        row = self.summary.row(by_predicate=pl.col("figure") == figure, named=True) if figure in self.figures else None
        if row is None:
            raise KeyError(figure)
        mean, low, high = (float("nan") if row[end] is None else float(row[end]) for end in ("mean", "low", "high"))
        return mean, low, high

    def note(self, figure: str) -> str | None:
        """Return what one figure rests on where that is not what its name says; KeyError for another name.

        Revenue where demand has no price is one: it is counted at the product's value and holds no margin.
        """
        if figure not in self.figures:
            raise KeyError(figure)
        said = self.summary.row(by_predicate=pl.col("figure") == figure, named=True)["note"]
        return None if said is None else str(said)

    def write(self, path: Path | str, *, format: Format | None = None) -> None:
        """Write every frame, the figures of each replication, and what the result is of; all files appear or none.

        Parameters
        ----------
        path : a folder that is new, empty, or holds an earlier result, whose files are replaced; other files in it are left
            alone. For a workbook a file that ends in ``.xlsx``, new or an earlier result.
        format : ``parquet`` (exact, and what ``read`` reads), ``csv`` (a folder with a file a table) or ``xlsx`` (a workbook
            with a sheet a table); by default ``xlsx`` where the path ends so, ``parquet`` elsewhere. CSV and XLSX are to be
            looked at: numbers are cut to 12 significant digits, and a CSV text that a spreadsheet would take for a formula has
            an apostrophe before it.

        Raises
        ------
        UsageError
            Nothing can be written there, or a table is too long for a sheet; see ``check_target``.

        Example
        -------
        >>> import tempfile
        >>> from chaintwin.examples import Example, load
        >>> from chaintwin.simulation.simulating import simulate
        >>> result = simulate(load(Example.BEER_GAME), periods=5, replications=2)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result.write(Path(folder) / "beer", format="csv")
        ...     (Path(folder) / "beer" / "summary.csv").read_text().splitlines()[0]
        'figure,unit,mean,low,high,sd,replications,note'
        """
        write_result(self, path, format=format)

    @staticmethod
    def read(folder: Path | str) -> Result:
        """Return a result that was written to a folder as Parquet.

        Raises
        ------
        UsageError
            The folder holds no complete result, or one in CSV.
        """
        source = Path(folder)
        if not (source / ABOUT_FILE).is_file():
            raise UsageError(f"{source}: found no result.json; allowed: a folder written by Result.write or chaintwin simulate")
        try:
            if written_format(source) != "parquet":
                raise UsageError(f"{source}: found a result in CSV; allowed: one in Parquet, which keeps every digit")
            about = json.loads((source / ABOUT_FILE).read_text(encoding="utf-8"))
            frames = {name: pl.read_parquet(source / f"{name}.parquet") for name in FRAMES}
            # A result of before there were these tables lacks them.
            there = [name for name in EXTRAS if (source / f"{name}.parquet").is_file()]
            frames |= {name: pl.read_parquet(source / f"{name}.parquet") for name in there}
            figures = pl.read_parquet(source / "figures.parquet")
            return _result_from(about, frames, figures)
        except (ValueError, KeyError, TypeError, OSError, pl.exceptions.PolarsError) as fault:
            raise UsageError(f"{source}: found a damaged result ({fault}); allowed: a folder written by Result.write") from fault


def result_of(
    program: Program,
    reduced: Reduced,
    *,
    span: Span,
    confidence: float,
    currency: str,
    period: str,
    sites: pl.DataFrame | None = None,
    chosen: Integers | None = None,
) -> Result:
    """Name what an ensemble kept.

    Parameters
    ----------
    program, reduced, span : what was run and what was kept.
    confidence : level of the intervals, between 0 and 1.
    currency, period : units for the reports.
    sites : table of sites, for maps.
    chosen : Integers[n], stock points whose bands were kept.
    """
    from chaintwin import __version__

    figures = figures_of(reduced.figures)
    names = program.names
    # What only disruptions do is told where there are some.
    struck = ("destroyed", "cancelled", "lost_under_way", "detained") if program.strikes.shift.size else ()
    return Result(
        span=span,
        program_digest=program.digest(),
        version=__version__,
        confidence=confidence,
        currency=currency,
        period=period,
        is_random=program.is_random,
        figures=figures,
        summary=_summary(
            reduced.figures,
            confidence,
            money=f"{currency}/{period}",
            units=f"unit/{period}",
            notes={"revenue": _revenue_note(names.streams)},
        ),
        stock_points=_frame(names.buffers, reduced, ("on_hand", "ready_rate", "expired", *struck[:1]), confidence),
        streams=_frame(
            names.streams,
            reduced,
            ("demand", "shipped", "lost", "backlog", "fill_rate", "on_time_rate", "cycle_service_level"),
            confidence,
        ),
        activities=_frame(
            pl.concat([names.activities, activity_places(program)], how="horizontal"),
            reduced,
            ("ordered", "started", "order_rate", "start_rate", "in_process", "scrapped", "held_outside", *struck[1:]),
            confidence,
        ),
        resources=_frame(names.resources, reduced, ("used",), confidence).filter(
            ~pl.col("resource_id").str.starts_with(LIMIT_PREFIX)
        ),
        periods=_frame(
            pl.DataFrame({"period": np.arange(span.first + span.warm_up, span.first + span.warm_up + span.periods)}),
            reduced,
            ("stock", "backlog", "demand", "fill_rate"),
            confidence,
            prefix="period_",
        ),
        costs=cost_frame(program, reduced),
        sites=pl.DataFrame() if sites is None else sites.select(SITE_COLUMNS),
        **_money(names.accounts, reduced, confidence, first=span.first + span.warm_up, periods=span.periods),
        **_kept(names.buffers, reduced, chosen, first=span.first + span.warm_up, confidence=confidence),
    )


def _money(accounts: pl.DataFrame, reduced: Reduced, confidence: float, *, first: int, periods: int) -> dict[str, pl.DataFrame]:
    """Return the frames of accounts; none where no cash is followed."""
    if accounts.height == 0:
        return {}
    owners = accounts.filter("is_owner")["account_id"]
    days = pl.DataFrame(
        {
            "account_id": np.repeat(owners.to_numpy(), periods),
            "period": np.tile(np.arange(first, first + periods), owners.len()),
        }
    )
    return {
        "accounts": _frame(accounts, reduced, ("margin", "cash", "receivable", "payable", "funding"), confidence),
        "cash_flows": _frame(days, reduced, ("cash",), confidence, prefix="period_"),
    }


def _kept(
    buffers: pl.DataFrame, reduced: Reduced, chosen: Integers | None, *, first: int, confidence: float
) -> dict[str, pl.DataFrame]:
    """Return the frames of what was kept of chosen stock points."""
    if chosen is None or reduced.bands is None:
        return {}
    ratio = reduced["bullwhip"]
    return {
        "bands": bands_frame(buffers, reduced.bands, chosen=chosen, first=first),
        "bullwhip": bullwhip_frame(buffers, chosen=chosen, ratio=ratio.average(), half_width=ratio.half_width(confidence)),
    }


def _revenue_note(streams: pl.DataFrame) -> str | None:
    """Return what stands in for prices that are not given; None where every stream has one."""
    bare = streams.filter(~pl.col("is_priced")).height
    if not bare:
        return None
    which = "no price is given" if bare == streams.height else f"{bare:,} of {streams.height:,} demand streams have no price"
    return f"at product values: {which}"


def _result_from(about: Mapping[str, Any], frames: Mapping[str, pl.DataFrame], figures: pl.DataFrame) -> Result:
    return Result(
        span=Span(**about["span"]),
        figures={name: figures[name].to_numpy() for name in figures.columns},
        program_digest=about["program_digest"],
        version=about["version"],
        confidence=about["confidence"],
        currency=about["currency"],
        period=about["period"],
        is_random=about["is_random"],
        summary=frames["summary"],
        stock_points=frames["stock_points"],
        streams=frames["streams"],
        activities=frames["activities"],
        resources=frames["resources"],
        periods=frames["periods"],
        **{name: frames[name] for name in EXTRAS if name in frames},
    )


def _summary(ledger: Floats, confidence: float, *, money: str, units: str, notes: Mapping[str, str | None]) -> pl.DataFrame:
    rows = []
    for name in FIGURES:
        found = estimate(ledger, name, confidence=confidence)
        unit = "share" if name in SHARES else money if name.endswith("_cost") or name == "revenue" else units
        rows.append((name, unit, found.mean, found.low, found.high, found.sd, found.replications, notes.get(name)))
    names = ["figure", "unit", "mean", "low", "high", "sd", "replications", "note"]
    frame = pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"note": pl.String})
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def _frame(
    names: pl.DataFrame, reduced: Reduced, wanted: tuple[str, ...], confidence: float, *, prefix: str = ""
) -> pl.DataFrame:
    columns: dict[str, Floats] = {}
    for name in wanted:
        moments = reduced[prefix + name]
        columns[name] = moments.average()
        columns[f"{name}_half_width"] = moments.half_width(confidence)
    return names.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())
