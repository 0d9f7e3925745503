"""Salted digests: what is committed to can be shown, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaintwin.guard.digests import SALT_BYTES, commitments_of, digest_of, leaf_content
from chaintwin.guard.merkle import leaf_hash

names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6)
entries = st.lists(st.tuples(names, st.lists(st.tuples(names, st.binary(max_size=40)), max_size=6)), max_size=5)


@given(entries)
def test_commitments_of__each_dimension_is_proved_by_its_salt(given_entries: list[tuple[str, list[tuple[str, bytes]]]]) -> None:
    for (key, dimensions), found in zip(given_entries, commitments_of(given_entries), strict=True):
        assert found.names == tuple(name for name, _ in dimensions)
        assert len(found.salts) == SALT_BYTES * len(dimensions)
        for i, (name, content) in enumerate(dimensions):
            salt = found.salts[SALT_BYTES * i : SALT_BYTES * (i + 1)]
            digest = found.digests[32 * i : 32 * (i + 1)]
            assert digest_of(name, content, salt=salt) == digest
            assert digest_of(name, content + b"!", salt=salt) != digest
            assert digest_of(name + "!", content, salt=salt) != digest
        assert found.leaf == leaf_hash(leaf_content(key, found.names, digests=found.digests))


def test_commitments_of__salts_are_fresh() -> None:
    first, second = commitments_of([("a", [("what", b"x")]), ("a", [("what", b"x")])])
    assert first.salts != second.salts
    assert first.digests != second.digests
    assert first.leaf != second.leaf


@given(st.lists(st.tuples(names, st.lists(names, max_size=4)), min_size=2, max_size=2, unique_by=str))
def test_leaf_content__no_two_entries_share_it(pair: list[tuple[str, list[str]]]) -> None:
    one, other = (leaf_content(key, labels, digests=b"d" * 32 * len(labels)) for key, labels in pair)
    assert one != other
