"""Waits for orders, does one at a time beside listening, and says how far it is."""

from __future__ import annotations

import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from chaintwin.serve.jobs.messages import Failed, Order, Prepare, Ready, Said, Stop, Stopped, asking_of, written
from chaintwin.serve.jobs.work.networks import Networks
from chaintwin.serve.memory import collect_seldom


def listen(way: Connection) -> None:
    """Do jobs until the server is gone.

    Parameters
    ----------
    way : to the server.
    """
    try:
        _listen(way, Speaker(way))
    except (EOFError, OSError):
        return


class Speaker:
    """Says things to the server, from any thread.

    Parameters
    ----------
    way : to the server.
    """

    def __init__(self, way: Connection) -> None:
        self._way = way
        self._lock = threading.Lock()

    def say(self, message: Said) -> None:
        """Say one thing."""
        content = written(message)
        # A server that is gone is told nothing; this process ends with it.
        with self._lock, suppress(OSError):
            self._way.send_bytes(content)


def _listen(way: Connection, speaker: Speaker) -> None:
    networks = Networks()
    cancel = threading.Event()
    # Kernels are loaded whatever is asked for first.
    working = threading.Thread(target=_load_kernels, daemon=True)
    working.start()
    while True:
        asking = asking_of(way.recv_bytes())
        if isinstance(asking, Stop):
            cancel.set()
            continue
        # The server asks for one thing at a time; what it asked for before has been answered, or has just been.
        working.join()
        cancel = threading.Event()
        target: Any = _prepare if isinstance(asking, Prepare) else _do
        rest = (speaker,) if isinstance(asking, Prepare) else (speaker, cancel)
        working = threading.Thread(target=target, args=(networks, asking, *rest), daemon=True)
        working.start()


def _load_kernels() -> None:
    from chaintwin.simulation import prepare_kernels

    with suppress(Exception):
        prepare_kernels()
        collect_seldom()


def _prepare(networks: Networks, asking: Prepare, speaker: Speaker) -> None:
    if asking.network:
        # What is wrong with a network is told by the first job that runs it.
        with suppress(Exception):
            networks.warm(asking)
    speaker.say(Ready())


def _do(networks: Networks, order: Order, speaker: Speaker, cancel: threading.Event) -> None:
    from chaintwin.errors import CancelledError, ChaintwinError, InputError
    from chaintwin.serve.jobs.work.kinds import do
    from chaintwin.serve.problems import FAULTS_MAX, finding_document

    said: Said
    try:
        said = do(order, networks=networks, say=speaker.say, cancel=cancel)
    except CancelledError:
        said = Stopped()
    except InputError as error:
        detail = str(error.findings[0]) if error.findings else "the input cannot be used"
        said = Failed("input", detail, [finding_document(finding) for finding in error.findings[:FAULTS_MAX]])
    except ChaintwinError as error:
        said = Failed(type(error).code, str(error))
    except MemoryError:
        said = Failed("memory", "The job needs more memory than there is; fix: ask for fewer replications or periods")
    except Exception as error:
        import logging

        logging.getLogger("chaintwin.jobs").exception("a job failed")
        said = Failed("failed", f"The job failed ({type(error).__name__}); what was there before is kept.")
    speaker.say(said)
