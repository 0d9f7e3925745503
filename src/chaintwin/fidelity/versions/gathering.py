"""What a log shows of parameters: its facts in the order of their time, without those that were declared wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from chaintwin.events.facts import unpacked
from chaintwin.fidelity.calibration.lanes import Layout
from chaintwin.fidelity.calibration.observations import Observations
from chaintwin.network.program import Program
from chaintwin.store.interface import Search, Store
from chaintwin.store.records import FactsRow
from chaintwin.twin.naming.networks import InForce
from chaintwin.twin.projecting import MARK, is_declaration


def gathered(store: Store, in_force: InForce, *, program: Program, until: int) -> Observations:
    """Return what the log of a twin says of parameters up to a moment.

    Parameters
    ----------
    store : the log. in_force : network, and the names it gives. program : the same network compiled.
    until : event time, microseconds; what happened later is not known yet.
    """
    found = Observations(in_force, layout=Layout.of(program))
    for row in standing(store.facts_by_time(end=until)):
        found.observe(unpacked(row.facts))
    return found


def standing(blocks: Iterable[Sequence[FactsRow]]) -> Iterator[FactsRow]:
    """Yield rows that are in order, without declarations of error and what they take back.

    Parameters
    ----------
    blocks : rows in the order (event time, key); a declaration comes right behind its event.
    """
    before: FactsRow | None = None
    for block in blocks:
        for row in block:
            if before is not None and not is_declaration(row, before):
                yield before
            before = None if MARK in row.key else row
    if before is not None:
        yield before


def latest_of(store: Store) -> int | None:
    """Return the event time of the last event of a log, microseconds; None where it is empty."""
    found = store.find(Search(descending=True), limit=1)
    return found[0][0] if found else None
