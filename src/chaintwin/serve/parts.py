"""What the routes of one server share."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection

from chaintwin.clock import Clock
from chaintwin.ingest.sources.feeding import Feeding
from chaintwin.serve.capturing.capturing import Capturing
from chaintwin.serve.epcis.paging import Pages
from chaintwin.serve.jobs.scheduling import Scheduler
from chaintwin.serve.known import Known
from chaintwin.serve.live.applying import Applying
from chaintwin.serve.live.changes import Told
from chaintwin.serve.live.growth import Growth
from chaintwin.serve.network.view import NetworkView
from chaintwin.serve.operating.traffic import Traffic
from chaintwin.serve.outlook.looking import Outlook
from chaintwin.serve.settings import Settings
from chaintwin.serve.signing_in.sessions import Sessions
from chaintwin.serve.subscribing.dispatching import Dispatcher
from chaintwin.serve.subscribing.registering import Register
from chaintwin.serve.threads import Threads
from chaintwin.serve.uploading.uploads import Uploads
from chaintwin.store.interface import Store
from chaintwin.twin import Twin


@dataclass(frozen=True, slots=True)
class Live:
    """The state of the twin.

    Parameters
    ----------
    twin : the state. applying : what keeps it up to date. growth : tells how far it is.
    view : documents of the network in force. told : changes as they are sent.
    """

    twin: Twin
    applying: Applying
    growth: Growth
    view: NetworkView = field(default_factory=NetworkView)
    told: Told = field(default_factory=Told)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running server.

    Parameters
    ----------
    store : the log. threads : where it may be waited for. capturing : what takes documents. pages : tokens of pages.
    known : names in the log. register : takes in queries and subscriptions. dispatcher : what serves subscriptions.
    sessions : browsers that are signed in. scheduler : has jobs done. uploads : files that jobs import. traffic : what was
        answered. outlook : looks ahead.
    live : state of the twin; None for a server of the log alone. feeding : takes the sources of the project; None for none.
    """

    store: Store
    clock: Clock
    settings: Settings
    threads: Threads
    capturing: Capturing
    pages: Pages
    known: Known
    register: Register
    dispatcher: Dispatcher
    sessions: Sessions
    scheduler: Scheduler
    uploads: Uploads
    traffic: Traffic
    outlook: Outlook
    live: Live | None
    feeding: Feeding | None = None


def parts_of(connection: HTTPConnection) -> Parts:
    """Return the parts of the server that a request came to."""
    parts: Parts = connection.app.state.parts
    return parts
