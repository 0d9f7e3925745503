"""The projection: rows of the log in the order (event time, key) become cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaintwin.events.facts import unpacked
from chaintwin.store.records import FactsRow
from chaintwin.twin.cells import Cells, Touch
from chaintwin.twin.ledger import Ledger
from chaintwin.twin.naming.networks import FAR, Networks
from chaintwin.twin.rules.applying import apply

Position = tuple[int, str]
"""Event time and key of a row; rows are applied in this order."""

START: Position = (-FAR, "")
"""Before every row."""

MARK = "!"
"""What follows the key of an event in the key of a declaration that it was an error."""


class Projection:
    """Cells as of a position, and what is needed to go on.

    Parameters
    ----------
    networks : names and units. cells : where it begins; empty by default.
    """

    __slots__ = ("_edited", "_edits", "cells", "ledger", "networks")

    def __init__(self, networks: Networks, cells: Cells | None = None) -> None:
        self.networks = networks
        self.cells = Cells() if cells is None else cells
        self.ledger = Ledger(self.cells, networks.base)
        self._edits, self._edited = self.cells.families["network"], 0
        self.refresh()

    def apply(self, row: FactsRow) -> None:
        """Apply one row; the caller leaves out those that were declared wrong."""
        ledger = self.ledger
        ledger.begin(row.occurred_at, row.key, source=row.source)
        apply(ledger, unpacked(row.facts))
        if len(self._edits.cells) != self._edited:
            self.refresh()
            for finding in self.ledger.network.findings:
                ledger.unknown("edit", row.key, reason=str(finding))

    def apply_blocks(self, blocks: Iterable[Sequence[FactsRow]]) -> None:
        """Apply rows that are in order, leaving out those that a declaration after them takes back."""
        waiting: list[FactsRow] = []
        for block in blocks:
            waiting += block
            self.apply_all(waiting[:-1], after=waiting[-1])
            del waiting[:-1]
        if waiting:
            self.apply_all(waiting, after=None)

    def apply_all(self, rows: Sequence[FactsRow], *, after: FactsRow | None) -> None:
        """Apply rows that are in order, leaving out declarations and what they take back.

        The key of a declaration is that of its event, the mark and its time, so it comes right behind the event.

        Parameters
        ----------
        rows : in the order (event time, key). after : the row behind them, or None where there is none.
        """
        apply = self.apply
        before: FactsRow | None = None
        for row in rows:
            is_mark = MARK in row.key
            if before is not None and not (is_mark and row.key.startswith(before.key + MARK)):
                apply(before)
            before = None if is_mark else row
        if before is not None and (after is None or not is_declaration(after, before)):
            apply(before)

    def undo(self, journal: list[Touch]) -> None:
        """Take back what the last rows did."""
        self.cells.undo(journal)
        if len(self._edits.cells) != self._edited:
            self.refresh()

    def refresh(self) -> None:
        """Put the network in force that the edits so far make, and say what was wrong with the last one."""
        cells = self.cells.families["network"].cells
        self._edited = len(cells)
        edits = [((key[0], key[1]), value[0]) for key, value in sorted(cells.items(), key=lambda pair: pair[0])]
        in_force = self.networks.after(edits)
        self.ledger.turn_to(self.cells, in_force)


def is_declaration(row: FactsRow, before: FactsRow) -> bool:
    """Return whether a row declares that the one before it was an error."""
    return MARK in row.key and row.key.startswith(before.key + MARK)


def position_of(row: FactsRow) -> Position:
    """Return where a row has its place."""
    return row.occurred_at, row.key


def in_order(rows: Sequence[FactsRow]) -> list[FactsRow]:
    """Return rows in the order that they are applied in."""
    return sorted(rows, key=position_of)
