"""The Merkle tree of RFC 9162: root, growth, proofs that an entry is in it and that one tree continues another.

A node has a level and a position: level 0 holds the leaves, node ``(level, position)`` covers the leaves from
``position << level`` on, ``1 << level`` of them. Only nodes that are complete are ever kept, because they never change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""Root of a tree without leaves."""

Subtree = Callable[[int, int], bytes]
"""Returns the hash of a complete node, given its level and its position."""


class Frontier:
    """A tree that grows: what is needed to add leaves and to tell the root, O(log n) hashes.

    Parameters
    ----------
    size : number of leaves. peaks : hashes of the complete subtrees that cover them, the largest and leftmost first,
        one for each bit that is set in ``size``.

    Example
    -------
    >>> tree = Frontier()
    >>> tree.root() == EMPTY_ROOT
    True
    >>> tree.extend([leaf_hash(b"a")])
    []
    >>> tree.size
    1
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Hashes of the complete subtrees, the largest first."""
        return tuple(self._peaks)

    def copy(self) -> Frontier:
        """Return a tree that grows on its own."""
        return Frontier(self._size, self._peaks)

    def extend(self, leaves: Iterable[bytes], *, keep_from: int = 1) -> list[tuple[int, int, bytes]]:
        """Add leaf hashes and return the nodes (level, position, hash) that became complete, from level ``keep_from`` on."""
        peaks, size = self._peaks, self._size
        complete: list[tuple[int, int, bytes]] = []
        for leaf in leaves:
            node, level, rest = leaf, 0, size
            while rest & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                level += 1
                rest >>= 1
                if level >= keep_from:
                    complete.append((level, rest, node))
            peaks.append(node)
            size += 1
        self._size = size
        return complete

    def root(self) -> bytes:
        """Return the root hash, 32 bytes."""
        if not self._peaks:
            return EMPTY_ROOT
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = node_hash(peak, node)
        return node


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf, 32 bytes: SHA-256 over 0x00 and the content.

    Source
    ------
    RFC 9162, 2.1.1.
    """
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node, 32 bytes: SHA-256 over 0x01 and both children.

    Source
    ------
    RFC 9162, 2.1.1.
    """
    return sha256(b"\x01" + left + right).digest()


def subtree_of(leaves: Sequence[bytes]) -> Subtree:
    """Return what gives the complete nodes over leaf hashes held in memory."""

    def subtree(level: int, position: int) -> bytes:
        return _complete(leaves[position << level : (position + 1) << level])

    return subtree


def root_of(size: int, subtree: Subtree) -> bytes:
    """Return the root of the first ``size`` leaves, 32 bytes.

    Source
    ------
    RFC 9162, 2.1.1.
    """
    return _range_hash(0, size, subtree=subtree) if size else EMPTY_ROOT


def frontier_of(size: int, subtree: Subtree) -> Frontier:
    """Return the growing tree of the first ``size`` leaves."""
    peaks, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append(subtree(level, start >> level))
            start += 1 << level
    return Frontier(size, peaks)


def inclusion_path(index: int, size: int, *, subtree: Subtree) -> list[bytes]:
    """Return the proof that a leaf is in the tree of the first ``size`` leaves, from the leaf upwards.

    Parameters
    ----------
    index : of the leaf, from 0 on and less than ``size``. subtree : gives complete nodes.

    Raises
    ------
    ValueError
        There is no such leaf.

    Source
    ------
    RFC 9162, 2.1.3.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, subtree=subtree))
            end = middle
        else:
            path.append(_range_hash(start, middle, subtree=subtree))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int, *, subtree: Subtree) -> list[bytes]:
    """Return the proof that the tree of ``second`` leaves continues the one of ``first``.

    Parameters
    ----------
    first, second : numbers of leaves, 0 < first <= second. subtree : gives complete nodes.

    Raises
    ------
    ValueError
        The sizes are not in this order.

    Source
    ------
    RFC 9162, 2.1.4.1.
    """
    if not 0 < first <= second:
        raise ValueError(f"a tree of {second} leaves does not continue one of {first}")
    path: list[bytes] = []
    start, end, known = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(_range_hash(middle, end, subtree=subtree))
            end = middle
        else:
            path.append(_range_hash(start, middle, subtree=subtree))
            start, known = middle, False
    if not known:
        path.append(_range_hash(start, end, subtree=subtree))
    return path[::-1]


def includes(leaf: bytes, index: int, *, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a proof shows that a leaf hash stands at an index of the tree with a root.

    Parameters
    ----------
    leaf : 32 bytes. index, size : as claimed; both are public. path : of ``inclusion_path``. root : 32 bytes, trusted.

    Source
    ------
    RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = node_hash(sibling, node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(node, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and node == root


def continues(first: int, second: int, *, path: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Tell whether a proof shows that the tree of ``second`` leaves begins with the tree of ``first`` leaves.

    Parameters
    ----------
    first, second : numbers of leaves. path : of ``consistency_path``. first_root, second_root : 32 bytes each.

    Source
    ------
    RFC 9162, 2.1.4.2.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not path and first_root == second_root
    if not path:
        return False
    nodes = list(path) if first & (first - 1) else [first_root, *path]
    position, last = first - 1, second - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root


def _split(count: int) -> int:
    """Return the largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(start: int, end: int, *, subtree: Subtree) -> bytes:
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, start >> level)
    middle = start + _split(count)
    return node_hash(
        subtree((middle - start).bit_length() - 1, start >> (middle - start).bit_length() - 1),
        _range_hash(middle, end, subtree=subtree),
    )


def _complete(leaves: Sequence[bytes]) -> bytes:
    nodes = list(leaves)
    while len(nodes) > 1:
        nodes = [node_hash(nodes[i], nodes[i + 1]) for i in range(0, len(nodes), 2)]
    return nodes[0]
