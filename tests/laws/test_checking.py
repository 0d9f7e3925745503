"""Arguments: what is accepted, and what a refusal says."""

from __future__ import annotations

import numpy as np
import pytest

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_level, check_number, check_numbers, check_whole


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: check_number("x", np.nan), "x: found nan; allowed: a finite number"),
        (lambda: check_number("x", True), "x: found True; allowed: a finite number"),
        (lambda: check_number("x", "3", high=5), "x: found '3'; allowed: a finite number, at most 5"),
        (lambda: check_number("x", 0, low=0, open_low=True), "x: found 0; allowed: a finite number, more than 0"),
        (lambda: check_number("x", 1.0, low=0, high=1, open_high=True, fix="less"), "less than 1; fix: less"),
        (lambda: check_level("level", 1), "level: found 1; allowed: a number, more than 0 and less than 1"),
        (lambda: check_whole("n", 2.0), "n: found 2; allowed: a whole number, 0 or more"),
        (lambda: check_whole("n", 9, high=4), "n: found 9; allowed: a whole number, 0 to 4"),
        (
            lambda: check_numbers("v", [[1, 2], [3, -1]], low=0, dimensions=2),
            "v[1, 1]: found -1; allowed: a finite number, 0 or more",
        ),
        (lambda: check_numbers("v", []), "v: found an array of shape (0,)"),
        (lambda: check_numbers("v", "abc"), "v: found 'abc'; allowed: numbers"),
    ],
)
def test_checking__says_where_what_and_what_is_allowed(call: object, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        call()  # type: ignore[operator]
    assert message in str(refused.value)


def test_checking__accepts_numbers_of_every_kind() -> None:
    assert check_number("x", np.float32(0.5), low=0) == 0.5
    assert check_whole("n", np.int64(3)) == 3
    given = np.array([1.0, 2.0])
    assert check_numbers("v", given) is not given
