"""Any sequence of calls, closings and crashes does to a store what it does to a plain model of dicts and lists."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chaintwin.clock import SetClock
from chaintwin.guard.merkle import Frontier
from chaintwin.store.interface import Search
from chaintwin.store.log.writing.queueing import Limits
from chaintwin.store.opening import open_store
from chaintwin.store.records import Outcome, Record
from chaintwin.store.verifying import verify
from tests.sizes import scaled
from tests.store.making import record_of

numbers = st.integers(0, 12)
aliases = st.lists(st.sampled_from("abcd"), max_size=2, unique=True).map(tuple)
records = st.builds(
    lambda number, other, names, subject: record_of(number, meaning=number + other, aliases=names, subject=subject),
    numbers,
    st.sampled_from([0, 0, 0, 100]),
    aliases,
    st.sampled_from(["", "", "ada", "bob"]),
)


class PlainLog:
    """The store as its interface tells it, in memory."""

    def __init__(self) -> None:
        self.entries: list[tuple[Record, int]] = []
        self.names: dict[str, int] = {}
        self.erased: set[int] = set()
        self.shelves: dict[tuple[str, str], bytes] = {}
        self.conflicts = 0

    def outcome(self, record: Record) -> tuple[Outcome, int]:
        first = self.names.get(record.key, 0)
        if first and (self.entries[first - 1][0].key != record.key or self.entries[first - 1][0].meaning != record.meaning):
            return Outcome.CONFLICT, first
        for alias in record.aliases:
            owner = self.names.get(alias, 0)
            if owner and owner != first:
                return Outcome.CONFLICT, owner
        return (Outcome.DUPLICATE, first) if first else (Outcome.ACCEPTED, len(self.entries) + 1)

    def append(self, record: Record, received_at: int) -> tuple[Outcome, int]:
        outcome, number = self.outcome(record)
        if outcome is Outcome.CONFLICT:
            self.conflicts += 1
            return outcome, number
        if outcome is Outcome.ACCEPTED:
            last = self.entries[-1][1] if self.entries else 0
            self.entries.append((record, max(last, received_at)))
        for name in (record.key, *record.aliases):
            self.names.setdefault(name, number)
        return outcome, number

    def copy(self) -> PlainLog:
        other = PlainLog()
        other.entries, other.names = list(self.entries), dict(self.names)
        other.erased, other.shelves, other.conflicts = set(self.erased), dict(self.shelves), self.conflicts
        return other


class StoreMachine(RuleBasedStateMachine):
    """The store and the model side by side."""

    @initialize(recent=st.sampled_from([1, 4, 8_192]))
    def start(self, recent: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="chaintwin-stateful-"))
        self.limits = Limits(recent_records=recent, moved_records=2)
        self.model = PlainLog()
        self.generation = 0
        self.open(self.folder / "0.db")

    def open(self, path: Path) -> None:
        self.path = path
        self.store = open_store(path, clock=SetClock(now=5), limits=self.limits, key_file=self.folder / "key")

    @rule(given=st.lists(records, min_size=1, max_size=4), received_at=st.integers(0, 50), together=st.booleans())
    def append(self, given: list[Record], received_at: int, together: bool) -> None:
        receipts = self.store.append(given, received_at=received_at, together=together)
        trial = self.model.copy()
        tried = [trial.append(record, received_at) for record in given]
        if together and any(outcome is Outcome.CONFLICT for outcome, _ in tried):
            refused = sum(outcome is Outcome.CONFLICT for outcome, _ in tried)
            self.model.conflicts += refused
            assert sum(receipt.outcome is Outcome.CONFLICT for receipt in receipts) == refused
            assert Outcome.ACCEPTED not in {receipt.outcome for receipt in receipts}
            return
        self.model = trial
        assert [(receipt.outcome, receipt.sequence) for receipt in receipts] == tried

    @rule(shelf=st.sampled_from("xy"), name=st.sampled_from("ab"), content=st.binary(max_size=5))
    def put(self, shelf: str, name: str, content: bytes) -> None:
        self.store.put(shelf, name, content=content)
        self.model.shelves[shelf, name] = content

    @rule(shelf=st.sampled_from("xy"), name=st.sampled_from("ab"))
    def remove(self, shelf: str, name: str) -> None:
        assert self.store.remove(shelf, name) == (self.model.shelves.pop((shelf, name), None) is not None)

    @rule(subject=st.sampled_from(["ada", "bob"]))
    def erase(self, subject: str) -> None:
        now = {
            number
            for number, (record, _) in enumerate(self.model.entries, start=1)
            if any(value.subject == subject for value in record.personal) and number not in self.model.erased
        }
        assert self.store.erase(subject) == len(now)
        self.model.erased |= now

    @rule()
    def close_and_open(self) -> None:
        self.store.close()
        self.open(self.path)

    @rule()
    def crash_and_open(self) -> None:
        """What lies in the files without closing is what a killed process leaves."""
        self.generation += 1
        path = self.folder / f"{self.generation}.db"
        for tail in ("", "-wal"):
            source = self.path.with_name(self.path.name + tail)
            if source.exists():
                shutil.copy(source, path.with_name(path.name + tail))
        self.store.close()
        self.open(path)

    @invariant()
    def reads_are_those_of_the_model(self) -> None:
        entries = self.store.entries()
        assert [(entry.key, entry.content, entry.facts, entry.recorded_at) for entry in entries] == [
            (record.key, record.content, record.facts, recorded_at) for record, recorded_at in self.model.entries
        ]
        for entry, (record, _) in zip(entries, self.model.entries, strict=True):
            gone = entry.sequence in self.model.erased
            assert entry.personal == tuple((value.path, None if gone else value.value) for value in record.personal)
        for name in ("a", "b", "c", "d", *(record_of(number).key for number in range(13))):
            assert self.store.sequence_of(name) == self.model.names.get(name)
        by_time = [(row.occurred_at, row.key) for block in self.store.facts_by_time() for row in block]
        assert by_time == sorted((record.occurred_at, record.key) for record, _ in self.model.entries)
        third = [
            (record.occurred_at, number)
            for number, (record, _) in enumerate(self.model.entries, start=1)
            if "third:1" in record.terms
        ]
        assert self.store.find(Search(terms=(("third:1",),)), limit=100) == sorted(third)
        assert len(self.store.conflicts()) == self.model.conflicts
        tree = Frontier()
        tree.extend([entry.leaf for entry in entries])
        assert (self.store.head().sequence, self.store.head().root) == (len(entries), tree.root())
        for shelf in "xy":
            names = sorted(name for kept, name in self.model.shelves if kept == shelf)
            assert self.store.names(shelf) == names
            assert [self.store.get(shelf, name) for name in names] == [self.model.shelves[shelf, name] for name in names]

    def teardown(self) -> None:
        if hasattr(self, "store"):
            assert verify(self.store).findings == ()
            self.store.close()
            shutil.rmtree(self.folder)


StoreMachine.TestCase.settings = settings(
    deadline=None, max_examples=scaled(ci=25, full=300), stateful_step_count=scaled(ci=15, full=40)
)
test_store__does_as_the_model = StoreMachine.TestCase
