from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.examples.identifiers import check_digit, gln, gtin


# Numbers printed in the GS1 General Specifications and on the GS1 check digit page.
@pytest.mark.parametrize("number", ["6291041500213", "9504000059118", "00012345600012", "106141412345678908"])
def test_check_digit__published_numbers(number: str) -> None:
    assert check_digit(number[:-1]) == number[-1]


@given(st.text("0123456789", min_size=1, max_size=20), st.data())
def test_check_digit__one_wrong_digit_is_noticed(digits: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    assert check_digit(digits[:place] + wrong + digits[place + 1 :]) != check_digit(digits)


@pytest.mark.parametrize("digits", ["", "12a", "-1", "١٢"])
def test_check_digit__no_digits(digits: str) -> None:
    with pytest.raises(UsageError, match="allowed: decimal digits"):
        check_digit(digits)


def test_gln__length_and_prefix() -> None:
    assert len(gln(7)) == 13
    assert gln(7).startswith("952")


def test_gtin__length_and_limit() -> None:
    assert len(gtin(999_999_999)) == 14
    with pytest.raises(UsageError, match="found 1000000000"):
        gtin(1_000_000_000)
