"""The loss of a year as tables: how much, how bad, and what makes it so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, interval, number, percent, percent_interval

if TYPE_CHECKING:
    import polars as pl

    from chaintwin.risk.annual.assessing import AnnualLoss
    from chaintwin.risk.annual.measures import Estimate
    from chaintwin.risk.annual.simulated.simulating import SimulatedLoss


NOISE, LATE, UNSEEN = 0.01, 0.05, 0.01
"""Shares from which chance within years, losses that go on at the end, and years the programme does not see are worth a line."""


def show_annual(terminal: Terminal, found: AnnualLoss, *, top: int) -> None:
    """Print expected loss, tail, and contributions.

    Parameters
    ----------
    terminal : where to.
    found : what ``annual_loss`` returned.
    top : rows of each table of contributions.
    """
    from rich.table import Table
    from rich.text import Text

    terminal.title(f"A year of disruptions costs {number(found.mean.value)} {found.unit} on average.")
    view = Table(box=None, padding=(0, 1), header_style="dim")
    for name in ("", f"{found.unit} a year", "interval"):
        view.add_column(name, justify="left" if not name else "right", no_wrap=True)
    view.add_row("expected loss", *_money(found.mean))
    view.add_row("a year with a loss", *_share(found.any_loss))
    for row in found.levels.to_dicts():
        view.add_row(f"one year in {row['return_period']:,.4g} loses more than", *_money_of(row, "value_at_risk"))
        view.add_row("  and on average then", *_money_of(row, "expected_shortfall"))
    terminal.show(view)
    if found.simulated is not None:
        _show_simulated(terminal, found, found.simulated)
    worst = f"the worst {percent(1 - found.level, 0 if found.level < 0.985 else 1)} of years"
    for by, chosen in (
        ("cause", found.contributions.filter(found.contributions["by"] == "cause")),
        ("place", found.contributions.filter(~found.contributions["by"].is_in(["cause", "threat"]))),
    ):
        _show_parts(terminal, chosen, by=by, worst=worst, unit=found.unit, top=top)
    terminal.show(Text(), *(Text(f"  {line}", style="dim") for line in _remarks(found)))


def annual_document(found: AnnualLoss) -> dict[str, object]:
    """Return what ``--json`` says of the loss of a year."""
    return {
        "measure": str(found.measure),
        "unit": found.unit,
        "period": found.period,
        "seed": found.seed,
        "confidence": found.confidence,
        "mean": found.mean,
        "mean_at_least": found.mean_low,
        "any_loss": found.any_loss,
        "levels": found.levels,
        "contribution_level": found.level,
        "contributions": found.contributions,
        "curve": found.curve,
        "threats": found.threats,
        "years": found.years,
        "years_drawn": found.drawn,
        "event_probability": found.event_probability,
        "events_per_year": found.events,
        "variance_reduction": found.variance_reduction,
        "overlapping_share": found.overlapping,
        "bounded_share": found.bounded,
        "cut_share": found.cut,
        "capped_share": found.capped,
        "idle": found.idle,
        "expired": found.expired,
        "simulated": found.simulated,
    }


def annual_about(found: AnnualLoss) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the contributions."""
    about: dict[str, tuple[str | float, str]] = {
        "unit": (found.unit, "Unit of losses, a year."),
        "expected_loss": (found.mean.value, "Mean loss of a year."),
        "expected_loss_low": (found.mean.low, f"Lower end of its interval at {found.confidence:g}."),
        "expected_loss_high": (found.mean.high, f"Upper end of its interval at {found.confidence:g}."),
        "any_loss": (found.any_loss.value, "Probability of a year with a loss."),
        "contribution_level": (found.level, "Level of the expected shortfall that is taken apart."),
        "years": (found.years, "Simulated years with an event."),
        "event_probability": (found.event_probability, "Probability of a year with an event."),
        "seed": (found.seed, "Seed of all random numbers."),
    }
    if found.simulated is not None:
        played = found.simulated
        about |= {
            "simulated_years": (played.years, "Years that were played by the rules of the project."),
            "simulated_loss": (played.mean.value, "Mean loss of a year by them."),
            "simulated_loss_low": (played.mean.low, f"Lower end of its interval at {found.confidence:g}."),
            "simulated_loss_high": (played.mean.high, f"Upper end of its interval at {found.confidence:g}."),
        }
    for row in found.levels.to_dicts():
        about[f"value_at_risk_{row['level']:g}"] = (row["value_at_risk"], "Loss that is exceeded with one less that probability.")
        about[f"expected_shortfall_{row['level']:g}"] = (row["expected_shortfall"], "Mean loss of the worst years beyond.")
    return about


def _show_parts(terminal: Terminal, parts: pl.DataFrame, *, by: str, worst: str, unit: str, top: int) -> None:
    from rich.table import Table
    from rich.text import Text

    shown = parts.filter(parts["mean"] > 0)
    if shown.is_empty():
        return
    view = Table(box=None, padding=(0, 1), header_style="dim", title=f"by {by}, {unit} a year", title_justify="left")
    view.add_column(by, no_wrap=True, overflow="ellipsis", max_width=30)
    for name in ("events", "mean", "worst", "of it", "saved"):
        view.add_column(name, justify="right", no_wrap=True)
    for row in shown.head(top).to_dicts():
        name = row["id"] if by == "cause" else f"{row['by']} {row['id']}"
        view.add_row(
            printable(name),
            number(row["events"]),
            number(row["mean"]),
            number(row["shortfall"]),
            percent(row["shortfall_share"]),
            number(row["saved_shortfall"]),
        )
    terminal.show(Text(), view)
    if shown.height > top:
        terminal.show(Text(f"  ... and {shown.height - top:,} more; --top shows them, --out writes them.", style="dim"))
    if by == "place":
        terminal.show(
            Text(
                f"  events: that hit it, a year; worst: part of the mean of {worst}; saved: by which that mean falls without it.",
                style="dim",
            )
        )


def _show_simulated(terminal: Terminal, found: AnnualLoss, played: SimulatedLoss) -> None:
    """Print what simulated years say beside what the programme says."""
    from rich.table import Table
    from rich.text import Text

    view = Table(
        box=None, padding=(0, 1), header_style="dim", title="simulated, by the rules of the project", title_justify="left"
    )
    for name in ("", f"{found.unit} a year", "interval", "times"):
        view.add_column(name, justify="left" if not name else "right", no_wrap=True)
    mean = played.mean
    view.add_row(
        "expected loss", *interval(mean.value, mean.low, high=mean.high, same=NOTHING), _times(mean.value, found.mean.value)
    )
    for row, other in zip(played.levels.to_dicts(), found.levels.to_dicts(), strict=True):
        for name, said in (
            ("value_at_risk", f"one year in {row['return_period']:,.4g} loses more than"),
            ("expected_shortfall", "  and on average then"),
        ):
            shown = interval(row[name], row[f"{name}_low"], high=row[f"{name}_high"], same=NOTHING)
            view.add_row(said, *shown, _times(row[name], other[name]))
    terminal.show(Text(), view)


def _simulated_remarks(played: SimulatedLoss) -> list[str]:
    """Return what else is to be said of simulated years."""
    lines = [
        f"{played.years:,} of the years were played {played.replications} times each, with lead times, chance and the rules of "
        f"the project, those that cost much more often than others; {played.outages:,} outages were played alone to find them.",
        "Above that, and by cause and place, outages are priced by the stress test: as if everybody knew, without lead times."
        + ("" if math.isnan(played.ratio) else f" Played, the same years cost {number(played.ratio)} times as much."),
    ]
    untold = played.levels.filter(played.levels["expected_shortfall"].is_null())
    if untold.height:
        years = " and ".join(f"{value:,.4g}" for value in untold["return_period"])
        lines.append(
            f"Too few of the played years are as bad as one in {years} to say how bad these are; play more with --simulate."
        )
    if played.unseen >= UNSEEN:
        lines.append(f"{percent(played.unseen, 0)} of the simulated loss is of years that cost nothing by the stress test.")
    if played.late >= LATE:
        lines.append(
            f"{percent(played.late, 0)} of it was added in the last 30 days that were played: some losses are not followed to "
            "their end."
        )
    if played.noise >= NOISE:
        lines.append(f"{percent(played.noise, 0)} of what years differ by is chance within them: the tail is a little too wide.")
    return lines


def _times(value: float | None, other: float) -> str:
    return NOTHING if value is None or other <= 0 else number(value / other)


def _money(estimate: Estimate) -> tuple[str, str]:
    return interval(estimate.value, estimate.low, high=estimate.high, same=NOTHING)


def _money_of(row: dict[str, float], name: str) -> tuple[str, str]:
    return interval(row[name], row[f"{name}_low"], high=row[f"{name}_high"], same=NOTHING)


def _share(estimate: Estimate) -> tuple[str, str]:
    return percent_interval(estimate.value, estimate.low, high=estimate.high, same=NOTHING)


def _remarks(found: AnnualLoss) -> list[str]:
    """Return what else is to be said."""
    lines = [
        f"{found.years:,} simulated years with an event, which {percent(found.event_probability)} of years have; "
        f"{number(found.events)} events a year; intervals at {found.confidence:.4g}.",
    ]
    if found.simulated is None:
        lines.append(
            "Outages are priced by the stress test without lead times: losses are optimistic; --simulate 200 tells how much."
        )
    else:
        lines += _simulated_remarks(found.simulated)
    assumed = int((found.threats["origin"] == "assumed").sum())
    if assumed:
        rate = float(found.threats.filter(found.threats["origin"] == "assumed")["rate_per_year"][0])
        lines.append(
            f"Failures of {count(assumed, 'site')} of their own are assumed, {number(rate)} a year each; --own-rate changes that."
        )
    if found.overlapping >= 0.01:
        lines.append(f"{percent(found.overlapping, 0)} of the loss is of events that overlap with another; they are added up.")
    if found.bounded >= 0.001:
        lines.append(
            f"{percent(found.bounded)} of the loss is priced by a larger group of sites than was hit, which is too much."
        )
    if found.cut > 0:
        lines.append(f"{percent(found.cut, 2)} of events last longer than a year and count for one.")
    if found.capped > 0:
        lines.append(f"{percent(found.capped, 2)} of years would lose more than all demand is worth, and lose that.")
    if found.years < 100:
        lines.append("So few years have an event that the tail is hardly known; ask for more years.")
    for ids, said in ((found.idle, "touch nothing in this network"), (found.expired, "are not in force at its start")):
        if ids:
            lines.append(f"{count(len(ids), 'hazard')} {said}: {', '.join(map(printable, ids[:5]))}.")
    return lines
