"""What a simulation found: figures with intervals, frames by entity and period, written to Parquet and read back."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.program import Program
from chaintwin.simulation.ensemble import Reduced, Span
from chaintwin.simulation.moments import Moments

Floats = NDArray[np.float64]

LEDGER = (
    "demand",
    "shipped",
    "served_at_once",
    "lost_sales",
    "backlog",
    "asked",
    "clear",
    "on_hand",
    "holding_cost",
    "in_transit_cost",
    "backlog_cost",
    "lost_sales_cost",
    "transport_cost",
    "production_cost",
    "purchase_cost",
    "fixed_cost",
    "duty_cost",
    "resource_cost",
    "revenue",
)
"""Rows of the ledger kernel, in its order."""

COSTS = tuple(name for name in LEDGER if name.endswith("_cost"))

SHARES = ("fill_rate", "cycle_service_level")

FIGURES = (*SHARES, "demand", "shipped", "lost_sales", "backlog", "on_hand", *COSTS, "total_cost", "revenue")
"""Figures of a whole network, by replication: shares, units a period, money a period."""


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
    figures : name to Floats[replications]: one value a replication; see FIGURES.
    summary : one row a figure: ``figure``, ``unit``, ``mean``, ``low``, ``high``, ``sd``, ``replications``.
    stock_points, streams, activities, resources, periods : means by entity with the half width of their intervals.
    """

    span: Span
    program_digest: str
    version: str
    confidence: float
    currency: str
    period: str
    figures: Mapping[str, Floats]
    summary: pl.DataFrame
    stock_points: pl.DataFrame
    streams: pl.DataFrame
    activities: pl.DataFrame
    resources: pl.DataFrame
    periods: pl.DataFrame

    def __post_init__(self) -> None:
        object.__setattr__(self, "figures", MappingProxyType(dict(self.figures)))

    def __getitem__(self, figure: str) -> tuple[float, float, float]:
        """Return mean, low and high end of one figure; KeyError if there is none of that name."""
        row = self.summary.row(by_predicate=pl.col("figure") == figure, named=True) if figure in self.figures else None
        if row is None:
            raise KeyError(figure)
        return row["mean"], row["low"], row["high"]

    def write(self, folder: Path | str) -> None:
        """Write every frame as Parquet, and ``result.json``, to a folder that is put in place when complete.

        Parameters
        ----------
        folder : replaced if it holds an earlier result.

        Raises
        ------
        UsageError
            The folder holds something that is not a result.
        """
        target = Path(folder)
        if target.exists() and not (target / "result.json").exists() and (not target.is_dir() or any(target.iterdir())):
            raise UsageError(f"{target}: found files that are not a result; allowed: a new folder or an earlier result")
        partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            for name in FRAMES:
                getattr(self, name).write_parquet(partial / f"{name}.parquet")
            pl.DataFrame(dict(self.figures)).write_parquet(partial / "figures.parquet")
            about = {key: getattr(self, key) for key in ABOUT} | {"span": asdict(self.span)}
            (partial / "result.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
            _replace_folder(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @staticmethod
    def read(folder: Path | str) -> Result:
        """Return a result that was written to a folder.

        Raises
        ------
        UsageError
            The folder holds no complete result.
        """
        source = Path(folder)
        if not (source / "result.json").is_file():
            raise UsageError(f"{source}: found no result.json; allowed: a folder written by Result.write or chaintwin simulate")
        about = json.loads((source / "result.json").read_text(encoding="utf-8"))
        frames = {name: pl.read_parquet(source / f"{name}.parquet") for name in FRAMES}
        figures = pl.read_parquet(source / "figures.parquet")
        return Result(
            span=Span(**about["span"]),
            figures={name: figures[name].to_numpy() for name in figures.columns},
            program_digest=about["program_digest"],
            version=about["version"],
            confidence=about["confidence"],
            currency=about["currency"],
            period=about["period"],
            summary=frames["summary"],
            stock_points=frames["stock_points"],
            streams=frames["streams"],
            activities=frames["activities"],
            resources=frames["resources"],
            periods=frames["periods"],
        )


FRAMES = ("summary", "stock_points", "streams", "activities", "resources", "periods")
ABOUT = ("program_digest", "version", "confidence", "currency", "period")


def result_of(program: Program, reduced: Reduced, *, span: Span, confidence: float, currency: str, period: str) -> Result:
    """Name what an ensemble kept.

    Parameters
    ----------
    program, reduced, span : what was run and what was kept.
    confidence : level of the intervals, between 0 and 1.
    currency, period : units for the reports.
    """
    from chaintwin import __version__

    figures = _figures(reduced.figures)
    moments, names = reduced.moments, program.names
    return Result(
        span=span,
        program_digest=program.digest(),
        version=__version__,
        confidence=confidence,
        currency=currency,
        period=period,
        figures=figures,
        summary=_summary(figures, confidence, money=f"{currency}/{period}", units=f"unit/{period}"),
        stock_points=_frame(names.buffers, moments, ("on_hand", "ready_rate"), confidence),
        streams=_frame(
            names.streams,
            moments,
            ("demand", "shipped", "lost", "backlog", "fill_rate", "cycle_service_level"),
            confidence,
        ),
        activities=_frame(
            names.activities, moments, ("ordered", "started", "order_rate", "start_rate", "in_process"), confidence
        ),
        resources=_frame(names.resources, moments, ("used",), confidence),
        periods=_frame(
            pl.DataFrame({"period": np.arange(span.first + span.warm_up, span.first + span.warm_up + span.periods)}),
            {name.removeprefix("period_"): item for name, item in moments.items() if name.startswith("period_")},
            ("stock", "backlog", "demand", "fill_rate"),
            confidence,
        ),
    )


def _figures(ledger: Floats) -> dict[str, Floats]:
    column = dict(zip(LEDGER, ledger.T, strict=True))
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = {
            "fill_rate": column["served_at_once"] / column["demand"],
            "cycle_service_level": column["clear"] / column["asked"],
        }
    total = np.zeros(ledger.shape[0])
    for name in COSTS:
        total = total + column[name]
    values = {**shares, **column, "total_cost": total}
    return {name: np.ascontiguousarray(values[name]) for name in FIGURES}


def _summary(figures: Mapping[str, Floats], confidence: float, *, money: str, units: str) -> pl.DataFrame:
    rows = []
    for name, values in figures.items():
        # A replication without demand has no service to speak of.
        known = values[~np.isnan(values)]
        moments = Moments(
            np.array([float(known.size)]),
            np.array([known.mean() if known.size else np.nan]),
            np.array([((known - known.mean()) ** 2).sum() if known.size else np.nan]),
        )
        half = float(moments.half_width(confidence)[0])
        mean = float(moments.mean[0])
        low, high = mean - half, mean + half
        if name in SHARES and known.size > 1:
            low, high = max(0.0, low), min(1.0, high)
        sd = float(np.sqrt(moments.spread[0] / (known.size - 1))) if known.size > 1 else float("nan")
        unit = "share" if name in SHARES else money if name.endswith("_cost") or name == "revenue" else units
        rows.append((name, unit, mean, low, high, sd, known.size))
    names = ["figure", "unit", "mean", "low", "high", "sd", "replications"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def _frame(names: pl.DataFrame, moments: Mapping[str, Moments], wanted: tuple[str, ...], confidence: float) -> pl.DataFrame:
    columns: dict[str, Floats] = {}
    for name in wanted:
        columns[name] = moments[name].average()
        columns[f"{name}_half_width"] = moments[name].half_width(confidence)
    return names.with_columns(pl.Series(name, values).fill_nan(None) for name, values in columns.items())


def _replace_folder(partial: Path, target: Path) -> None:
    """Put a complete folder in the place of another; what was there goes only after the new one stands."""
    if not target.exists():
        partial.rename(target)
        return
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    target.rename(old)
    partial.rename(target)
    shutil.rmtree(old)
