"""Backcasts on the shelf of a log: of each moment in the past where the truth lay, not the members that were drawn."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from math import isnan
from zlib import compress, decompress, error

import msgspec
import numpy as np
from numpy.typing import NDArray

from chaintwin.fidelity.scoring.forecasts import ScoredForecast
from chaintwin.network.program import Program
from chaintwin.store.interface import BACKCASTS, Store

Singles = NDArray[np.float32]

RULES_VERSION = 1
"""Backcasts of another version are worked out anew."""

CUSTOMERS = "all customers"
"""Subject of what all customers together got at once."""

ON_HAND, SERVED = "on_hand", "served"
"""What is forecast: stock at the close of a period; units that customers get at once in a period."""

MEASURES = ("pit", "crps", "reference", "truth")
"""What is kept of each forecast."""


class Backcast(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fork from the eve of a period of the past that met its truth.

    Parameters
    ----------
    origin : the period. made_at : its eve, microseconds. horizons : periods ahead, 1 is the period itself. runs : members.
    parameters : id of the version in force then; empty for those of the tables.
    is_as_known : whether the state is what the log knew then; else it holds what was learned later.
    head : last entry of the log that the truth is made of.
    stock : for each of ``MEASURES`` float32[horizons, N], little-endian; served : the same, float32[horizons].
    """

    origin: int
    made_at: int
    horizons: tuple[int, ...]
    runs: int
    parameters: str
    is_as_known: bool
    head: int
    stock: dict[str, bytes]
    served: dict[str, bytes]

    def table(self, measure: str) -> Singles:
        """Return float32[horizons, N] of one of ``MEASURES``."""
        return np.frombuffer(self.stock[measure], dtype="<f4").reshape(len(self.horizons), -1)

    def row(self, measure: str) -> Singles:
        """Return float32[horizons] of what customers got."""
        return np.frombuffer(self.served[measure], dtype="<f4")


def fingerprint(program: Program) -> str:
    """Return what backcasts of a network are kept under; another network has others."""
    return blake2b(f"{RULES_VERSION} {program.digest()}".encode(), digest_size=6).hexdigest()


def keep(store: Store, mark: str, *, found: Backcast) -> None:
    """Keep a backcast; it takes the place of the one from the same moment."""
    store.put(BACKCASTS, name_of(mark, found), content=packed(found))


def packed(found: Backcast) -> bytes:
    """Return a backcast as it lies on its shelf."""
    return compress(_ENCODER.encode(found), 1)


def name_of(mark: str, found: Backcast) -> str:
    """Return the name of a backcast on its shelf."""
    return f"{mark}-{found.origin:010d}"


def kept(store: Store, mark: str) -> dict[int, Backcast]:
    """Return all backcasts of a network by their origin; those that cannot be read are as if they were not there."""
    found = {}
    for name in store.names(BACKCASTS):
        if not name.startswith(f"{mark}-"):
            continue
        content = store.get(BACKCASTS, name)
        if content is not None:
            try:
                one = _DECODER.decode(decompress(content))
            except (msgspec.MsgspecError, error):
                continue
            found[one.origin] = one
    return found


def forget_others(store: Store, mark: str) -> int:
    """Take away the backcasts of other networks, and return how many."""
    others = [name for name in store.names(BACKCASTS) if not name.startswith(f"{mark}-")]
    for name in others:
        store.remove(BACKCASTS, name)
    return len(others)


def scored_of(backcasts: Sequence[Backcast], *, points: Sequence[str]) -> list[ScoredForecast]:
    """Return the score of every forecast of stock, and of what customers got.

    Parameters
    ----------
    backcasts : of one network. points : ids of its stock points, in the order of their index.
    """
    found = []
    for one in backcasts:
        pit, crps, reference = (one.table(name).tolist() for name in MEASURES[:3])
        for row, horizon in enumerate(one.horizons):
            columns = zip(points, pit[row], crps[row], reference[row], strict=True)
            found += [
                ScoredForecast(point, ON_HAND, one.origin, horizon, place, score, _known(naive))
                for point, place, score, naive in columns
            ]
        served = [one.row(name).tolist() for name in MEASURES[:3]]
        for horizon, place, score, naive in zip(one.horizons, *served, strict=True):
            if not isnan(place):
                found.append(ScoredForecast(CUSTOMERS, SERVED, one.origin, horizon, place, score, _known(naive)))
    return found


def _known(score: float) -> float | None:
    return None if isnan(score) else score


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Backcast)
