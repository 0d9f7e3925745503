"""``chaintwin refused``: what could not become an event, and why, of ingests and of captures over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chaintwin.cli.commands.live.logs import StoreUrl, log_to_read
from chaintwin.cli.commands.options import Json, Project
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import session

if TYPE_CHECKING:
    from chaintwin.serve.capturing.jobs import Refusal
    from chaintwin.store.interface import Store

INGEST, CAPTURE = "ingest", "capture"
TITLES = {
    INGEST: "{count:,} set aside by ingests and replays",
    CAPTURE: "{count:,} refused by captures over HTTP",
}
REFUSED = ("invalid", "conflict")
"""Outcomes of an event of a capture that had a fault of its own."""


def refused(
    project: Project,
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="File to write all of it to, one a line (.jsonl), with what was there.", show_default=False),
    ] = None,
    top: Annotated[int, typer.Option(help="How many are shown of each.", min=1)] = 20,
    store: StoreUrl = None,
    json: Json = False,
) -> None:
    """Show what ingests set aside and captures refused, and why.

    Of a document that was refused as a whole, with status 400, its size and digest are kept, who sent it and its first faults.
    """
    with session(is_json=json) as terminal:
        import msgspec
        from rich.text import Text

        from chaintwin.network.tables.files.exchanging import write_file
        from chaintwin.store.opening import open_store

        with open_store(log_to_read(project, store), read_only=True) as log:
            if out is not None:

                def fill(file: Path) -> None:
                    with file.open("wb") as lines:
                        for entry in refused_entries(log):
                            lines.write(msgspec.json.encode(entry) + b"\n")

                write_file(out, fill)
            counts, shown = dict.fromkeys(TITLES, 0), list[dict[str, Any]]()
            for entry in refused_entries(log):
                counts[entry["by"]] += 1
                if counts[entry["by"]] <= top:
                    shown.append(entry)
        terminal.document({"count": sum(counts.values()), "by": counts, "set_aside": shown, "out": out})
        _show(terminal, counts, shown)
        if out is not None:
            terminal.show("", Text(f"Wrote all of it to {out}."))


def refused_entries(log: Store) -> Iterator[dict[str, Any]]:
    """Yield what was refused: by whom, source, time, place, all reasons, and content where it was kept; ingests first.

    Parameters
    ----------
    log : whose shelves are read.
    """
    from chaintwin.clock import text_of
    from chaintwin.ingest.connectors.running import set_aside
    from chaintwin.serve.capturing.jobs import job_ids, job_of

    for entry in set_aside(log):
        yield {"by": INGEST} | entry | {"at": text_of(entry["at"])}
    for name in job_ids(log):
        job = job_of(log, name)
        if job is None:
            continue
        place = f"capture {job.id}"
        head = {"by": CAPTURE, "source": place, "at": text_of(job.created_at), "file": place}
        if job.refusal is not None:
            yield head | {"source": job.refusal.by, "position": 0, "reasons": _reasons_of(job.refusal), "content": ""}
        for number, event in enumerate(job.events, start=1):
            if event.outcome in REFUSED:
                yield head | {"position": number, "reasons": _reasons(event.faults), "content": ""}


def _reasons(faults: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"code": fault.get("code", ""), "text": _text(fault)} for fault in faults]


def _reasons_of(refusal: Refusal) -> list[dict[str, str]]:
    """Return why a document was refused as a whole, and which it was."""
    found = _reasons(refusal.faults) or [{"code": "", "text": refusal.detail}]
    if refusal.count > len(refusal.faults):
        found.append({"code": "", "text": f"and {refusal.count - len(refusal.faults):,} more faults"})
    found.append({"code": "", "text": f"{refusal.size:,} bytes with the SHA-256 digest {refusal.digest}"})
    return found


def _text(fault: dict[str, Any]) -> str:
    """Return a fault of a report in words, as a finding has it."""
    from chaintwin.errors import Finding

    code, found, allowed, fix, where = (str(fault.get(name, "")) for name in ("code", "found", "allowed", "fix", "where"))
    return str(Finding(code, found, allowed, fix, column=where))


def _show(terminal: Terminal, counts: dict[str, int], shown: list[dict[str, Any]]) -> None:
    from rich.text import Text

    from chaintwin.cli.terminal.output import printable

    if not any(counts.values()):
        terminal.show("Nothing was refused.")
    for by, title in TITLES.items():
        entries = [entry for entry in shown if entry["by"] == by]
        if not entries:
            continue
        terminal.title(title.format(count=counts[by]))
        for entry in entries:
            heading, place = _places(entry)
            terminal.show(Text(printable(heading), style="bold"))
            for reason in entry["reasons"]:
                # The place stands above; what is left is the part of the event or row.
                terminal.show(Text(printable(f"  {reason['text'].removeprefix(place).lstrip(': ')}")))
        if counts[by] > len(entries):
            terminal.show(f"and {counts[by] - len(entries):,} more; --top shows more, --out writes all")


def _places(entry: dict[str, Any]) -> tuple[str, str]:
    """Return where something stands, for people, and how its reasons begin that say so again."""
    if entry["by"] == CAPTURE and not entry["position"]:
        return f"{entry['file']} of {entry['at']}, the whole document, by {entry['source']}", ""
    if entry["by"] == CAPTURE:
        return f"{entry['file']} of {entry['at']}, event {entry['position']}", f"event {entry['position']}"
    place = f"{entry['file']}:{entry['position']}" if entry["position"] else str(entry["file"])
    return place, place
