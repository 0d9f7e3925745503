"""The fidelity of a twin at the terminal: scores, calibration, alarms, and the few lines that end every prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, number, percent

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from chaintwin.fidelity.reporting.kept import Summary
    from chaintwin.fidelity.reporting.report import Report
    from chaintwin.network import Network

PARTS = {
    "state": "stock in the books against counts, before these were applied",
    "skill": "CRPS of forecasts against those of who only knows the past of each series",
    "coverage": "truths inside 90 % intervals, against 90 %",
    "distribution": "where truths lie in the forecasts, against evenly",
    "timeliness": "how soon events are known",
}
"""Parts of the vector, and what they compare."""

SHORT = ("state", "skill", "cover", "even", "timely")
"""The parts at the head of a narrow table."""

KINDS = {"site": "Sites", "lane": "Lanes", "stock point": "Stock points"}
"""Groups that are shown, worst first."""

NAMES = {"on_hand": "stock", "lead_time": "lead times", "served": "served at once"}
"""What measures are called."""

BINS = 10
"""Columns of the calibration plot."""

ALARMS_SHOWN = 6


def report_document(report: Report) -> dict[str, object]:
    """Return what ``--json`` says of a report."""
    import numpy as np

    from chaintwin.clock import text_of

    vector = report.overall
    return {
        "until": text_of(report.until),
        "parameters": report.parameters or None,
        "score": vector.score if vector.known else None,
        "vector": vector,
        "backcasts": report.backcasts,
        "as_known": report.as_known,
        "counts": report.counts,
        "latency_target": report.latency_target,
        "coverage": report.coverage,
        "histograms": {name: np.histogram(pits, bins=BINS, range=(0.0, 1.0))[0].tolist() for name, pits in report.pits.items()},
        "alarms": {
            "lanes": [one for one in report.lanes if one.alarm is not None],
            "stock_points": [one for one in report.points if one.alarmed_at is not None],
            "false_alarms_expected_at_most": report.false_alarms,
        },
        "rows": report.rows,
    }


def show_report(terminal: Terminal, report: Report, *, network: Network, project: str, top: int) -> None:
    """Print a report.

    Parameters
    ----------
    terminal : where to. report : what is shown. network : of the project. project : as it was named. top : rows of each kind.
    """
    from rich.text import Text

    from chaintwin.clock import text_of
    from chaintwin.fidelity.versions.shelf import ID_SIGNS

    vector = report.overall
    if not vector.known:
        what = "nothing to measure: the log has no period that is over, no count and no arrival"
        terminal.show(Text(f"The log until {text_of(report.until)[:16]} has {what}."))
        return
    parameters = f"version {report.parameters[:ID_SIGNS]}" if report.parameters else "those of the tables"
    terminal.title(f"Fidelity {number(vector.score)} of 1, until {text_of(report.until)[:16]}, parameters: {parameters}")
    terminal.show(_vector_table(terminal, vector))
    _show_coverage(terminal, report, period=network.settings.period.value)
    for kind, title in KINDS.items():
        _show_kind(terminal, report.rows, kind=kind, title=title, top=top)
    _show_alarms(terminal, report, network=network, project=project)


def show_trust(terminal: Terminal, summary: Summary | None, *, project: str, points: Sequence[str]) -> None:
    """Print how far a prediction is to be trusted, as it was measured last.

    Parameters
    ----------
    terminal : where to. summary : kept by the last ``chaintwin fidelity``; None where there was none.
    project : as it was named. points : stock points that are shown.
    """
    from rich.text import Text

    from chaintwin.clock import text_of

    terminal.show("")
    if summary is None or summary.score is None:
        terminal.show(Text(f"How far to trust this was never measured: chaintwin fidelity {project} does.", style="dim"))
        return
    held = ", ".join(f"{one.horizon} ahead {percent(one.inside, 0)}" for one in summary.coverage)
    inside = f"; of 90 % intervals of stock held {held}" if held else ""
    terminal.show(
        Text(f"Fidelity {number(summary.score)} of 1, measured until {text_of(summary.until)[:10]}{inside}.", style="dim")
    )
    known = [(summary.points[point], point) for point in points if point in summary.points]
    if known:
        score, point = min(known)
        terminal.show(Text(printable(f"Least of those shown: {point}, {number(score)}."), style="dim"))
    if summary.alarms:
        terminal.warn(f"{count(summary.alarms, 'lane')} or stock points have drifted: chaintwin fidelity {project} tells which")


def _vector_table(terminal: Terminal, vector: Any) -> Table:
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.views.charts import bar_of

    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, width=12)
    table.add_column(style="dim", overflow="fold")
    for name, meaning in PARTS.items():
        value = getattr(vector, name)
        bar = "" if value is None else bar_of(value, terminal.glyphs, width=12)
        table.add_row(name, "not measured" if value is None else f"{value:.2f}", Text(bar, style="cyan"), meaning)
    return table


def _show_coverage(terminal: Terminal, report: Report, *, period: str) -> None:
    import numpy as np
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.views.charts import column_chart

    if report.coverage.is_empty():
        return
    terminal.title(f"Calibration, {count(report.backcasts, 'moment')} looked back from")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("forecasts of")
    for name in ("ahead", "forecasts", "inside 90 %", "give or take"):
        table.add_column(name, justify="right")
    for row in report.coverage.iter_rows(named=True):
        ahead = NOTHING if not row["horizon"] else count(row["horizon"], period)
        wide = NOTHING if row["deviation"] is None else percent(1.96 * row["deviation"])
        table.add_row(NAMES.get(row["measure"], row["measure"]), ahead, f"{row['forecasts']:,}", percent(row["inside"]), wide)
    terminal.show(table)
    for name, pits in report.pits.items():
        if pits.size:
            shares = np.histogram(pits, bins=BINS, range=(0.0, 1.0))[0] / pits.size
            terminal.show(
                Text(f"  Where the truth lay in forecasts of {NAMES[name]}, lowest to highest; even is right:", style="dim")
            )
            terminal.show(
                column_chart(shares.tolist(), terminal.glyphs, width=60, height=3, label=lambda share: percent(share, 0))
            )


def _show_kind(terminal: Terminal, rows: pl.DataFrame, *, kind: str, title: str, top: int) -> None:
    from rich.table import Table
    from rich.text import Text

    mine = rows.filter(rows["kind"] == kind)
    if mine.is_empty():
        return
    terminal.title(f"{title}: {mine.height:,}, the least trusted first")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column(kind, overflow="fold", min_width=16)
    for name in ("score", *SHORT, "n", "in 90 %"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in mine.head(top).iter_rows(named=True):
        cells = [NOTHING if row[part] is None else f"{row[part]:.2f}" for part in ("score", *PARTS)]
        table.add_row(Text(printable(row["name"])), *cells, f"{row['forecasts']:,}", percent(row["inside"]))
    terminal.show(table)


def _show_alarms(terminal: Terminal, report: Report, *, network: Network, project: str) -> None:
    from rich.text import Text

    from chaintwin.clock import text_of
    from chaintwin.fidelity.drift.arrivals import THRESHOLD
    from chaintwin.fidelity.forking.picture import dates_of

    lanes = [one for one in report.lanes if one.alarm is not None]
    points = [one for one in report.points if one.alarmed_at is not None]
    seen = len(report.lanes) + len(report.points)
    rate = (
        f"Each of {count(seen, 'detector')} gives a false alarm once in {THRESHOLD:,.0f} values or less often; "
        f"at most {number(report.false_alarms)} so far are to be expected."
    )
    terminal.title(f"Drift: {count(len(lanes), 'lane')}, {count(len(points), 'stock point')}")
    for one in lanes[:ALARMS_SHOWN]:
        since = "" if one.since is None else text_of(one.since)[:10]
        change = f"{number(one.expected)} expected, {number(one.found)} found"
        terminal.show(Text(printable(f"  {one.subject}: since shipments of {since}, {change}; {one.arrivals:,} arrivals seen")))
    dates = dates_of(network.settings)
    for point in points[:ALARMS_SHOWN]:
        since = "" if point.since is None else dates(point.since)
        terminal.show(Text(printable(f"  {point.subject}: forecasts off since {since}; {point.forecasts:,} seen")))
    more = max(0, len(lanes) - ALARMS_SHOWN) + max(0, len(points) - ALARMS_SHOWN)
    if more:
        terminal.show(Text(f"  ... and {more:,} more; --json has all.", style="dim"))
    if lanes or points:
        terminal.show(
            Text(
                f"  To do: chaintwin calibrate {project} fits drifted lanes to what left since; "
                "if that is refused, look at the model."
            )
        )
    terminal.show(Text(f"  {rate}" if seen else "  Nothing came since the parameters in force were fitted.", style="dim"))
