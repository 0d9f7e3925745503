"""What is probably down given what has been seen: exactly where that is possible, else from samples with their error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_whole
from chaintwin.risk.inference.elimination import eliminate, elimination_width
from chaintwin.risk.inference.network import NoisyOr, check_states
from chaintwin.risk.inference.weighting import likelihood_weighting
from chaintwin.rng import check_seed

WIDTH_MAX = 15
"""Tables of up to 2**16 numbers are eliminated exactly, within milliseconds each (METHODS 3.9)."""


class InferenceMethod(StrEnum):
    """How an answer was found."""

    EXACT = "variable elimination"
    SAMPLED = "likelihood weighting"


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities of nodes given evidence.

    Parameters
    ----------
    probability : by node asked about, P(down | evidence), 0 to 1.
    standard_error : by node; 0 where the answer is exact.
    evidence_probability, evidence_error : P(evidence) and its standard error.
    method : how it was found.
    samples : how many were drawn; 0 where the answer is exact.
    effective_size : so many samples without weights would tell as much; 0 where the answer is exact.
    """

    probability: Mapping[str, float]
    standard_error: Mapping[str, float]
    evidence_probability: float
    evidence_error: float
    method: InferenceMethod
    samples: int
    effective_size: float


@dataclass(frozen=True, slots=True)
class RootCause:
    """A root of the network as a suspect.

    Parameters
    ----------
    node : the root.
    prior, posterior : probability that it is down, before and after the symptoms.
    standard_error : of the posterior; 0 where it is exact.
    """

    node: str
    prior: float
    posterior: float
    standard_error: float


def posterior(
    network: NoisyOr,
    evidence: Mapping[str, bool | int],
    *,
    query: Sequence[str] | None = None,
    width_max: int = WIDTH_MAX,
    samples: int = 100_000,
    seed: int = 0,
) -> Posterior:
    """Return the probability that nodes are down, given what is known of others.

    Parameters
    ----------
    network : causes and effects.
    evidence : by node, 0 (seen up) or 1 (seen down); empty for the probabilities before anything was seen.
    query : nodes asked about; None for all that are not in the evidence.
    width_max : widest elimination to do exactly, 0 to 24; beyond it, samples are drawn.
    samples : how many, 2 or more. Evidence that is rarer than some 100 / samples leaves few of them.
    seed : of the samples, from 0 to 2**64 - 1.

    Returns
    -------
    Probabilities with their standard errors.

    Raises
    ------
    UsageError : an unknown node, a state that is neither 0 nor 1, a number out of its range, or evidence that cannot happen (or
        that no sample met).

    Example
    -------
    >>> network = NoisyOr({"quake": 0.02, "plant": 0.01}, [("quake", "plant", 0.7)])
    >>> found = posterior(network, {"plant": 1})
    >>> round(found.probability["quake"], 4), found.method.value
    (0.5893, 'variable elimination')

    Source: METHODS 3.9; Zhang & Poole 1996; Shachter & Peot 1990.
    """
    asked = [node for node in network.leak if node not in evidence] if query is None else list(query)
    check_states(network, evidence, query=asked)
    check_whole("width_max", width_max, high=24)
    check_whole("samples", samples, low=2, high=2**31)
    check_seed(seed)
    part = network.relevant([*asked, *evidence])
    if elimination_width(part, evidence) <= width_max:
        chance, exact = eliminate(part, evidence, query=asked)
        if chance <= 0:
            raise UsageError(f"evidence: found {dict(evidence)}, which cannot happen; allowed: states of positive probability")
        return Posterior(
            probability=dict(zip(asked, exact.tolist(), strict=True)),
            standard_error=dict.fromkeys(asked, 0.0),
            evidence_probability=chance,
            evidence_error=0.0,
            method=InferenceMethod.EXACT,
            samples=0,
            effective_size=0.0,
        )
    found = likelihood_weighting(part, evidence, query=asked, samples=samples, seed=seed)
    if not found.chance > 0 or not math.isfinite(found.effective_size):
        raise UsageError(
            f"evidence: found {dict(evidence)}, which none of {samples:,} samples met; allowed: states that some sample meets;"
            " fix: more samples, or a larger width_max"
        )
    return Posterior(
        probability=dict(zip(asked, found.probability.tolist(), strict=True)),
        standard_error=dict(zip(asked, found.standard_error.tolist(), strict=True)),
        evidence_probability=found.chance,
        evidence_error=found.chance_error,
        method=InferenceMethod.SAMPLED,
        samples=samples,
        effective_size=found.effective_size,
    )


def root_causes(
    network: NoisyOr,
    symptoms: Mapping[str, bool | int],
    *,
    width_max: int = WIDTH_MAX,
    samples: int = 100_000,
    seed: int = 0,
) -> list[RootCause]:
    """Return the roots of a network, the most probable cause of the symptoms first.

    Parameters
    ----------
    network : causes and effects.
    symptoms : by node, 0 (seen up) or 1 (seen down).
    width_max, samples, seed : as in `posterior`.

    Returns
    -------
    The roots that are not among the symptoms, by falling posterior. Several may be down at once, so posteriors need not add up to
    1.

    Raises
    ------
    UsageError : as in `posterior`.

    Example
    -------
    >>> network = NoisyOr({"quake": 0.02, "strike": 0.1, "plant": 0.01}, [("quake", "plant", 0.7), ("strike", "plant", 0.6)])
    >>> [(cause.node, round(cause.posterior, 3)) for cause in root_causes(network, {"plant": 1})]
    [('strike', 0.739), ('quake', 0.175)]

    Source: METHODS 3.9; Hosseini & Ivanov 2020.
    """
    roots = [node for node in network.roots if node not in symptoms]
    found = posterior(network, symptoms, query=roots, width_max=width_max, samples=samples, seed=seed)
    causes = [
        RootCause(node, network.leak[node], posterior=found.probability[node], standard_error=found.standard_error[node])
        for node in roots
    ]
    return sorted(causes, key=lambda cause: (-cause.posterior, cause.node))
