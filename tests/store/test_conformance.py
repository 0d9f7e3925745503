"""What every store promises, tried on each kind of store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chaintwin.clock import SetClock
from chaintwin.errors import InputError, StoreFailedError, UsageError
from chaintwin.guard.digests import digest_of, leaf_content
from chaintwin.guard.merkle import EMPTY_ROOT, Frontier, continues, includes, leaf_hash
from chaintwin.store.interface import Search
from chaintwin.store.log.database import Reader, Row
from chaintwin.store.log.personal.sealing import Sealer
from chaintwin.store.log.store import LogStore
from chaintwin.store.log.writing.queueing import Limits
from chaintwin.store.opening import open_store
from chaintwin.store.records import Amended, FactsRow, Outcome, Personal, Receipt, Record, Shelved
from chaintwin.store.verifying import verify
from tests.store.making import DIMENSIONS, START, key_of, record_of

NewUrl = Callable[[], str]


@pytest.fixture
def url(new_url: NewUrl) -> str:
    return new_url()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "master.key"


@pytest.fixture
def store(url: str, key_file: Path) -> Iterator[LogStore]:
    with open_store(url, clock=SetClock(now=77), key_file=key_file) as opened:
        yield opened
        assert verify(opened).findings == ()


class Counted:
    """A reader that counts the rows it returns."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.count = reader, 0

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        found = self.reader.rows(statement, parameters)
        self.count += len(found)
        return found

    def contains(self, column: str) -> str:
        return self.reader.contains(column)


def append(store: LogStore, *numbers: int, received_at: int = 1, together: bool = False) -> list[Outcome]:
    records = [record_of(number) for number in numbers]
    return [receipt.outcome for receipt in store.append(records, received_at=received_at, together=together)]


def test_append__numbers_without_gaps_and_time_of_record_never_back(store: LogStore) -> None:
    assert store.append([], received_at=1) == []
    first = store.append([record_of(1), record_of(2)], received_at=50)
    second = store.append([record_of(3)], received_at=40)
    third = store.append([record_of(4)], received_at=60)
    assert [(receipt.sequence, receipt.recorded_at) for receipt in first + second + third] == [(1, 50), (2, 50), (3, 50), (4, 60)]
    assert all(receipt.outcome is Outcome.ACCEPTED for receipt in first + second + third)


def test_append__what_is_read_is_what_was_given(store: LogStore) -> None:
    record = record_of(5, aliases=("sent as 5",), subject="ada")
    store.append([record], received_at=9)
    (entry,) = store.entries()
    assert (entry.sequence, entry.key, entry.occurred_at, entry.recorded_at) == (1, record.key, record.occurred_at, 9)
    assert (entry.source, entry.content, entry.facts) == (record.source, record.content, record.facts)
    assert entry.personal == (("who.driver", b"name of 5"),)
    assert list(store.facts()) == [[FactsRow(1, record.key, record.occurred_at, 9, record.source, record.facts)]]
    assert store.entries_of([1, 1]) == [entry, entry]


def test_append__duplicates_have_one_effect(store: LogStore) -> None:
    assert append(store, 1, 2, 1) == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.DUPLICATE]
    again = store.append([record_of(2), record_of(3)], received_at=99)
    assert again[0] == Receipt(Outcome.DUPLICATE, key_of(2), 2, 1)
    assert (again[1].outcome, again[1].sequence, again[1].recorded_at) == (Outcome.ACCEPTED, 3, 99)
    assert store.head().sequence == 3


def test_append__one_key_with_another_meaning_is_refused_and_recorded(store: LogStore) -> None:
    append(store, 1)
    (refused,) = store.append([record_of(1, meaning=2)], received_at=8)
    assert (refused.outcome, refused.sequence, refused.recorded_at) == (Outcome.CONFLICT, 1, 1)
    assert "says something else" in refused.reason
    (conflict,) = store.conflicts()
    assert (conflict.key, conflict.received_at, conflict.source, conflict.reason) == (key_of(1), 8, "source 1", refused.reason)
    assert len(conflict.digest) == 32
    assert store.conflicts(after=conflict.number) == []
    assert store.health().refused == {"conflict": 1}
    assert store.head().sequence == 1


def test_append__a_conflict_within_a_call_that_is_refused_names_the_record(store: LogStore) -> None:
    append(store, 1)
    receipts = store.append([record_of(1), record_of(2), record_of(2, meaning=9)], received_at=8, together=True)
    assert [receipt.outcome for receipt in receipts] == [Outcome.DUPLICATE, Outcome.NOT_TRIED, Outcome.CONFLICT]
    refused = receipts[2]
    assert (refused.sequence, refused.recorded_at, refused.rival) == (0, 0, 1)
    assert refused.reason.startswith("record 2 of the same call has the key")
    (logged,) = store.append([record_of(1, meaning=9)], received_at=8, together=True)
    assert (logged.sequence, logged.rival) == (1, None)
    assert logged.reason.startswith("entry 1 has the key")


def test_append__names_are_of_one_entry_only(store: LogStore) -> None:
    store.append([record_of(1, aliases=("a", "b", "a", key_of(1)))], received_at=1)
    for alias in ("a", "b", key_of(1)):
        assert store.sequence_of(alias) == 1
    (taken,) = store.append([record_of(2, aliases=("c", "b"))], received_at=2)
    assert (taken.outcome, taken.sequence) == (Outcome.CONFLICT, 1)
    assert store.sequence_of(key_of(2)) is store.sequence_of("c") is None
    key_is_alias = Record("a", b"m" * 32, b"", b"", 0)
    assert store.append([key_is_alias], received_at=3)[0].outcome is Outcome.CONFLICT
    alias_is_key = store.append([record_of(3, aliases=(key_of(1),))], received_at=4)
    assert alias_is_key[0].outcome is Outcome.CONFLICT
    both = store.append([record_of(4, aliases=("d",)), record_of(5, aliases=("d",))], received_at=5)
    assert [receipt.outcome for receipt in both] == [Outcome.ACCEPTED, Outcome.CONFLICT]


def test_append__a_duplicate_may_bring_another_name(store: LogStore) -> None:
    append(store, 1)
    (again,) = store.append([record_of(1, aliases=("sent as",))], received_at=2)
    assert again.outcome is Outcome.DUPLICATE
    assert store.sequence_of("sent as") == 1
    assert store.append([record_of(2, aliases=("sent as",))], received_at=3)[0].outcome is Outcome.CONFLICT
    assert append(store, 1, 3) == [Outcome.DUPLICATE, Outcome.ACCEPTED]


def test_append__together_is_all_or_nothing(store: LogStore) -> None:
    append(store, 1)
    records = [record_of(1), record_of(2), record_of(1, meaning=9), record_of(2), record_of(3)]
    outcomes = [receipt.outcome for receipt in store.append(records, received_at=2, together=True)]
    assert outcomes == [Outcome.DUPLICATE, Outcome.NOT_TRIED, Outcome.CONFLICT, Outcome.NOT_TRIED, Outcome.NOT_TRIED]
    assert store.head().sequence == 1
    assert len(store.conflicts()) == 1
    inner = [record_of(4, aliases=("x",)), record_of(5, aliases=("x",))]
    outcomes = [receipt.outcome for receipt in store.append(inner, received_at=2, together=True)]
    assert outcomes == [Outcome.NOT_TRIED, Outcome.CONFLICT]
    assert append(store, 1, 2, 3, 2, together=True) == [
        Outcome.DUPLICATE,
        Outcome.ACCEPTED,
        Outcome.ACCEPTED,
        Outcome.DUPLICATE,
    ]
    assert [entry.key for entry in store.entries()] == [key_of(1), key_of(2), key_of(3)]


def test_append__all_faults_of_bad_records_at_once(store: LogStore) -> None:
    bad = [
        Record("", b"m" * 32, b"", b"", 0),
        record_of(1),
        Record("a\x00", b"short", b"", b"", 1 << 63, aliases=("\ud800",)),
    ]
    with pytest.raises(InputError) as caught:
        store.append(bad, received_at=1)
    codes = [(finding.file, finding.code) for finding in caught.value.findings]
    assert codes == [
        ("record 1", "record.key"),
        ("record 3", "record.meaning"),
        ("record 3", "record.time"),
        ("record 3", "record.text"),
    ]
    assert store.head().sequence == 0


def test_entries__pages(store: LogStore) -> None:
    append(store, *range(1, 8))
    assert [entry.sequence for entry in store.entries(after=2, limit=3)] == [3, 4, 5]
    assert store.entries(after=7) == store.entries(limit=0) == []
    assert [entry.sequence for entry in store.entries_of([5, 2])] == [5, 2]
    with pytest.raises(UsageError, match="found 8, 9"):
        store.entries_of([8, 1, 9])


def test_facts_by_time__order_and_limits(store: LogStore) -> None:
    times = [30, 10, 20, 10, 30, 5]
    records = [record_of(number, occurred_at=at) for number, at in enumerate(times)]
    store.append(records, received_at=1)
    expected = sorted((record.occurred_at, record.key) for record in records)

    def seen(start: tuple[int, str] | None = None, end: int | None = None, upto: int | None = None) -> list[tuple[int, str]]:
        blocks = store.facts_by_time(start=start, end=end, upto=upto)
        return [(row.occurred_at, row.key) for block in blocks for row in block]

    assert seen() == expected
    for place, start in enumerate(expected):
        assert seen(start=start) == expected[place + 1 :]
    assert seen(end=10) == expected[:3]
    assert seen(start=expected[0], end=10, upto=2) == [(10, records[1].key)]
    assert [row.sequence for block in store.facts(after=1, upto=4) for row in block] == [2, 3, 4]


def test_find__conditions_hold_together(store: LogStore) -> None:
    append(store, *range(1, 10), received_at=100)
    store.append([record_of(10)], received_at=200)
    every = [(record_of(number).occurred_at, number) for number in range(1, 11)]

    def found(search: Search, limit: int = 100) -> list[int]:
        return [sequence for _, sequence in store.find(search, limit=limit)]

    in_order = [number for _, number in sorted(every)]
    assert found(Search()) == in_order
    assert found(Search(descending=True), limit=3) == in_order[::-1][:3]
    assert found(Search(by_recorded=True)) == list(range(1, 11))
    assert found(Search(terms=(("third:1",),), by_recorded=True)) == [1, 4, 7, 10]
    assert found(Search(terms=(("third:1", "third:2"), ("all",)), by_recorded=True)) == [1, 2, 4, 5, 7, 8, 10]
    assert found(Search(terms=(("third:1",), ("only:4", "only:5")))) == [4]
    assert found(Search(terms=(("third:1",), ("nothing",)))) == found(Search(terms=((),))) == []
    assert found(Search(recorded=(150, None))) == [10]
    assert found(Search(recorded=(None, 200), by_recorded=True)) == list(range(1, 10))
    assert found(Search(upto=4, by_recorded=True, descending=True)) == [4, 3, 2, 1]
    low, high = sorted(every)[2][0], sorted(every)[6][0]
    assert found(Search(occurred=(low, high))) == in_order[2:6]


@pytest.mark.parametrize("by_recorded", [False, True])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("terms", [(), (("all",),), (("third:1", "third:2"),)])
def test_find__pages_join_to_the_whole(
    store: LogStore, by_recorded: bool, descending: bool, terms: tuple[tuple[str, ...], ...]
) -> None:
    records = [record_of(number, occurred_at=START + number % 4) for number in range(20)]
    store.append(records, received_at=1)
    whole = store.find(Search(terms=terms, by_recorded=by_recorded, descending=descending), limit=100)
    assert len(whole) in (20, 13)
    assert whole == sorted(whole, reverse=descending)
    for size in (1, 3, 7):
        pages: list[tuple[int, int]] = []
        after = None
        while page := store.find(
            Search(terms=terms, by_recorded=by_recorded, descending=descending, after=after, upto=20), limit=size
        ):
            pages += page
            after = page[-1]
        assert pages == whole


def test_sequence_of__unknown(store: LogStore) -> None:
    append(store, 1)
    assert store.sequence_of("unknown") is None


def test_head__root_is_that_of_the_leaves(store: LogStore) -> None:
    head = store.head()
    assert (head.sequence, head.batch, head.root) == (0, 0, EMPTY_ROOT)
    tree = Frontier()
    for number in range(1, 30):
        append(store, number)
        tree.extend([store.entries(after=number - 1)[0].leaf])
        assert (store.head().sequence, store.head().batch, store.head().root) == (number, number, tree.root())


def test_proof__entries_and_growth_are_proved(store: LogStore) -> None:
    roots = {}
    for start in range(1, 601, 60):
        append(store, *range(start, start + 60))
        roots[store.head().sequence] = store.head().root
    entries = store.entries()
    for size, root in roots.items():
        for sequence in (1, 37, 60, 255, 256, 257, 512, 513, 600):
            if sequence <= size:
                path = store.proof(sequence, size=size)
                assert includes(entries[sequence - 1].leaf, sequence - 1, size=size, path=path, root=root)
        path = store.consistency(size, 600)
        assert continues(size, 600, path=path, first_root=root, second_root=roots[600])
    assert store.proof(5) == store.proof(5, size=600)
    for sequence, size in ((0, 5), (6, 5), (1, 601)):
        with pytest.raises(UsageError, match="allowed"):
            store.proof(sequence, size=size)
    with pytest.raises(UsageError, match="allowed"):
        store.consistency(2, 1)


def test_disclose__salts_prove_each_dimension(store: LogStore) -> None:
    append(store, 1, 2, 3)
    append(store, 4)
    for number, entry in enumerate(store.entries(), start=1):
        shown = store.disclose(number)
        assert tuple(shown) == DIMENSIONS
        for name, (salt, digest) in shown.items():
            assert digest_of(name, f"{name} of {number}".encode(), salt=salt) == digest
        digests = b"".join(digest for _, digest in shown.values())
        assert leaf_hash(leaf_content(entry.key, DIMENSIONS, digests=digests)) == entry.leaf
    with pytest.raises(UsageError, match="found 5"):
        store.disclose(5)


def test_erase__destroys_the_values_of_one_subject(store: LogStore) -> None:
    store.append([record_of(1, subject="ada"), record_of(2, subject="bob"), record_of(3, subject="ada")], received_at=1)
    leaves = [entry.leaf for entry in store.entries()]
    assert store.erase("nobody") == 0
    assert store.erase("ada") == 2
    assert store.erase("ada") == 0
    values = [entry.personal[0][1] for entry in store.entries()]
    assert values == [None, b"name of 2", None]
    assert [entry.leaf for entry in store.entries()] == leaves
    store.append([record_of(4, subject="ada")], received_at=2)
    assert store.entries_of([4, 1])[0].personal == (("who.driver", b"name of 4"),)
    assert store.entries_of([1])[0].personal == (("who.driver", None),)


def test_append__several_personal_values_of_an_entry(store: LogStore) -> None:
    values = tuple(Personal(f"person {i % 2}", f"path.{i}", b"value %d" % i) for i in range(4))
    store.append([Record("k", b"m" * 32, b"c", b"f", 0, personal=values)], received_at=1)
    assert store.entries()[0].personal == tuple((value.path, value.value) for value in values)
    assert store.erase("person 1") == 1
    assert [value for _, value in store.entries()[0].personal] == [b"value 0", None, b"value 2", None]


def test_entries_of__reads_no_personal_values_in_between(store: LogStore) -> None:
    store.append([record_of(number, subject="ada") for number in range(1, 31)], received_at=1)
    with store.database.reader() as reader:
        counted = Counted(reader)
        keys = {1: key_of(1), 30: key_of(30)}
        found = Sealer(store.key).read(counted, keys)
    assert found == {number: (("who.driver", b"name of %d" % number),) for number in keys}
    assert counted.count == 2


def test_append__report_is_shelved_with_the_records(store: LogStore) -> None:
    def report(receipts: list[Receipt]) -> Shelved:
        return Shelved("reports", "one", " ".join(receipt.outcome for receipt in receipts).encode())

    store.append([record_of(1), record_of(2)], received_at=1, report=report)
    assert store.get("reports", "one") == b"accepted accepted"
    store.append([record_of(2), record_of(3, meaning=2), record_of(3)], received_at=1, together=True, report=report)
    assert store.get("reports", "one") == b"duplicate not_tried conflict"
    store.append([record_of(2)], received_at=1, report=report)
    assert store.get("reports", "one") == b"duplicate"
    assert store.append([], received_at=1, report=report) == []
    assert (store.get("reports", "one"), store.head().sequence) == (b"", 2)


def test_append__amended_documents_see_what_came_before_them(store: LogStore) -> None:
    def report(receipts: list[Receipt]) -> list[Shelved | Amended]:
        longer = [Amended("notes", "one", partial(lengthened, sign)) for sign in (b"a", b"b")]
        return [Shelved("reports", "one", b"done"), *longer]

    together = [threading.Thread(target=lambda: store.append([], received_at=1, report=report)) for _ in range(8)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    assert store.get("reports", "one") == b"done"
    assert store.get("notes", "one") == b"ab" * 8


def test_health__waits_for_no_commit(store: LogStore) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def report(receipts: list[Receipt]) -> Shelved:
        begun.set()
        may_end.wait(60)
        return Shelved("reports", "one", b"")

    appending = threading.Thread(target=lambda: store.append([record_of(1)], received_at=1, report=report))
    appending.start()
    assert begun.wait(60)
    told: list[bool] = []
    asking = threading.Thread(target=lambda: told.append(store.health().writable), daemon=True)
    asking.start()
    asking.join(10)
    in_time = list(told)
    may_end.set()
    appending.join()
    assert in_time == [True]


def test_keep_last__takes_the_first_ones_away(store: LogStore) -> None:
    for name in ("c", "a", "d", "b"):
        store.put("shelf", name, content=b"")
    store.put("other", "a", content=b"")
    assert store.keep_last("shelf", 4) == 0
    assert (store.keep_last("shelf", 2), store.names("shelf"), store.names("other")) == (2, ["c", "d"], ["a"])
    assert (store.keep_last("shelf", 0), store.names("shelf")) == (2, [])


def test_remove_all__takes_those_away_that_are_there(store: LogStore) -> None:
    for name in ("a", "b", "c"):
        store.put("shelf", name, content=b"")
    store.put("other", "a", content=b"")
    assert store.remove_all("shelf", ["a", "c", "d"]) == 2
    assert (store.names("shelf"), store.names("other")) == (["b"], ["a"])
    assert store.remove_all("shelf", []) == store.remove_all("shelf", ["a"]) == 0


def test_put__replaces_and_removes(store: LogStore) -> None:
    assert store.get("shelf", "a") is None
    store.put("shelf", "b", content=b"1")
    store.put("shelf", "a", content=b"2")
    store.put("shelf", "b", content=b"\x00\xff")
    store.put("other", "b", content=b"4")
    assert (store.get("shelf", "b"), store.get("shelf", "a"), store.names("shelf")) == (b"\x00\xff", b"2", ["a", "b"])
    assert store.remove("shelf", "b")
    assert not store.remove("shelf", "b")
    assert (store.names("shelf"), store.names("other"), store.names("none")) == (["a"], ["b"], [])


def test_watch__after_every_commit_until_it_ends(store: LogStore) -> None:
    heard: list[int] = []

    def broken(sequence: int) -> None:
        raise RuntimeError(sequence)

    end = store.watch(heard.append)
    end_broken = store.watch(broken)
    append(store, 1, 2)
    append(store, 2)
    append(store, 3)
    end()
    end_broken()
    append(store, 4)
    assert heard == [2, 3]
    assert store.health().refused == {"listener": 2}
    assert store.health().writable


def test_open_store__again_goes_on(url: str, key_file: Path) -> None:
    with open_store(url, key_file=key_file) as store:
        store.append([record_of(1, subject="ada", aliases=("x",)), record_of(2)], received_at=70)
        store.put("shelf", "a", content=b"1")
        head, entries = store.head(), store.entries()
    with open_store(url, key_file=key_file) as store:
        assert (store.head(), store.entries(), store.get("shelf", "a"), store.sequence_of("x")) == (head, entries, b"1", 1)
        assert append(store, 1, 3, received_at=60) == [Outcome.DUPLICATE, Outcome.ACCEPTED]
        assert store.entries()[-1].recorded_at == 70
        assert verify(store).findings == ()


def test_open_store__a_second_writer_is_refused_and_a_reader_is_not(url: str, key_file: Path) -> None:
    with open_store(url, key_file=key_file) as store:
        append(store, 1)
        with pytest.raises(UsageError, match="open for writing by"):
            open_store(url, key_file=key_file)
        with open_store(url, key_file=key_file, read_only=True) as reader:
            assert reader.head() == store.head()
            append(store, 2)
            assert reader.head() == store.head()
            assert [entry.key for entry in reader.entries()] == [key_of(1), key_of(2)]
            assert reader.sequence_of(key_of(2)) == 2
            assert not reader.health().writable
            with pytest.raises(UsageError, match="reading only"):
                append(reader, 3)
            with pytest.raises(UsageError, match="reading only"):
                reader.watch(print)
    with open_store(url, key_file=key_file) as store:
        assert append(store, 3) == [Outcome.ACCEPTED]


def test_append__after_close_is_refused(url: str) -> None:
    store = open_store(url)
    store.close()
    with pytest.raises(StoreFailedError, match="is closed"):
        append(store, 1)


def test_append__from_many_threads(store: LogStore) -> None:
    threads, each = 8, 40
    receipts: list[list[Receipt]] = [[] for _ in range(threads)]

    def work(place: int) -> None:
        for number in range(each):
            # Every second record is sent by all.
            sent = number if number % 2 else 1_000 * (place + 1) + number
            receipts[place] += store.append([record_of(sent)], received_at=number)

    workers = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    accepted = [receipt for some in receipts for receipt in some if receipt.outcome is Outcome.ACCEPTED]
    assert sorted(receipt.sequence for receipt in accepted) == list(range(1, threads * each // 2 + each // 2 + 1))
    by_key = {receipt.key: receipt.sequence for receipt in accepted}
    for some in receipts:
        assert all(by_key[receipt.key] == receipt.sequence for receipt in some)
    assert store.head().batch <= store.head().sequence


def test_find__the_same_before_and_after_terms_are_moved(url: str) -> None:
    searches = [
        Search(),
        Search(terms=(("third:1",),)),
        Search(terms=(("third:1", "third:2"), ("all",)), descending=True),
        Search(terms=(("only:7",),), by_recorded=True),
        Search(terms=(("all",),), occurred=(START + 100, START + 600), upto=150),
    ]
    with open_store(url, limits=Limits(recent_records=210)) as store:
        many = record_of(1_000, terms=tuple(f"extra:{i}" for i in range(100)))
        store.append([many, *(record_of(number) for number in range(200))], received_at=1)
        before = [store.find(search, limit=500) for search in searches]
        append(store, *range(200, 220))
        store.put("shelf", "what is done after the move", content=b"")
        with store.database.reader() as reader:
            assert reader.rows("SELECT count(*) FROM recent") == [(0,)]
            assert reader.rows("SELECT count(*) FROM names") == [(221,)]
        after = [store.find(replaced(search, upto=search.upto or 201), limit=500) for search in searches]
        assert after == before
        assert store.sequence_of(key_of(7)) == 9
        assert store.find(Search(terms=(("extra:99",),)), limit=5) == [(many.occurred_at, 1)]
        assert append(store, 7, 221) == [Outcome.DUPLICATE, Outcome.ACCEPTED]
        assert store.find(Search(terms=(("only:221",),)), limit=5) == [(record_of(221).occurred_at, 222)]
        assert verify(store).findings == ()


def test_append__names_and_terms_are_moved_a_few_at_one_time(url: str) -> None:
    with open_store(url, limits=Limits(recent_records=40, moved_records=8)) as store:
        left = []
        for number in range(150):
            # As many as come, where more come than are to be moved.
            append(store, *range(20 * number, 20 * number + (3 if number % 50 else 20)))
            # The writer does one thing after the other, so what follows on the entries is done when this is.
            store.put("shelf", "what is done after the move", content=b"")
            with store.database.reader() as reader:
                ((recent, first),) = reader.rows("SELECT count(*), min(sequence) FROM recent")
                ((names,),) = reader.rows("SELECT count(*) FROM names")
            last = store.head().sequence
            assert recent + names == last
            assert first == names + 1
            left.append((last, names))
        moved = [(after - before, new - old) for (old, before), (new, after) in pairwise(left)]
        assert max(count for count, _ in moved) <= 20
        assert max(count for count, added in moved if added <= 3) <= 2 * 8
        assert max(last - names for last, names in left) <= 40 + 20
        assert left[-1][1] > 300
        assert append(store, *(20 * number for number in range(150))) == [Outcome.DUPLICATE] * 150
        assert verify(store).findings == ()


def replaced(search: Search, *, upto: int) -> Search:
    return Search(search.terms, search.occurred, search.recorded, search.after, upto, search.by_recorded, search.descending)


def lengthened(sign: bytes, before: bytes | None) -> bytes:
    return (before or b"") + sign
