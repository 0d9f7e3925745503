"""How sources are, as a table for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

    from chaintwin.ingest.sources.health import Health

STYLES = {"connecting": "yellow", "receiving": "green", "waiting": "green", "failing": "red", "stopped": "dim"}


def health_table(healths: Sequence[Health | str], *, now: int) -> Table:
    """Return a row for each source; for one of which nothing is known its name only.

    Parameters
    ----------
    healths : of each source, or its name. now : microseconds.
    """
    from rich.table import Table
    from rich.text import Text

    from chaintwin.cli.terminal.output import printable

    table = Table(box=None, padding=(0, 1), header_style="dim")
    for heading in ("source", "state", "last event", "lag", "events"):
        table.add_column(heading, overflow="fold")
    for health in healths:
        if isinstance(health, str):
            table.add_row(Text(printable(health)), Text("never taken", style="dim"))
            continue
        state = Text(f"{health.state.value} {ago(now - health.since)}", style=STYLES[health.state.value])
        last = "" if health.received_at is None else f"{ago(now - health.received_at)} ago"
        table.add_row(Text(printable(health.name)), state, last, _lag(health), _counts(health))
    return table


def errors_of(healths: Sequence[Health], *, now: int) -> list[str]:
    """Return why sources fail, and when each is tried again, a line each; what works again is not told.

    Parameters
    ----------
    healths : of the sources. now : microseconds.
    """
    lines = []
    for health in healths:
        if health.failures and health.error_at is not None:
            again = "" if health.next_at is None else f"; next try in {ago(max(health.next_at - now, 0))}"
            times = f" ({health.failures:,} times in a row)" if health.failures > 1 else ""
            lines.append(f"{health.name}: {health.error}{times}{again}")
    return lines


def ago(microseconds: int) -> str:
    """Return an age in words."""
    from chaintwin.cli.commands.live.opening import span
    from chaintwin.clock import SECOND

    return span(max(microseconds, 0) / SECOND)


def _counts(health: Health) -> str:
    """Return what became of events; what is 0 is left out, and so is that none are missing."""
    from chaintwin.cli.commands.feeding.telling import COUNTS

    counts = [f"{getattr(health, name):,} {name}" for name in COUNTS if getattr(health, name)]
    return ", ".join(counts + ([f"{health.missing:,} missing"] if health.missing else []))


def _lag(health: Health) -> str:
    """Return how late events came: the median, and the worst where it differs."""
    from chaintwin.cli.commands.live.opening import span

    if health.lag_median is None or health.lag_worst is None:
        return ""
    middle, worst = span(max(health.lag_median, 0.0)), span(max(health.lag_worst, 0.0))
    return middle if middle == worst else f"{middle}, worst {worst}"
