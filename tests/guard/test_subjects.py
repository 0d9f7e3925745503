"""Personal values: readable with their key at their place, and never otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.guard.subjects import decrypt, encrypt, master_mark, new_key, subject_digest, unwrap, wrap


@given(st.binary(max_size=100), st.binary(max_size=20))
def test_encrypt__comes_back(value: bytes, place: bytes) -> None:
    key = new_key()
    sealed = encrypt(value, data_key=key, bound_to=place)
    assert decrypt(sealed, data_key=key, bound_to=place) == value
    assert encrypt(value, data_key=key, bound_to=place) != sealed


def test_decrypt__refuses_every_flipped_bit_every_cut_and_every_other_place() -> None:
    key = new_key()
    sealed = encrypt(b"Ada", data_key=key, bound_to=b"place")
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="does not belong"):
            decrypt(bytes(changed), data_key=key, bound_to=b"place")
    for end in range(len(sealed)):
        with pytest.raises(ValueError, match=r"does not belong|cut short"):
            decrypt(sealed[:end], data_key=key, bound_to=b"place")
    with pytest.raises(ValueError, match="does not belong"):
        decrypt(sealed, data_key=key, bound_to=b"elsewhere")
    with pytest.raises(ValueError, match="does not belong"):
        decrypt(sealed, data_key=new_key(), bound_to=b"place")


def test_unwrap__only_with_the_master_key() -> None:
    master, key = new_key(), new_key()
    wrapped = wrap(key, master)
    assert key not in wrapped
    assert unwrap(wrapped, master) == key
    with pytest.raises(ValueError, match="does not belong"):
        unwrap(wrapped, new_key())


def test_subject_digest__depends_on_subject_and_key() -> None:
    one, other = new_key(), new_key()
    digests = {subject_digest("ada", one), subject_digest("ada", other), subject_digest("bob", one)}
    assert len(digests) == 3
    assert subject_digest("ada", one) == subject_digest("ada", one)
    assert master_mark(one) != master_mark(other)
