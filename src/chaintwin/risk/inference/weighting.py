"""Probabilities in a noisy-or network by likelihood weighting, for networks that are too closely knit for exact tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.risk.inference.network import NoisyOr
from chaintwin.rng import stream_of

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeightedAnswer:
    """Estimates of one run.

    Parameters
    ----------
    chance, chance_error : probability of the evidence and its standard error.
    probability, standard_error : float64[query]; P(node down | evidence), nan where no sample met the evidence.
    effective_size : so many samples without weights would tell as much.
    """

    chance: float
    chance_error: float
    probability: Array
    standard_error: Array
    effective_size: float


def likelihood_weighting(
    network: NoisyOr, evidence: Mapping[str, bool | int], *, query: Sequence[str], samples: int, seed: int
) -> WeightedAnswer:
    """Return probabilities from samples in which evidence is set and weighted by its probability given its parents.

    Parameters
    ----------
    network : the network.
    evidence : by node, 0 (up) or 1 (down).
    query : nodes asked about.
    samples : how many, 2 or more.
    seed : from 0 to 2**64 - 1; each node draws from its own stream, so that a node added elsewhere changes no draw.

    Returns
    -------
    Estimates with standard errors: of the evidence by the spread of the weights, of a posterior by that of a ratio.

    Example
    -------
    >>> network = NoisyOr({"quake": 0.02, "plant": 0.01}, [("quake", "plant", 0.7)])
    >>> found = likelihood_weighting(network, {"plant": 1}, query=["quake"], samples=20_000, seed=1)
    >>> bool(abs(found.probability[0] - 0.5893) < 4 * found.standard_error[0])
    True

    Source: Fung & Chang 1990; Shachter & Peot 1990, "Simulation approaches to general probabilistic inference on belief
    networks".
    """
    from chaintwin.rng_kernels import fill_uniform_kernel

    part = network.relevant([*query, *evidence])
    parents: dict[str, list[tuple[str, float]]] = {node: [] for node in part.leak}
    for parent, node, strength in part.edges:
        parents[node].append((parent, strength))
    states: dict[str, NDArray[np.bool_]] = {}
    weights = np.ones(samples)
    draws = np.empty(samples)
    for node in part.order:
        up = np.full(samples, 1 - part.leak[node])
        for parent, strength in parents[node]:
            up = np.where(states[parent], up * (1 - strength), up)
        if node in evidence:
            states[node] = np.full(samples, bool(evidence[node]))
            weights *= 1 - up if evidence[node] else up
        else:
            stream = stream_of(seed, "inference", entity=node)
            fill_uniform_kernel(stream.key0, stream.key1, stream.low, 0, 0, 0, draws)
            states[node] = draws >= up
    total = float(weights.sum())
    squares = float((weights**2).sum())
    probability, error = np.full(len(query), np.nan), np.full(len(query), np.nan)
    if total > 0:
        for place, node in enumerate(query):
            share = float(weights @ states[node]) / total
            probability[place] = share
            error[place] = math.sqrt(float((weights**2) @ (states[node] - share) ** 2)) / total
    return WeightedAnswer(
        chance=total / samples,
        chance_error=float(weights.std(ddof=1)) / math.sqrt(samples),
        probability=probability,
        standard_error=error,
        effective_size=total**2 / squares if squares > 0 else 0.0,
    )
