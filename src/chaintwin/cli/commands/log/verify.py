"""``chaintwin log verify``: whether a log or a backup is what was written."""

from __future__ import annotations

from chaintwin.cli.commands.log.places import KeyFile, Log, place_to_read, shown
from chaintwin.cli.commands.options import Json
from chaintwin.cli.terminal.session import fail, session


def verify(log: Log, *, key_file: KeyFile = None, json: Json = False) -> None:
    """Go through a log, or a backup, and tell what was changed.

    A server may go on writing it.
    """
    with session(is_json=json) as terminal:
        from rich.text import Text

        from chaintwin.cli.terminal.progress import progress_bar
        from chaintwin.cli.views.findings import findings_view
        from chaintwin.errors import amount_of
        from chaintwin.store.opening import open_store
        from chaintwin.store.verifying import verify as gone_through

        place = place_to_read(log)
        with (
            open_store(place, read_only=True, key_file=key_file) as store,
            progress_bar(terminal, f"Verifying {log}", is_cold=False) as report,
        ):
            found = gone_through(store, progress=report)
        terminal.document(
            {
                "store": shown(place),
                "events": found.entries,
                "batches": found.batches,
                "root": found.root.hex(),
                "findings": found.findings,
            }
        )
        size = f"{amount_of(found.entries, 'event')} in {found.batches:,} {'batch' if found.batches == 1 else 'batches'}"
        if found.findings:
            terminal.show(findings_view(list(found.findings), terminal.width))
            terminal.show("", Text(f"{shown(place)} is not what was written: {size} were gone through."))
            fail()
        terminal.show(Text(f"{shown(place)} is whole: {size}."), Text(f"Root: {found.root.hex()}"))
