"""A source that is named otherwise goes on where it stopped: what waits for it elsewhere waits under its earlier name."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from chaintwin.clock import text_of
from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.running import Bookmark, Ingest
from chaintwin.store.interface import CURSORS


def taken_over(ingest: Ingest, names: Collection[str]) -> str:
    """Give a source that was never read the cursor of one that read the same, in the same way, under a name that is gone.

    So a session at a broker, a consumer at a stream or a subscription at a server is gone on with, instead of being left behind
    with all that waits in it. Where the options differ, nobody knows whether it is the same reading: it begins anew, and that is
    told.

    Parameters
    ----------
    ingest : of the source. names : that the project gives to its sources; their cursors are theirs.

    Returns
    -------
    str
        What is to be told of it; empty where there is nothing.
    """
    if not ingest.label or ingest.anew or ingest.dry or ingest.bookmark() is not None:
        return ""
    begin = ingest.key.removesuffix(ingest.label)
    found = dict[str, Bookmark]()
    for key in ingest.store.names(CURSORS):
        label = key.removeprefix(begin)
        if label == key or label in names:
            continue
        # One that cannot be read is of no use to anybody.
        with suppress(UsageError):
            mark = ingest.bookmark(label)
            if mark is not None:
                found[label] = mark
    alike = [label for label, mark in found.items() if mark.how == ingest.how]
    if alike:
        label = max(alike, key=lambda one: found[one].at)
        ingest.keep(found[label])
        ingest.store.remove(CURSORS, begin + label)
        return (
            f"goes on where {label} stopped, which read the same until {text_of(found[label].at)} and is in the project no more"
        )
    if not found:
        return ""
    until, others = text_of(max(mark.at for mark in found.values())), ", ".join(sorted(found))
    return (
        f"is new and begins anew, though {others} read {ingest.source} with other options until {until}; what waits there "
        "for that name is left; fix: to go on with it, use that name and those options again"
    )
