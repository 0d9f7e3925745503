"""Versions of parameters on the shelves of a log: each under its id, never changed, with what was decided of it beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import compress, decompress, error

import msgspec

from chaintwin.errors import InputError, StoreDamagedError, UsageError
from chaintwin.store.interface import PARAMETERS, VERDICTS, Store

if TYPE_CHECKING:
    from chaintwin.fidelity.calibration.parameters import ParameterSet

ID_SIGNS = 12
"""So much of an id is shown, and so little of it is enough to name it."""


class Judgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How some lead times were judged on what came, or did not, after the moment that they were put back to.

    Parameters
    ----------
    group : ``drifted`` lanes, or ``steady`` ones. accepted : whether the fit is used. lanes : how many; size : lead times.
    old, new : mean CRPS relative to the mean lead time of the lane. low, high : interval of old less new; None where too few
        arrivals bound it. reason : in words.
    """

    group: str
    accepted: bool
    lanes: int
    size: int
    old: float | None
    new: float | None
    low: float | None
    high: float | None
    reason: str


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was decided of a version.

    Parameters
    ----------
    id : of the version. parent : of the one it came from, or None. made_at : event time of its data, microseconds.
    recorded_at : when it was kept, microseconds. accepted : whether it is used from ``made_at`` on.
    parameters : how many it holds. judgements : of its lead times. note : why it was made. reason : of the decision, in words.
    """

    id: str
    parent: str | None
    made_at: int
    recorded_at: int
    accepted: bool
    parameters: int
    judgements: tuple[Judgement, ...]
    note: str
    reason: str


def keep_version(store: Store, version: ParameterSet, *, decided: Kept) -> None:
    """Keep a version and what was decided of it; one that is there already stays as it is.

    Parameters
    ----------
    store : open for writing. version : the parameters. decided : of the same id.
    """
    for shelf, name, content in documents_of(version, decided=decided):
        if store.get(shelf, name) is None:
            store.put(shelf, name, content=content)


def documents_of(version: ParameterSet, *, decided: Kept) -> tuple[tuple[str, str, bytes], ...]:
    """Return shelf, name and content of what is kept of a version; arguments as for ``keep_version``.

    They are kept in this order: what was decided comes last, for it is what a version is found by.
    """
    from chaintwin.fidelity.calibration.parameters import write_parameters

    parameters = compress(write_parameters(version), 6)
    return ((PARAMETERS, version.id, parameters), (VERDICTS, version.id, _ENCODER.encode(decided)))


def kept_versions(store: Store) -> list[Kept]:
    """Return what was decided of every version, in the order of the moments that they are made for."""
    found = []
    for name in store.names(VERDICTS):
        content = store.get(VERDICTS, name)
        if content is not None:
            try:
                found.append(_DECODER.decode(content))
            except msgspec.MsgspecError:
                raise StoreDamagedError(f"{VERDICTS}/{name}: found a document that cannot be read") from None
    return sorted(found, key=lambda one: (one.made_at, one.recorded_at, one.id))


def in_force(store: Store, at: int, *, known: int | None = None) -> Kept | None:
    """Return the version that is in force at a moment: the last that was accepted and is made of data up to then.

    Parameters
    ----------
    store : the log. at : event time, microseconds. known : only versions kept by this time of record, microseconds.
    """
    used = (one for one in reversed(kept_versions(store)) if one.accepted and one.made_at <= at)
    return next((one for one in used if known is None or one.recorded_at <= known), None)


def version_of(store: Store, name: str) -> ParameterSet:
    """Return a version by its id, or by the first signs of it.

    Parameters
    ----------
    store : the log. name : at least four signs of the id.

    Raises
    ------
    UsageError
        There is none of this name, or several.
    StoreDamagedError
        What is kept is not what was written.
    """
    version_id = id_of(store, name)
    content = store.get(PARAMETERS, version_id)
    assert content is not None
    return unpacked(content, version_id)


def id_of(store: Store, name: str) -> str:
    """Return the whole id of a version; arguments and errors as for ``version_of``."""
    names = store.names(PARAMETERS)
    fitting = [one for one in names if one.startswith(name)] if len(name) >= 4 else []
    if len(fitting) != 1:
        found = f"{len(fitting)} versions whose id begins with {name}" if fitting else f"no version {name}"
        known = ", ".join(one[:ID_SIGNS] for one in names[:4]) or "none is kept yet"
        raise UsageError(f"parameters: found {found}; allowed: tables, or the id of one of {len(names)} ({known})")
    return fitting[0]


def unpacked(content: bytes, version_id: str) -> ParameterSet:
    """Return a version of what the shelf ``PARAMETERS`` holds of it.

    Parameters
    ----------
    content : as it is kept. version_id : the whole id.

    Raises
    ------
    StoreDamagedError
        What is kept is not what was written.
    """
    from chaintwin.fidelity.calibration.parameters import read_parameters

    try:
        return read_parameters(decompress(content), name=f"parameters {version_id[:ID_SIGNS]}", expected=version_id)
    except error:
        raise StoreDamagedError(f"{PARAMETERS}/{version_id}: found a document that cannot be unpacked") from None
    except InputError as fault:
        raise StoreDamagedError(f"{PARAMETERS}/{version_id}: {fault}") from None


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Kept)
