"""Arguments of methods, checked once: what was found where, and what is allowed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError

Array = NDArray[np.float64]


def check_number(
    where: str,
    value: object,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    open_low: bool = False,
    open_high: bool = False,
    fix: str = "",
) -> float:
    """Return a number that is finite and within its bounds.

    Parameters
    ----------
    where : name of the argument, as the caller knows it.
    value : the number.
    low, high : the bounds; infinite where there is none.
    open_low, open_high : the bound itself is not allowed.
    fix : what to do instead, for the message.

    Raises
    ------
    UsageError : the value is not a finite number, or out of bounds.

    Example
    -------
    >>> check_number("level", 0.95, low=0, high=1, open_low=True, open_high=True)
    0.95
    """
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number) and _is_inside(number, low, high=high, open_low=open_low, open_high=open_high):
            return number
    raise refusal(where, value, allowed=_range(low, high, open_low=open_low, open_high=open_high), fix=fix)


def check_whole(where: str, value: object, *, low: int = 0, high: int | None = None, fix: str = "") -> int:
    """Return a whole number within its bounds.

    Raises
    ------
    UsageError : the value is not whole, or out of bounds.

    Example
    -------
    >>> check_whole("window", 2, low=1)
    2
    """
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        number = int(value)
        if number >= low and (high is None or number <= high):
            return number
    bounds = f"{low:,} or more" if high is None else f"{low:,} to {high:,}"
    raise refusal(where, value, allowed=f"a whole number, {bounds}", fix=fix)


def check_numbers(
    where: str,
    values: ArrayLike,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    size: int | None = None,
    dimensions: int = 1,
    fix: str = "",
) -> Array:
    """Return an array of finite numbers within bounds.

    Parameters
    ----------
    where : name of the argument.
    values : numbers of the given count of dimensions, at least one.
    low, high : the bounds, allowed themselves.
    size : how many along the last dimension; None for any.
    dimensions : 1 for a list, 2 for a table.
    fix : what to do instead, for the message.

    Raises
    ------
    UsageError : wrong shape, no numbers, a number that is not finite or out of bounds; names the first place.

    Example
    -------
    >>> check_numbers("losses", [0, 5], low=0)
    array([0., 5.])
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise refusal(where, values, allowed="numbers", fix=fix) from None
    if array.ndim != dimensions or array.size == 0 or (size is not None and array.shape[-1] != size):
        wanted = "at least one number" if size is None else f"{size:,} numbers"
        raise UsageError(
            f"{where}: found an array of shape {array.shape}; allowed: {dimensions} dimensions, {wanted} in the last"
        )
    is_bad = ~np.isfinite(array) | (array < low) | (array > high)
    if is_bad.any():
        place = [int(index) for index in np.argwhere(is_bad)[0]]
        raise refusal(f"{where}{place}", array[tuple(place)], allowed=_range(low, high, open_low=False, open_high=False), fix=fix)
    return array


def check_level(where: str, value: object) -> float:
    """Return a probability that is neither 0 nor 1.

    Raises
    ------
    UsageError : the value is not strictly between 0 and 1.

    Example
    -------
    >>> check_level("confidence", 0.9)
    0.9
    """
    return check_number(where, value, low=0.0, high=1.0, open_low=True, open_high=True)


def refusal(where: str, found: object, *, allowed: str, fix: str = "") -> UsageError:
    """Return the error that says what was found where, and what is allowed.

    Example
    -------
    >>> print(refusal("branching_ratio", 1.2, allowed="0 to less than 1", fix="shorten the memory"))
    branching_ratio: found 1.2; allowed: 0 to less than 1; fix: shorten the memory
    """
    shown = f"{found:g}" if isinstance(found, float | np.floating) else repr(found)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return UsageError(f"{where}: found {shown}; allowed: {allowed}" + (f"; fix: {fix}" if fix else ""))


def _is_inside(value: float, low: float, *, high: float, open_low: bool, open_high: bool) -> bool:
    return (value > low if open_low else value >= low) and (value < high if open_high else value <= high)


def _range(low: float, high: float, *, open_low: bool, open_high: bool) -> str:
    if math.isinf(low) and math.isinf(high):
        return "a finite number"
    from_text = f"more than {low:g}" if open_low else f"{low:g} or more"
    to_text = f"less than {high:g}" if open_high else f"at most {high:g}"
    if math.isinf(high):
        return f"a finite number, {from_text}"
    if math.isinf(low):
        return f"a finite number, {to_text}"
    return f"a number, {from_text} and {to_text}"
