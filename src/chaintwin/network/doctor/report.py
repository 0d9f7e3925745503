"""What a check tells: findings, counts and a summary of the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.lowering import Lowered
from chaintwin.network.network import Network
from chaintwin.network.tables.catalog import CATALOG

RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class Summary:
    """A network in numbers.

    Parameters
    ----------
    name : of the project.
    period, currency, start, horizon : its settings.
    rows : rows of each table that has any.
    sites : number of sites by kind.
    products : number of products.
    lanes : number of lanes by mode; ``unknown`` where none is given or proposed.
    stock_points, sources, streams : numbers once lowered; 0 if that was not possible.
    demand : mean units a period over all streams; 0 if not lowered.
    demand_value : mean value of demand a day, money.
    """

    name: str
    period: str
    currency: str
    start: str
    horizon: int
    rows: Mapping[str, int]
    sites: Mapping[str, int]
    products: int
    lanes: Mapping[str, int]
    stock_points: int
    sources: int
    streams: int
    demand: float
    demand_value: float


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a project, errors first, then in the order of tables and rows.

    Parameters
    ----------
    findings : sorted.
    summary : the network in numbers; None if nothing could be read.
    network : what was checked; None if nothing could be read.
    proposed : values proposed for blanks, see ``chaintwin.network.proposing.Proposals``; empty if the network could not be
        lowered.
    """

    findings: tuple[Finding, ...]
    summary: Summary | None
    network: Network | None
    proposed: pl.DataFrame

    @property
    def ok(self) -> bool:
        """Tell whether the network can be simulated: no finding is an error."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def counts(self) -> dict[Severity, int]:
        """Number of findings by severity, folded ones counted in full."""
        return {severity: sum(f.count for f in self.findings if f.severity is severity) for severity in Severity}

    def of(self, severity: Severity) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity is severity)

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return {
            "ok": self.ok,
            "counts": {severity.value: count for severity, count in self.counts.items()},
            "findings": [{**asdict(finding), "severity": finding.severity.value} for finding in self.findings],
            "summary": asdict(self.summary) if self.summary else None,
        }


def sort_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with errors first, then by table in the catalog's order; the rest keeps its order, which may be a rank."""
    order = {table.name: place for place, table in enumerate(CATALOG)}

    def key(finding: Finding) -> tuple[int, int]:
        return RANKS[finding.severity], order.get(finding.file.rsplit(".", 1)[0], len(order))

    return tuple(sorted(findings, key=key))


def summarize(network: Network, lowered: Lowered | None) -> Summary:
    """Return a network in numbers.

    Parameters
    ----------
    network : the tables.
    lowered : what they were lowered to, None if that was not possible.
    """
    settings = network.settings
    lanes = lowered.proposals.network["lanes"] if lowered else network["lanes"]
    streams = lowered.streams if lowered else None
    value = float((streams["mean"] * streams["price"]).sum()) if streams is not None else 0.0
    return Summary(
        name=settings.name,
        period=settings.period.value,
        currency=settings.currency,
        start=settings.start.isoformat(),
        horizon=settings.horizon,
        rows={name: frame.height for name, frame in network.tables.items() if frame.height},
        sites=_counted(network["sites"], "kind"),
        products=network["products"].height,
        lanes=_counted(lanes, "mode"),
        stock_points=lowered.graph.buffers.height if lowered else 0,
        sources=lowered.graph.activities.height if lowered else 0,
        streams=lowered.graph.streams.height if lowered else 0,
        demand=float(streams["mean"].sum()) if streams is not None else 0.0,
        demand_value=value * 24 / settings.period.hours,
    )


def _counted(frame: pl.DataFrame, column: str) -> dict[str, int]:
    counts = frame.select(pl.col(column).fill_null("unknown")).group_by(column).len().sort(-pl.col("len").cast(pl.Int64), column)
    return dict(counts.iter_rows())
