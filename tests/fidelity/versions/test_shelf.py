"""Versions on the shelf of a log: found again by any start of their id, in force from their moment on, never changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import StoreDamagedError, UsageError
from chaintwin.fidelity.calibration import ParameterSet
from chaintwin.fidelity.versions.shelf import Kept, in_force, keep_version, kept_versions, version_of
from chaintwin.store.copying import backup, copy
from chaintwin.store.interface import BACKCASTS, PARAMETERS, VERDICTS, Store
from chaintwin.store.opening import open_store
from tests.fidelity.logs import put


def version(made_at: int, *, parent: str | None = None) -> ParameterSet:
    return ParameterSet((), made_at=made_at, seed=7, parent=parent)


def decided(one: ParameterSet, *, accepted: bool = True, recorded_at: int = 1) -> Kept:
    return Kept(one.id, one.parent, one.made_at, recorded_at, accepted, 0, (), "", "because")


def filled(store: Store) -> list[ParameterSet]:
    first = version(10)
    found = [first, version(20, parent=first.id), version(30, parent=first.id)]
    for one in reversed(found):
        keep_version(store, one, decided=decided(one, accepted=one.made_at != 20))
    return found


def test_versions__are_found_again_and_in_force_from_their_moment_on(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        assert in_force(store, 2**60) is None
        found = filled(store)
        assert [one.id for one in kept_versions(store)] == [one.id for one in found]
        assert version_of(store, found[1].id[:8]) == found[1]
        names = {9: None, 10: found[0].id, 25: found[0].id, 30: found[2].id, 99: found[2].id}
        for at, expected in names.items():
            chosen = in_force(store, at)
            assert (None if chosen is None else chosen.id) == expected
        for name in ("", found[0].id[:3], "no such version"):
            with pytest.raises(UsageError, match="allowed: tables"):
                version_of(store, name)


def test_versions__are_never_changed(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        (first, *_) = filled(store)
        keep_version(store, first, decided=decided(first, accepted=False, recorded_at=9))
        kept = {one.id: one for one in kept_versions(store)}
        assert (kept[first.id].accepted, kept[first.id].recorded_at) == (True, 1)


def test_versions__damage_is_told(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        (first, second, _) = filled(store)
        whole = store.get(PARAMETERS, second.id)
        assert whole is not None
        store.put(PARAMETERS, first.id, content=whole)
        with pytest.raises(StoreDamagedError, match="found"):
            version_of(store, first.id)
        store.put(PARAMETERS, first.id, content=b"no document")
        with pytest.raises(StoreDamagedError, match="cannot be unpacked"):
            version_of(store, first.id)
        store.put(VERDICTS, first.id, content=b"{}")
        with pytest.raises(StoreDamagedError, match="cannot be read"):
            kept_versions(store)


def test_versions__go_along_with_every_copy_and_backcasts_with_whole_ones(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db", clock=SetClock(now=1)) as store:
        put(store, [event(number) for number in range(3)])
        found = filled(store)
        store.put(BACKCASTS, "a", content=b"b")
        backup(store, tmp_path / "whole.db")
        copy(store, tmp_path / "part.db", upto_sequence=2)
    for file, backcasts in (("whole.db", ["a"]), ("part.db", [])):
        with open_store(tmp_path / file, clock=SetClock(now=1)) as store:
            assert [one.id for one in kept_versions(store)] == [one.id for one in found]
            assert version_of(store, found[0].id) == found[0]
            assert store.names(BACKCASTS) == backcasts


def event(number: int) -> dict[str, object]:
    """Return an event that differs by its number."""
    return {
        "type": "ObjectEvent",
        "eventTime": f"2026-03-0{number + 1}T08:00:00Z",
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "epcList": [f"urn:epc:id:sgtin:4012345.011111.{number}"],
    }
