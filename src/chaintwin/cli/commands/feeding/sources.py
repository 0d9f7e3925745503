"""``chaintwin sources``: the sources that a project names, and how they are, also while a server takes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.cli.commands.live.logs import StoreUrl, log_place
from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaintwin.ingest.sources.configured import ConfiguredSource
    from chaintwin.ingest.sources.health import Health


def sources(project: Project, *, store: StoreUrl = None, json: Json = False) -> None:
    """Show the sources of events of a project, and how they are."""
    with session(is_json=json) as terminal:
        from rich.text import Text

        from chaintwin.cli.commands.feeding.health_view import errors_of, health_table
        from chaintwin.cli.terminal.output import printable
        from chaintwin.clock import SystemClock
        from chaintwin.ingest.sources.configured import configured_sources

        place = log_place(project, store)
        found, now = configured_sources(project), SystemClock().now()
        healths = _kept(found, place=place, now=now)
        told = [_told(source, healths.get(source.name), now=now) for source in found]
        terminal.document({"project": project, "store": place, "sources": told})
        if not found:
            terminal.show("The project names no sources of events: add [[sources]] to its chaintwin.toml.")
            return
        rows = [source for source in found if source.is_enabled or source.name in healths]
        terminal.title("Sources of events")
        terminal.show(health_table([healths.get(source.name, source.name) for source in rows], now=now))
        for line in errors_of(list(healths.values()), now=now):
            terminal.show(Text(printable(f"  {line}"), style="red"))
        off = [source.name for source in found if not source.is_enabled]
        if off:
            terminal.show(Text(printable(f"  not enabled: {', '.join(off)}"), style="dim"))


def _kept(found: Sequence[ConfiguredSource], *, place: str, now: int) -> dict[str, Health]:
    """Return what the log keeps of sources, by name; a server may go on writing it."""
    from chaintwin.ingest.sources.health import health_now, kept_health
    from chaintwin.store.opening import open_store

    if "://" not in place and not Path(place).is_file():
        return {}
    with open_store(place, read_only=True) as log:
        kept = {source.name: kept_health(log, source.name) for source in found}
    # What a source of that name was before it got another address says nothing of this one.
    addresses = {source.name: source.source for source in found}
    return {
        name: health_now(health, now=now)
        for name, health in kept.items()
        if health is not None and health.source == addresses[name]
    }


def _told(source: ConfiguredSource, health: Health | None, *, now: int) -> dict[str, object]:
    """Return a source as the project names it, and how it is."""
    from chaintwin.ingest.sources.health import Health as Unknown
    from chaintwin.ingest.sources.health import told_health

    empty = Unknown(source.name, source.connector.name, source.source)
    told = told_health(health or empty, now=now)
    if health is None:
        told |= {"state": None, "since": None, "countsSince": None}
    return {**told, "enabled": source.is_enabled, "every": source.every, "options": dict(source.options)}
