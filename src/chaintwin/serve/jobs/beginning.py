"""What a job starts from: the network and the live state that were in force when it was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chaintwin.errors import Finding, UsageError
from chaintwin.events.queries.spelling import moment_of_text
from chaintwin.fidelity.versions.shelf import id_of, in_force
from chaintwin.serve.jobs.asking import MODEL, NOW, TABLES, AnyAsked, Fork, Import, Simulate, known_of, start_of
from chaintwin.serve.jobs.files import JobFiles
from chaintwin.serve.jobs.job import Job, State
from chaintwin.serve.problems import ProblemError
from chaintwin.store.interface import PARAMETERS, Store
from chaintwin.twin import LiveState, Twin


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a job is run on.

    Parameters
    ----------
    network, place : hash and folder of the network; empty for an import. cells : of the live state, packed; None for the
        model's own
        start. time, head : of that state. parameters : id of the version of parameters and what is kept of it; empty for those
        of the tables.
    """

    network: str = ""
    place: str = ""
    cells: bytes | None = None
    time: int = 0
    head: int = 0
    parameters: tuple[str, bytes] = ("", b"")


@dataclass(frozen=True, slots=True)
class Position:
    """Where the log stands for a job.

    Parameters
    ----------
    sequence : of the last entry that counts, 0 for none. known_at : time of record up to which anything counts.
    time : event time to start from, 0 for none. parameters : id of the version that it looks ahead with; empty for those of
        the tables.
    """

    sequence: int = 0
    known_at: int = 0
    time: int = 0
    parameters: str = ""


def position_of(asked: AnyAsked, *, twin: Twin | None, store: Store) -> Position:
    """Return where the log stands for a job that is asked for now.

    Parameters
    ----------
    asked : what for. twin : None for a server of the log alone. store : the log.

    Raises
    ------
    ProblemError
        404 where there is no project, 400 for a moment that nothing is known of.
    UsageError
        There is no such version of parameters.
    """
    if isinstance(asked, Import):
        return Position()
    if twin is None:
        raise ProblemError(
            404, "NoSuchResourceException", detail="The server was started without a project, so there is nothing to run"
        )
    start, now = start_of(asked), twin.clock.now()
    time = now if start in (NOW, MODEL) else moment_of_text(start) or now
    until = moment_of_text(known_of(asked)) if known_of(asked) else None
    if until is not None and until > now:
        finding = Finding("job.start", "a moment that has not come yet", "now, or one before", column="known")
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
    found = twin.as_of(None if start in (NOW, MODEL) else time, known=until)
    # The state says how far it goes: the twin may have gone on since.
    head = found.head
    known = until or (store.entries_of([head])[0].recorded_at if head else 0)
    if start == MODEL:
        return Position(head, known, 0)
    latest = found.latest
    if latest is None:
        column = "at" if isinstance(asked, Fork) else "start"
        allowed = "a moment from the first event of the log on" if head else "a log with events"
        finding = Finding("job.start", "nothing known", allowed, "send events first", column=column)
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
    if time > max(now, latest):
        finding = Finding("job.start", "a moment that has not come yet", "now, or one before", column="start")
        raise ProblemError(400, "ValidationException", detail=str(finding), findings=[finding])
    position = Position(head, known, time)
    return _with_version(position, asked, until=until, store=store) if isinstance(asked, Fork | Simulate) else position


def beginning_of(job: Job, *, twin: Twin | None, store: Store, files: JobFiles, imported: Job | None) -> Beginning:
    """Return what a job is run on; the same for one that is started again after the log has grown.

    Parameters
    ----------
    job : what is to be run. store : the log. files : where networks are kept.
    imported : the import that it names, None where it names none.

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
    parameters = kept_parameters(store, job.parameters)
    return Beginning(network, str(files.network(network)), live.cells.packed(), live.time, live.head, parameters)


def kept_parameters(store: Store, version: str) -> tuple[str, bytes]:
    """Return a version of parameters as the process of jobs is told it; empty for the tables.

    Raises
    ------
    UsageError
        It is there no more.
    """
    if not version:
        return "", b""
    content = store.get(PARAMETERS, version)
    if content is None:
        raise UsageError(f"parameters: found no version {version}; allowed: one that is kept; fix: restore the log from a backup")
    return version, content


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


def _with_version(position: Position, asked: Fork | Simulate, *, until: int | None, store: Store) -> Position:
    """Return a position with the version of parameters that a job takes, as the commands ``fork`` and ``simulate`` do.

    Parameters
    ----------
    until : time of record up to which anything counts, None for all. store : the log.
    """
    if asked.parameters:
        return position if asked.parameters == TABLES else replace(position, parameters=id_of(store, asked.parameters))
    found, known = in_force(store, position.time, known=until), position.known_at
    if found is not None and until is None and found.recorded_at > known:
        if store.head().sequence == position.sequence:
            # Who begins again from what is known by then has both, the entries and the version.
            known = found.recorded_at
        else:
            # Entries came between, which the state lacks, so nothing counts that was known later than the state.
            found = in_force(store, position.time, known=known)
    return replace(position, known_at=known, parameters="" if found is None else found.id)


def _as_of(twin: Twin, time: int | None, *, known: int | None, head: int) -> LiveState:
    # As long as nothing came behind it, the present state is the state as it was known then, and is had at once.
    return twin.as_of(time, known=None if twin.head == head else known)
