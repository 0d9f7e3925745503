"""Whether a source is there: when that is told, how often it is tried, what is said at the end."""

from __future__ import annotations

import pytest

from chaintwin.clock import SetClock
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.interface import Run
from chaintwin.ingest.connectors.linked.cursors import MILLISECOND, new_client, next_time
from chaintwin.ingest.connectors.linked.standing import NotConnectedError, Standing

NAME = "mqtt mqtt://h/plant/#"
GONE, REFUSED = NotConnectedError("no answer"), NotConnectedError("a wrong password", is_final=True, fix="write the right one")


class Heard:
    """What a run is told."""

    def __init__(self, *, now: int = 10**15) -> None:
        self.notes, self.lost, self.waits = list[str](), list[tuple[str, float]](), list[float]()
        self.clock = SetClock(now=now)
        self.run = Run(self.clock, self.waits.append, note=self.notes.append, lost=lambda *said: self.lost.append(said))

    def standing(self, *, told: bool | None = True, grace: float = 3_600, tries: int = 3, misses: int = 1) -> Standing:
        return Standing(NAME, self.run, told=told, grace=grace, tries=tries, misses=misses)


def test_failed__tells_after_the_grace_and_once() -> None:
    heard = Heard()
    patient, hasty = heard.standing(), heard.standing(grace=0.0)
    assert patient.failed(GONE, now=5, goes_on=True) is None
    hasty.broke("the cable", now=3)
    told = hasty.failed(GONE, now=5, goes_on=True)
    assert told is not None
    assert (told.device, told.present, told.at) == (NAME, False, 3), "gone since the connection broke"
    assert hasty.failed(GONE, now=9, goes_on=True) is None
    assert patient.is_lost
    assert hasty.is_lost


def test_failed__where_nobody_tries_again_tells_at_once() -> None:
    """Else what the source told would pass for fresh for ever."""
    for fault, tries in ((REFUSED, 3), (GONE, 1)):
        standing = Heard().standing(tries=tries)
        told = standing.failed(fault, now=5, goes_on=False)
        assert told is not None
        assert not told.present
        with pytest.raises(SourceFailedError):
            standing.wait(fault, allowed="x", key="k")


def test_failed__says_nothing_of_a_source_that_was_never_there() -> None:
    for told in (None, False):
        assert Heard().standing(told=told, grace=0.0).failed(REFUSED, now=5, goes_on=False) is None


def test_failed__counts_misses() -> None:
    standing = Heard().standing(grace=0.0, misses=3, tries=100)
    assert [standing.failed(GONE, now=at, goes_on=True) is not None for at in range(4)] == [False, False, True, False]


def test_wait__is_longer_each_time_and_ends() -> None:
    heard = Heard()
    standing = heard.standing(tries=3)
    for _ in range(2):
        standing.failed(GONE, now=5, goes_on=False)
        standing.wait(GONE, allowed="a broker that answers", key="k")
    standing.failed(GONE, now=5, goes_on=False)
    with pytest.raises(SourceFailedError) as ended:
        standing.wait(GONE, allowed="a broker that answers", key="k")
    assert str(ended.value) == f"{NAME}: found no answer, 3 times; allowed: a broker that answers"
    assert [seconds for _, seconds in heard.lost] == heard.waits
    assert heard.waits[1] > heard.waits[0] > 0
    assert {text for text, _ in heard.lost} == {f"{NAME}: found no answer; allowed: a broker that answers"}


def test_wait__a_fault_may_say_itself_what_mends_it() -> None:
    standing = Heard().standing()
    standing.failed(REFUSED, now=5, goes_on=True)
    with pytest.raises(SourceFailedError, match="allowed: x; fix: write the right one"):
        standing.wait(REFUSED, allowed="x", key="k")
    known = NotConnectedError("no stream", allowed="one that is there: A, B")
    assert known.told("x") == "found no stream; allowed: one that is there: A, B"


def test_back__tells_what_is_new() -> None:
    standing = Heard().standing()
    standing.failed(GONE, now=5, goes_on=True)
    assert standing.back(9) is None, "it was never told to be gone"
    assert not standing.is_lost
    told = standing.back(9, reason="the stream dropped 3 messages", missed=3, is_assumed=False)
    assert told is not None
    assert (told.present, told.missed, told.at, told.is_assumed) == (True, 3, 9, False)
    assert Heard().standing(told=None).back(9) is not None


def test_next_time__is_later_than_any_before() -> None:
    heard = Heard(now=1_234_567_890_123)
    first = next_time(heard.run, last=0)
    assert first == 1_234_567_890_000
    assert next_time(heard.run, last=first) == first + MILLISECOND
    heard.clock.advance(5 * MILLISECOND)
    assert next_time(heard.run, last=first) == first + 5 * MILLISECOND


def test_new_client__differs_between_logs_and_sources() -> None:
    heard = Heard()
    names = {new_client(NAME, Heard(now=at).run) for at in range(5)} | {new_client("nats x", heard.run)}
    assert len(names) == 6
    assert all(len(name) <= 64 and name.isascii() for name in names)
