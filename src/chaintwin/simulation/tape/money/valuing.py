"""Which quantities need a row of their own because money depends on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chaintwin.network.graph import Basis
from chaintwin.network.program import Program

Flags = NDArray[np.bool_]
Integers = NDArray[np.int64]


def due_rows(program: Program, *, periods: int | None) -> Integers:
    """Return Integers[G]: rows in which a group of payments keeps what fell due, by period; 0 where it is paid at once.

    Parameters
    ----------
    program : the network.
    periods : how many are run at most; what falls due is not paid within them where the term is longer.
    """
    term = program.payments.term
    return term if periods is None else np.minimum(term, max(periods, 1))


def valued(program: Program) -> dict[str, Flags]:
    """Return, by name of the rows of ``Rows``, which entities have one: their price changes, or a payment follows receipts."""
    activities, payments = program.activities, program.payments
    spent, earned = np.diff(activities.cost_start) > 0, np.diff(program.streams.price_start) > 0
    worth = np.diff(payments.series_start) > 0
    received = np.zeros(spent.size, dtype=bool)
    received[payments.item_entity[payments.item_basis == Basis.RECEIVED]] = True
    # What has no lead time is received when it is started.
    received &= (activities.lead_fixed > 0) | (activities.lead_random == 1)
    return {
        "received": received,
        **dict.fromkeys(("spent", "spent_at"), spent),
        **dict.fromkeys(("earned", "earned_at"), earned),
        **dict.fromkeys(("worth", "worth_at"), worth),
    }
