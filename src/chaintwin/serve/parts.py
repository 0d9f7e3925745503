"""What the routes of one server share."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from chaintwin.clock import Clock
from chaintwin.serve.capturing.capturing import Capturing
from chaintwin.serve.epcis.paging import Pages
from chaintwin.serve.known import Known
from chaintwin.serve.settings import Settings
from chaintwin.serve.subscribing.dispatching import Dispatcher
from chaintwin.serve.threads import Threads
from chaintwin.store.interface import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running server.

    Parameters
    ----------
    store : the log. threads : where it may be waited for. capturing : what takes documents. pages : tokens of pages.
    known : names in the log. dispatcher : what serves subscriptions.
    """

    store: Store
    clock: Clock
    settings: Settings
    threads: Threads
    capturing: Capturing
    pages: Pages
    known: Known
    dispatcher: Dispatcher


def parts_of(connection: HTTPConnection) -> Parts:
    """Return the parts of the server that a request came to."""
    parts: Parts = connection.app.state.parts
    return parts
