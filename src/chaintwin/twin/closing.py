"""What is over and done with: which cells may leave, how many of them stay, what stays of those that left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

KEPT = 4_096
"""Cells that are over and stay, at least, of most families that would grow for ever otherwise."""

ORDERS_KEPT = 16_384
"""Orders that are over and stay, at least."""

SLACK = 1_024
"""Cells beyond those that stay which have to be over before the oldest leave, so many at once."""

EARLIER = "(earlier ones)"
"""Stands in a key for all names whose own cells have left; an event that really has this name only counts among them."""

RECEIVED, CANCELLED, GONE = "received", "cancelled", "gone"
"""How orders and instances end."""

Values = tuple[Any, ...]


class Closing(NamedTuple):
    """When cells of a family are over.

    Parameters
    ----------
    is_over : of key and value. kept : how many stay, at least.
    added : puts a value that leaves to the sum of those that left, None where there is none yet; None where no sum stays.
    """

    is_over: Callable[[Values, Values], bool]
    kept: int = KEPT
    added: Callable[[Values | None, Values], Values] | None = None


def _is_ended(key: Values, value: Values) -> bool:
    return value[0] in (RECEIVED, CANCELLED)


def _is_gone(key: Values, value: Values) -> bool:
    return bool(value[0] == GONE)


def _always(key: Values, value: Values) -> bool:
    return True


def _is_no_sum(key: Values, value: Values) -> bool:
    return bool(key[1] != EARLIER)


def _with_discrepancy(total: Values | None, left: Values) -> Values:
    if total is None:
        return left
    later = total if total[3] >= left[3] else left
    return (total[0] + left[0], total[1] + left[1], *later[2:])


def _with_unknown(total: Values | None, left: Values) -> Values:
    if total is None:
        return left
    later = total if total[2] >= left[2] else left
    return (later[0], total[1] + left[1], *later[2:])


CLOSINGS: Mapping[str, Closing] = MappingProxyType(
    {
        "order": Closing(_is_ended, ORDERS_KEPT),
        "ahead": Closing(_always),
        "instance": Closing(_is_gone),
        "transaction": Closing(_always),
        "unknown": Closing(_is_no_sum, added=_with_unknown),
        "discrepancy": Closing(_is_no_sum, added=_with_discrepancy),
    }
)
"""Families whose oldest cells leave once very many are over: the state forgets them, the log does not.

Orders that were received or cancelled; goods that came for an order nobody placed; instances that are no more; links to business
transactions, which nothing ever ends; names that are not known and discrepancies, of which a sum stays for each kind. Which leave
follows from the cells alone, so it is the same in any replay. Shipments leave by themselves when the last of their cargo does.
"""
