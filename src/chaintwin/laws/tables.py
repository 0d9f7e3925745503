"""Laws packed into arrays that kernels draw from.

One record per different law, all in one ``values`` array; what it holds depends on the kind:

- constant: the value.
- continuous, or continuous rounded to whole numbers: location, scale, start of a standard table, share of zeros,
  1 / (1 - share). Standard tables are shared, so that a hundred thousand normal laws take one table.
- discrete: number G of guide cells (a power of two), number n of atoms, first atom, 0 for consecutive whole atoms or 1 for
  listed ones; then G guide entries (how many atoms have a cdf below the cell), n cdf values, and the n atoms if listed.

A standard table has 4096 cells, linear inside; the first and the last are refined twice by 64 (METHODS 1.6). Uniforms are
odd multiples of 2**-33, so tails beyond 2**-33 are never drawn and an infinite end is cut there. Entries are rounded to 12
significant digits, so that all platforms share them although their exp and log differ in the last place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws.discrete import Discrete, smallest_reaching
from chaintwin.laws.law import FAMILIES, FINITE, Law
from chaintwin.laws.parameters import LawKind

Array = NDArray[np.float64]

CELLS = 4096
"""Cells of a standard table."""

REFINEMENT = 64
"""Into how many cells the first and the last cell are split, twice."""

CELLS_PER_ATOM = 8
CELLS_MAX = 4096
"""Guide cells of a discrete law, as many as keep its table small."""

SMALLEST_UNIFORM = 2.0**-33
"""The smallest uniform that Philox words give; the largest is 1 minus this."""

ATOM_LIMIT = 2048
"""Discrete laws with more atoms are drawn from a standard table and rounded: up to here the exact table is no larger."""

BATCH_ATOMS = 1_000_000
"""How many atoms are computed at once, which bounds the memory that packing takes beside its result."""

KEPT_LAWS, PACKS_KEPT = 2_000, 4
"""Most laws of a pack that is kept for the next scenario of the same network, and how many packs are."""

_STANDARD_NORMAL = Law(LawKind.NORMAL, (0.0, 1.0))


class PackedKind(IntEnum):
    """How the record of a law is read."""

    CONSTANT = 0
    CONTINUOUS = 1
    DISCRETE = 2
    ROUNDED = 3


@dataclass(frozen=True, slots=True)
class PackedLaws:
    """Laws as arrays, in the order given; equal laws share one record.

    Parameters
    ----------
    kind : int8[L], a `PackedKind`.
    offset : int64[L], where the record starts in ``values``.
    size : int64[L], how many values the record takes, without a shared standard table.
    values : float64[V], all records and standard tables.
    mean : float64[L], exact mean of the law, before any clipping at zero.
    low, high : float64[L], smallest and largest value that can be drawn.
    is_whole : bool[L], whether only whole numbers are drawn.
    """

    kind: NDArray[np.int8]
    offset: NDArray[np.int64]
    size: NDArray[np.int64]
    values: Array
    mean: Array
    low: Array
    high: Array
    is_whole: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Standard:
    """A continuous law as location + scale * standard law, with a share of zeros below."""

    law: Law
    location: float = 0.0
    scale: float = 1.0
    zero_share: float = 0.0


def pack_laws(laws: Sequence[Law]) -> PackedLaws:
    """Pack laws into the arrays that `fill_quantile_kernel` and `quantile_kernel` read.

    Parameters
    ----------
    laws : any number of laws, in the order of the rows wanted; equal laws cost one record.

    Returns
    -------
    One row per law.

    Example
    -------
    >>> packed = pack_laws([Law(LawKind.CONSTANT, (5.0,)), Law(LawKind.BERNOULLI, (0.5,)), Law(LawKind.CONSTANT, (5.0,))])
    >>> packed.kind.tolist(), packed.mean.tolist(), float(packed.values[packed.offset[2]])
    ([0, 2, 0], [5.0, 0.5, 5.0], 5.0)

    Source: METHODS 1.6; guide tables: Chen & Asau 1974.
    """
    given = tuple(laws)
    if len(given) > KEPT_LAWS:
        return _packed(given)
    kept = _kept(given)
    # Everyone gets arrays of their own: whoever writes to one must not change the next network.
    return PackedLaws(*(getattr(kept, field.name).copy() for field in fields(kept)))


def round_significant(values: Array) -> Array:
    """Return the values rounded to 12 significant digits, the same on every platform.

    Example
    -------
    >>> round_significant(np.array([2 / 3, 1234567.891011121])).tolist()
    [0.666666666667, 1234567.89101]
    """
    with np.errstate(divide="ignore"):
        exponent = np.floor(np.log10(np.abs(values)))
    place = np.where(np.isfinite(exponent), 11 - exponent, 0.0).astype(np.int64)
    place = np.clip(place, -300, 300)
    # Powers of ten are read from text: they are then the nearest doubles everywhere, which a library's power need not be.
    powers = np.array([float(f"1e{k}") for k in range(301)])
    up = powers[np.maximum(place, 0)]
    down = powers[np.maximum(-place, 0)]
    return np.asarray(np.rint(values / down * up) / up * down)


def standard_table(law: Law) -> Array:
    """Return the refined quantile table of one law, float64[4097 + 4 * 65], as `look_up_kernel` reads it.

    Example
    -------
    >>> standard_table(Law(LawKind.UNIFORM, (0.0, 1.0)))[:3].tolist()
    [0.0, 0.000244140625, 0.00048828125]
    """
    fine = np.arange(REFINEMENT + 1) / (CELLS * REFINEMENT)
    finest = fine / REFINEMENT
    uniforms = np.concatenate([np.arange(CELLS + 1) / CELLS, fine, finest, 1.0 - fine[::-1], 1.0 - finest[::-1]])
    values = law.quantile_many(np.clip(uniforms, SMALLEST_UNIFORM, 1.0 - SMALLEST_UNIFORM))
    # The outermost cells run straight through the last value that can be drawn, and not beyond the support.
    low, high = law.support
    reach = SMALLEST_UNIFORM / (finest[1] - SMALLEST_UNIFORM)
    lowest = max(low, values[0] - reach * (values[CELLS + REFINEMENT + 3] - values[0]))
    highest = min(high, values[-1] + reach * (values[-1] - values[-2]))
    values = np.where(uniforms == 0.0, lowest, np.where(uniforms == 1.0, highest, values))
    return round_significant(values)


@lru_cache(maxsize=PACKS_KEPT)
def _kept(laws: tuple[Law, ...]) -> PackedLaws:
    return _packed(laws)


def _packed(laws: tuple[Law, ...]) -> PackedLaws:
    row_of: dict[Law, int] = {}
    rows = np.fromiter((row_of.setdefault(law, len(row_of)) for law in laws), dtype=np.int64, count=len(laws))
    unique = list(row_of)
    builder = _Builder(unique)
    builder.add_constants()
    builder.add_families()
    builder.add_listed()
    builder.add_continuous()
    values = np.concatenate(builder.parts) if builder.parts else np.empty(0)
    return PackedLaws(
        kind=builder.kind[rows],
        offset=builder.offset[rows],
        size=builder.size[rows],
        values=values,
        mean=np.array([law.mean for law in unique], dtype=np.float64)[rows],
        low=builder.low[rows],
        high=builder.high[rows],
        is_whole=np.array([law.is_whole for law in unique], dtype=np.bool_)[rows],
    )


class _Builder:
    """Collects the records of different laws and where each of them lies."""

    def __init__(self, laws: list[Law]) -> None:
        count = len(laws)
        self.laws = laws
        self.kind = np.zeros(count, dtype=np.int8)
        self.offset = np.zeros(count, dtype=np.int64)
        self.size = np.zeros(count, dtype=np.int64)
        self.low = np.zeros(count)
        self.high = np.zeros(count)
        self.parts: list[Array] = []
        self._length = 0
        self._is_done = np.zeros(count, dtype=np.bool_)
        self._table_of: dict[Law, tuple[int, float, float]] = {}

    def add_constants(self) -> None:
        """Add the laws that have a single value."""
        supports = [law.support for law in self.laws]
        rows = np.array([row for row, (low, high) in enumerate(supports) if low == high], dtype=np.int64)
        numbers = np.array([supports[row][0] for row in rows.tolist()])
        self._add_block(rows, PackedKind.CONSTANT, sizes=np.ones(rows.size, dtype=np.int64), block=numbers)
        self.low[rows] = numbers
        self.high[rows] = numbers

    def add_families(self) -> None:
        """Add the plain families on whole numbers, each family at once."""
        for kind, family in FAMILIES.items():
            if not isinstance(family, Discrete):
                continue
            rows = np.array([i for i, law in enumerate(self.laws) if law.kind is kind and not self._is_done[i]], dtype=np.int64)
            if rows.size == 0:
                continue
            based = [self.laws[row].base() for row in rows.tolist()]
            parameters = np.array([numbers for numbers, _ in based])
            shift = np.array([offset for _, offset in based])
            first, last = _drawn_ends(family, parameters)
            is_small = last - first < ATOM_LIMIT
            chosen = np.flatnonzero(is_small)
            for batch in _batches(chosen, (last - first + 1)[chosen]):
                counts = (last - first + 1)[batch].astype(np.int64)
                steps = _ranges(counts)
                atoms = np.repeat(first[batch], counts) + steps
                columns = tuple(np.repeat(parameters[batch, j], counts) for j in range(parameters.shape[1]))
                cumulative = family.cdf(columns, atoms)
                self._add_discrete(rows[batch], counts, atoms=atoms + np.repeat(shift[batch], counts), cumulative=cumulative)

    def add_listed(self) -> None:
        """Add the other discrete laws that have few enough atoms: lists of values, and wrappers around discrete laws."""
        for row, law in enumerate(self.laws):
            if self._is_done[row] or not law.is_discrete:
                continue
            atoms = _atoms(law)
            if atoms is not None:
                counts = np.array([atoms.size], dtype=np.int64)
                self._add_discrete(np.array([row]), counts, atoms=atoms, cumulative=law.cdf_many(atoms))

    def add_continuous(self) -> None:
        """Add all that is left: continuous laws, and discrete ones with too many atoms."""
        rows = np.flatnonzero(~self._is_done)
        records = np.empty((rows.size, 5))
        kinds = np.empty(rows.size, dtype=np.int8)
        for i, row in enumerate(rows.tolist()):
            law = self.laws[row]
            standard = _standard_of(law)
            table, low, high = self._table(standard.law)
            share = standard.zero_share
            records[i] = (standard.location, standard.scale, table, share, 1.0 / (1.0 - share))
            kinds[i] = PackedKind.ROUNDED if law.is_whole else PackedKind.CONTINUOUS
            ends = (standard.location + standard.scale * low, standard.location + standard.scale * high)
            self.low[row] = min(0.0, ends[0]) if share else ends[0]
            self.high[row] = max(0.0, ends[1]) if share else ends[1]
        self._add_block(rows, kinds, sizes=np.full(rows.size, 5, dtype=np.int64), block=records.ravel())

    def _table(self, law: Law) -> tuple[int, float, float]:
        """Return start, first and last value of the standard table of a law, adding it if it is new."""
        if law not in self._table_of:
            table = standard_table(law)
            self._table_of[law] = (self._length, float(table[0]), float(table[CELLS]))
            self.parts.append(table)
            self._length += table.size
        return self._table_of[law]

    def _add_discrete(self, rows: NDArray[np.int64], counts: NDArray[np.int64], *, atoms: Array, cumulative: Array) -> None:
        """Add discrete records; atoms and cdf of all rows follow each other, ``counts`` a row."""
        starts = np.cumsum(counts) - counts
        ends = starts + counts - 1
        cumulative = round_significant(cumulative)
        cumulative[ends] = 1.0
        first = atoms[starts]
        is_listed = np.logical_or.reduceat(atoms != np.repeat(first, counts) + _ranges(counts), starts)
        # With eight cells an atom hardly any draw has to walk, and a walk that is not foreseen costs more than the table.
        wanted = np.maximum(np.minimum(CELLS_PER_ATOM * counts, CELLS_MAX), np.maximum(counts, 16))
        cells = np.exp2(np.ceil(np.log2(wanted))).astype(np.int64)
        sizes = 4 + cells + counts + counts * is_listed
        offsets = np.cumsum(sizes) - sizes
        block = np.empty(int(sizes.sum()))
        for column, numbers in enumerate((cells, counts, first, is_listed)):
            block[offsets + column] = numbers
        guide_starts = np.cumsum(cells) - cells
        # An atom is passed over in every cell that starts above its cdf; G is a power of two, so the product is exact.
        passed = np.floor(cumulative * np.repeat(cells, counts)).astype(np.int64) + 1
        is_inside = passed < np.repeat(cells, counts)
        tally = np.bincount((np.repeat(guide_starts, counts) + passed)[is_inside], minlength=int(cells.sum()))
        running = np.cumsum(tally)
        guide = running - np.repeat(running[guide_starts] - tally[guide_starts], cells)
        block[np.repeat(offsets + 4, cells) + _ranges(cells)] = guide
        at = np.repeat(offsets + 4 + cells, counts) + _ranges(counts)
        block[at] = cumulative
        listed = np.repeat(is_listed, counts)
        block[(at + np.repeat(counts, counts))[listed]] = atoms[listed]
        self._add_block(rows, PackedKind.DISCRETE, sizes=sizes, block=block)
        self.low[rows] = first
        self.high[rows] = atoms[ends]

    def _add_block(
        self, rows: NDArray[np.int64], kind: PackedKind | NDArray[np.int8], *, sizes: NDArray[np.int64], block: Array
    ) -> None:
        self.kind[rows] = kind
        self.offset[rows] = self._length + np.cumsum(sizes) - sizes
        self.size[rows] = sizes
        self._is_done[rows] = True
        self.parts.append(block)
        self._length += block.size


def _drawn_ends(family: Discrete, parameters: Array) -> tuple[Array, Array]:
    """Return the smallest and the largest value that uniforms reach, for each row of parameters."""
    rows = [tuple(row) for row in parameters.tolist()]
    low = np.array([family.support(row)[0] for row in rows])
    guess = np.array([family.mean(row) for row in rows])
    spread = np.sqrt(np.array([family.variance(row) for row in rows]))
    columns = tuple(parameters[:, j] for j in range(parameters.shape[1]))
    first, last = (
        smallest_reaching(lambda k: family.cdf(columns, k), np.full(low.shape, u), low=low, guess=guess, spread=spread)
        for u in (SMALLEST_UNIFORM, 1.0 - SMALLEST_UNIFORM)
    )
    return first, last


def _batches(rows: NDArray[np.int64], counts: Array) -> Iterator[NDArray[np.int64]]:
    """Cut rows into batches of about BATCH_ATOMS atoms."""
    if rows.size == 0:
        return
    number = (np.cumsum(counts) // BATCH_ATOMS).astype(np.int64)
    yield from np.split(rows, np.flatnonzero(np.diff(number)) + 1)


def _ranges(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0..c-1 for each count, one after the other."""
    return np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)


def _atoms(law: Law) -> Array | None:
    """Return the values a discrete law can draw, or None when they are too many for a table."""
    innermost = law
    while innermost.inner is not None:
        innermost = innermost.inner
    if innermost.kind in FINITE:
        if len(innermost.values) > ATOM_LIMIT:
            return None
        return _listed_atoms(law)
    low, high = law.quantile_many(np.array([SMALLEST_UNIFORM, 1.0 - SMALLEST_UNIFORM])).tolist()
    if high - low >= ATOM_LIMIT:
        return None
    return _lattice_atoms(law, low, high=high)


def _lattice_atoms(law: Law, low: float, *, high: float) -> Array:
    """Return the values between low and high of a law on whole numbers inside any wrappers."""
    if law.inner is None:
        # The bounds went through additions; the slack keeps an atom that they missed by a rounding.
        return np.arange(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1, dtype=np.float64)
    if law.kind is LawKind.SHIFT:
        shift = law.parameters[0]
        return _lattice_atoms(law.inner, low - shift, high=high - shift) + shift
    if law.kind is LawKind.ZERO_INFLATED:
        atoms = _lattice_atoms(law.inner, low, high=high)
        return np.union1d(atoms, [0.0]) if low <= 0 <= high else atoms
    return _lattice_atoms(law.inner, max(low, law.parameters[0]), high=min(high, law.parameters[1]))


def _listed_atoms(law: Law) -> Array:
    if law.inner is None:
        return np.array(law.values if law.values else law.parameters)
    inner = _listed_atoms(law.inner)
    if law.kind is LawKind.SHIFT:
        return inner + law.parameters[0]
    if law.kind is LawKind.ZERO_INFLATED:
        return np.union1d(inner, [0.0]) if law.parameters[0] > 0 else inner
    low, high = law.parameters
    return inner[(inner >= low) & (inner <= high)]


def _standard_of(law: Law) -> _Standard:
    """Return a law as location + scale * a standard law that many laws share."""
    p = law.parameters
    if law.kind is LawKind.NORMAL:
        return _Standard(_STANDARD_NORMAL, location=p[0], scale=p[1])
    if law.kind is LawKind.LOGNORMAL:
        return _Standard(Law(LawKind.LOGNORMAL, (0.0, p[1])), scale=float(f"{math.exp(p[0]):.12g}"))
    if law.kind in (LawKind.GAMMA, LawKind.WEIBULL):
        return _Standard(Law(law.kind, (p[0], 1.0)), scale=p[1])
    if law.kind is LawKind.EXPONENTIAL:
        return _Standard(Law(LawKind.EXPONENTIAL, (1.0,)), scale=p[0])
    if law.kind is LawKind.UNIFORM:
        return _Standard(Law(LawKind.UNIFORM, (0.0, 1.0)), location=p[0], scale=p[1] - p[0])
    if law.kind is LawKind.TRIANGULAR:
        mode = float(f"{(p[1] - p[0]) / (p[2] - p[0]):.12g}")
        return _Standard(Law(LawKind.TRIANGULAR, (0.0, mode, 1.0)), location=p[0], scale=p[2] - p[0])
    inner = law.inner
    if inner is not None:
        standard = _standard_of(inner)
        if law.kind is LawKind.SHIFT and standard.zero_share == 0:
            return _Standard(standard.law, location=standard.location + p[0], scale=standard.scale)
        if law.kind is LawKind.ZERO_INFLATED and standard.zero_share == 0 and inner.support[0] >= 0:
            return _Standard(standard.law, location=standard.location, scale=standard.scale, zero_share=p[0])
    return _Standard(law)
