"""Where a log ends, read from the database and compared with what its last batch says."""

from __future__ import annotations

from chaintwin.errors import StoreDamagedError
from chaintwin.guard.merkle import Frontier, Subtree, frontier_of
from chaintwin.store.interface import Head
from chaintwin.store.log.committing import NODE_LEVEL, Tip
from chaintwin.store.log.database import Reader

_LAST_BATCH = "SELECT batch, first, last, recorded_at, root FROM batches ORDER BY batch DESC LIMIT 1"


def read_head(reader: Reader) -> Head:
    """Return how far a log goes."""
    rows = reader.rows(_LAST_BATCH)
    return Head(rows[0][2], rows[0][0], bytes(rows[0][4])) if rows else Head(0, 0, Frontier().root())


def read_tip(reader: Reader, *, place: str) -> Tip:
    """Return where a log ends, after looking whether its end hangs together.

    Parameters
    ----------
    place : where the log lies, for messages.

    Raises
    ------
    StoreDamagedError
        Entries are missing at the end, or their leaves do not give the root of the last batch.
    """
    head = read_head(reader)
    last = reader.rows("SELECT max(sequence) FROM facts")[0][0] or 0
    documents = reader.rows("SELECT max(sequence) FROM documents")[0][0] or 0
    if not last == documents == head.sequence:
        raise StoreDamagedError(
            f"{place}: found entries up to {last} with documents up to {documents}, and batches up to {head.sequence}; "
            "allowed: the same; fix: restore a backup"
        )
    if not last:
        return Tip(head, 0, Frontier())
    tree = frontier_of(last, subtree_in(reader, place=place))
    if tree.root() != head.root:
        raise StoreDamagedError(
            f"{place}: found leaves up to entry {last} that do not give the root of batch {head.batch}; fix: restore a backup"
        )
    recorded_at = reader.rows("SELECT recorded_at FROM facts WHERE sequence = ?", (last,))[0][0]
    return Tip(head, recorded_at, tree)


def subtree_in(reader: Reader, *, place: str) -> Subtree:
    """Return what gives the complete nodes of the tree over a log: kept ones from the table, small ones from their leaves."""

    def subtree(level: int, position: int) -> bytes:
        if level >= NODE_LEVEL:
            rows = reader.rows("SELECT hash FROM nodes WHERE level = ? AND position = ?", (level, position))
            if not rows:
                raise StoreDamagedError(f"{place}: found no node {position} of level {level} of the tree; fix: restore a backup")
            return bytes(rows[0][0])
        start, count = position << level, 1 << level
        leaves = reader.rows(
            "SELECT leaf FROM documents WHERE sequence > ? AND sequence <= ? ORDER BY sequence", (start, start + count)
        )
        if len(leaves) != count:
            raise StoreDamagedError(
                f"{place}: found a gap between entries {start + 1} and {start + count}; fix: restore a backup"
            )
        tree = Frontier()
        tree.extend([bytes(leaf) for (leaf,) in leaves])
        return tree.root()

    return subtree
