"""What a job starts from: the network and the live state that were in force when it was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from chaintwin.errors import Finding
from chaintwin.events.queries.spelling import moment_of_text
from chaintwin.serve.jobs.asking import MODEL, NOW, Compare, Fork, Import, Simulate, Stress, known_of, start_of
from chaintwin.serve.jobs.files import JobFiles
from chaintwin.serve.jobs.job import Job, State
from chaintwin.serve.problems import ProblemError
from chaintwin.store.interface import Store
from chaintwin.twin import LiveState, Twin


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a job is run on.

    Parameters
    ----------
    network, place : hash and folder of the network; empty for an import. cells : of the live state, packed; None for the
        model's own
        start. time, head : of that state.
    """

    network: str = ""
    place: str = ""
    cells: bytes | None = None
    time: int = 0
    head: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where the log stands for a job.

    Parameters
    ----------
    sequence : of the last entry that counts, 0 for none. known_at : its time of record. time : event time to start from, 0 for
        none.
    """

    sequence: int = 0
    known_at: int = 0
    time: int = 0


def position_of(asked: Simulate | Fork | Stress | Compare | Import, *, twin: Twin | None, store: Store) -> Position:
    """Return where the log stands for a job that is asked for now.

    Parameters
    ----------
    asked : what for. twin : None for a server of the log alone. store : the log.

    Raises
    ------
    ProblemError
        404 where there is no project, 400 for a moment that nothing is known of.
    """
    if isinstance(asked, Import):
        return Position()
    if twin is None:
        raise ProblemError(
            404, "NoSuchResourceException", detail="The server was started without a project, so there is nothing to run"
        )
    head = twin.head
    known = store.entries_of([head])[0].recorded_at if head else 0
    start = start_of(asked)
    if start == MODEL:
        return Position(head, known, 0)
    now = twin.clock.now()
    time = now if start == NOW else moment_of_text(start) or now
    until = moment_of_text(known_of(asked)) if known_of(asked) else None
    if until is not None and until > now:
        finding = Finding("job.start", "a moment that has not come yet", "now, or one before", column="known")
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
    found = twin.as_of(None if start == NOW else time, known=until)
    latest = found.summary()["latest"]
    if not isinstance(latest, int):
        column = "at" if isinstance(asked, Fork) else "start"
        allowed = "a moment from the first event of the log on" if head else "a log with events"
        finding = Finding("job.start", "nothing known", allowed, "send events first", column=column)
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
    if time > max(now, latest):
        finding = Finding("job.start", "a moment that has not come yet", "now, or one before", column="start")
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
    return Position(head, known, time) if until is None else Position(found.head, until, time)


def beginning_of(job: Job, *, twin: Twin | None, files: JobFiles, imported: Job | None) -> Beginning:
    """Return what a job is run on; the same for one that is started again after the log has grown.

    Parameters
    ----------
    job : what is to be run. files : where networks are kept. imported : the import that it names, None where it names none.

    Raises
    ------
    ProblemError
        The import is gone, or the server has no project.
    """
    if isinstance(job.asked, Import):
        return Beginning()
    name = "" if isinstance(job.asked, Fork) else job.asked.network
    if name:
        check_imported(name, imported, files=files)
        return Beginning(f"import-{name}", str(files.project(name)))
    if twin is None:
        raise ProblemError(404, "NoSuchResourceException", detail="The server was started without a project")
    known = job.known_at or None
    start = start_of(job.asked)
    if start == MODEL:
        live = _as_of(twin, None, known=known, head=job.sequence)
        network = files.keep(live.network)
        return Beginning(network, str(files.network(network)))
    live = _as_of(twin, None if start == NOW else job.time, known=known, head=job.sequence).aged(job.time)
    network = files.keep(live.network)
    return Beginning(network, str(files.network(network)), live.cells.packed(), live.time, live.head)


def check_imported(name: str, imported: Job | None, *, files: JobFiles) -> None:
    """Refuse a job of a network whose import is not there, or did not come to one.

    Raises
    ------
    ProblemError
        400.
    """
    if imported is None or imported.state is not State.DONE or not files.project(name).is_dir():
        finding = Finding("job.network", repr(name[:60]), "the id of an import that is done", column="network")
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])


def _as_of(twin: Twin, time: int | None, *, known: int | None, head: int) -> LiveState:
    # As long as nothing came behind it, the present state is the state as it was known then, and is had at once.
    return twin.as_of(time, known=None if twin.head == head else known)
