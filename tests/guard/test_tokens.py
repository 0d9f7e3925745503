"""Bearer tokens: long, kept as hashes, recognized."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaintwin.guard.tokens import is_token, new_token, token_hash


def test_new_token__is_long_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(token.startswith("ct_") and len(token) == 46 and token.isascii() for token in tokens)


def test_is_token__only_the_ones_that_are_kept() -> None:
    kept = [new_token() for _ in range(3)]
    hashes = [token_hash(token) for token in kept]
    assert all(is_token(token, hashes) for token in kept)
    assert not is_token(kept[0], hashes[1:])
    assert not is_token(kept[0][:-1], hashes)
    assert not is_token("", hashes)
    assert not is_token(kept[0], [])
    assert not any(token in hashes for token in kept)


@given(st.text())
def test_is_token__any_text_is_no_fault(text: str) -> None:
    assert not is_token(text, [token_hash("ct_known")])
    assert is_token("\ud800", [token_hash("\ud800")])
