"""Causes of symptoms in a noisy-or network of two layers when few of them are out at once: every one and every two are tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers

Array = NDArray[np.float64]

ALMOST = 1 - 1e-12
"""Chances and strengths are taken to be at most this, so that nothing is impossible."""


@dataclass(frozen=True, slots=True)
class FewCauses:
    """What is probably out, if at most two causes are.

    Parameters
    ----------
    posterior : float64[causes], P(out | what was seen, at most two out).
    nothing : the probability that none is out, and the symptoms came by themselves.
    alone : float64[causes], the probability that it alone is out.
    """

    posterior: Array
    nothing: float
    alone: Array


def few_causes(
    prior: ArrayLike, strength: ArrayLike, *, leak: ArrayLike, seen: ArrayLike, paired: int | None = None
) -> FewCauses:
    """Return the probability of each cause given symptoms, among all cases in which none, one or two of them are out.

    Nothing is sampled, and time grows with the number of symptoms times that of pairs of causes, not with how the network hangs
    together. What is left out are cases of three and more, which have a small prior where single ones have.

    Parameters
    ----------
    prior : float[causes], 0 to 1, below 1.
    strength : float[causes, nodes], 0 to 1; P(the node is short because this cause is out).
    leak : float[nodes], 0 to 1; P(the node is short by itself).
    seen : bool[nodes]; whether it was seen short, or seen not to be.
    paired : how many causes, those that are likeliest to be out alone, are tried two at a time; the others only alone. None: all.

    Raises
    ------
    UsageError
        A number is out of range, or shapes do not fit.

    Example
    -------
    >>> found = few_causes([0.02, 0.1], [[0.7], [0.6]], leak=[0.01], seen=[True])
    >>> found.posterior.round(3).tolist()
    [0.175, 0.739]

    Source: the noisy-or of Pearl 1988, section 4.3.2, summed over few causes as in Henrion 1991, "Search-based methods to bound
    diagnostic probabilities in very large belief nets".
    """
    chance = np.minimum(check_numbers("prior", np.atleast_1d(prior), low=0.0, high=1.0), ALMOST)
    alone = np.minimum(check_numbers("leak", np.atleast_1d(leak), low=0.0, high=1.0), ALMOST)
    links = np.asarray(strength, dtype=np.float64)
    is_seen = np.asarray(seen, dtype=bool).reshape(-1)
    if links.shape != (chance.size, alone.size) or is_seen.size != alone.size:
        allowed = f"{chance.size} causes by {alone.size} nodes"
        raise UsageError(f"strength: found the shape {links.shape} with {is_seen.size} seen; allowed: {allowed}")
    if links.size:
        links = np.minimum(check_numbers("strength", links.ravel(), low=0.0, high=1.0).reshape(links.shape), ALMOST)
    stays, spared = np.log1p(-links[:, is_seen]), np.log1p(-alone[is_seen])
    odds = np.log(chance, where=chance > 0, out=np.full(chance.size, -np.inf)) - np.log1p(-chance)
    # What was seen not to be short lowers the odds of each cause by itself.
    odds = odds + np.log1p(-links[:, ~is_seen]).sum(axis=1)

    def told(up: Array) -> Array:
        """Return the log likelihood of the symptoms, of the log probability that each is spared, float64[..., symptoms]."""
        # A node that nothing can make short was not seen short.
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(-np.expm1(up)).sum(axis=-1))

    none = float(told(spared))
    one = odds + told(spared + stays)
    likeliest = np.argsort(-one, kind="stable")[:paired]
    size = likeliest.size
    both = np.full((size, size), -np.inf)
    for first in range(size - 1):
        mine, rest = likeliest[first], likeliest[first + 1 :]
        both[first, first + 1 :] = odds[mine] + odds[rest] + told(spared + stays[mine] + stays[rest])
    most = max(none, float(one.max(initial=-np.inf)), float(both.max(initial=-np.inf)))
    if not np.isfinite(most):
        raise UsageError("seen: found what cannot happen; allowed: symptoms that a cause or a leak can bring about")
    weights = np.exp(one - most)
    pairs = np.exp(both - most)
    pairs += pairs.T
    total = float(np.exp(none - most) + weights.sum() + pairs.sum() / 2)
    out = weights.copy()
    out[likeliest] += pairs.sum(axis=1)
    return FewCauses(out / total, float(np.exp(none - most)) / total, weights / total)
