"""States upstream that nobody reports: particles that a model moves on, weighed by what is seen of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_numbers
from chaintwin.rng import uniform, uniform_table

Array = NDArray[np.float64]

PARTICLES = 256
"""As many as METHODS 7.3 asks for."""

Transition = Callable[[Array, int], Array]
"""From float64[particles, values] and the number of the step to the particles after it; the engine with fixed random numbers."""

Likelihood = Callable[[Array, int], Array]
"""From particles and the number of the step to the log-density of what was seen then, float64[particles]."""


@dataclass(frozen=True, slots=True)
class ParticlePath:
    """Particles followed through time.

    Parameters
    ----------
    mean, sd : float64[steps, values]; of the weighed particles after each step.
    effective : float64[steps]; how many particles of equal weight they are worth, before any resampling.
    particles : float64[particles, values]; after the last step, of equal weight.
    log_evidence : log-density of all that was seen, to compare models by.
    """

    mean: Array
    sd: Array
    effective: Array
    particles: Array
    log_evidence: float


def follow_particles(
    particles: Array, *, steps: int, transition: Transition, log_likelihood: Likelihood, seed: int, entity: str = ""
) -> ParticlePath:
    """Follow a hidden state through steps of which each gives some evidence.

    Parameters
    ----------
    particles : float64[particles, values], drawn from what is believed at first; ``PARTICLES`` of them are usual.
    steps : number of steps, 1 or more. transition : moves the particles on. log_likelihood : weighs them; a step without
        evidence gives zeros. seed, entity : of the random numbers that resampling needs.

    Returns
    -------
    The path. Particles are drawn again, systematically, when they are worth fewer than half of their number.

    Raises
    ------
    UsageError : there are no particles or steps, or at some step what was seen is impossible for every particle.

    Example
    -------
    >>> import numpy as np
    >>> start = np.linspace(-2, 2, 256)[:, None]
    >>> path = follow_particles(
    ...     start,
    ...     steps=1,
    ...     transition=lambda x, step: x,
    ...     log_likelihood=lambda x, step: -((x[:, 0] - 1.0) ** 2) / 0.02,
    ...     seed=7,
    ... )
    >>> round(float(path.mean[0, 0]), 2)
    1.0

    Source: Gordon, Salmond & Smith 1993; systematic resampling, Kitagawa 1996, appendix.
    """
    found = check_numbers("particles", particles, dimensions=2)
    if steps < 1:
        raise UsageError(f"steps: found {steps}; allowed: 1 or more")
    count = found.shape[0]
    logs = np.zeros(count)
    means, sds, effective = [], [], np.empty(steps)
    evidence = 0.0
    for step in range(steps):
        found = np.asarray(transition(found, step), dtype=np.float64)
        before = logs - _log_sum(logs)
        logs = before + np.asarray(log_likelihood(found, step), dtype=np.float64)
        total = _log_sum(logs)
        if not np.isfinite(total):
            raise UsageError(f"step {step}: found evidence that no particle allows; allowed: evidence within reach of some")
        evidence += total
        weights = np.exp(logs - total)
        mean = weights @ found
        means.append(mean)
        sds.append(np.sqrt(np.maximum(weights @ (found - mean) ** 2, 0.0)))
        effective[step] = 1 / float((weights**2).sum())
        if effective[step] < count / 2 or step == steps - 1:
            place = uniform(seed, "resample", entity=entity, replication=0, period=step)
            found, logs = found[resample_systematically(weights, place)], np.zeros(count)
    return ParticlePath(np.array(means), np.array(sds), effective, found, evidence)


def resample_systematically(weights: Array, place: float) -> NDArray[np.int64]:
    """Return which particles go on, each as often as its weight says up to one.

    Parameters
    ----------
    weights : float64[n], 0 or more, with a sum of 1. place : uniform from 0 to 1, the one random number needed.

    Example
    -------
    >>> import numpy as np
    >>> resample_systematically(np.array([0.5, 0.25, 0.0, 0.25]), 0.5).tolist()
    [0, 0, 1, 3]

    Source: Kitagawa 1996, "Monte Carlo filter and smoother", appendix.
    """
    points = (np.arange(weights.size) + place) / weights.size
    cumulative = np.cumsum(weights)
    return np.minimum(np.searchsorted(cumulative / cumulative[-1], points, side="right"), weights.size - 1).astype(np.int64)


def assimilate(
    parameters: Array,
    *,
    predict: Callable[[Array], Array],
    observed: Array,
    sd: Array,
    seed: int,
    entity: str = "",
    inflations: Sequence[float] = (4.0, 4.0, 4.0, 4.0),
) -> Array:
    """Return an ensemble of parameters drawn towards what was observed, by an ensemble smoother in several small steps.

    Parameters
    ----------
    parameters : float64[members, p], drawn from what is believed; logarithms of what must stay above 0.
    predict : from an ensemble to what each member says would be observed, float64[members, q]; the engine.
    observed : float64[q]. sd : float64[q], of the errors, above 0. seed, entity : of the errors, each entity has its own.
    inflations : of the variance in each step; their inverses add up to 1.

    Returns
    -------
    float64[members, p]. Exact in the limit of many members where the model is linear and all is normal.

    Raises
    ------
    UsageError : shapes do not fit, or the inverses of the inflations do not add up to 1.

    Example
    -------
    >>> import numpy as np
    >>> members = np.linspace(-3, 3, 200)[:, None]
    >>> after = assimilate(members, predict=lambda x: x, observed=np.array([1.0]), sd=np.array([0.1]), seed=7)
    >>> bool(abs(after.mean() - 1.0) < 0.05)
    True

    Source: Emerick & Reynolds 2013, "Ensemble smoother with multiple data assimilation", section 2.
    """
    from scipy.special import ndtri

    members = check_numbers("parameters", parameters, dimensions=2)
    target = check_numbers("observed", observed)
    spread = check_numbers("sd", sd, low=1e-300, size=target.size)
    if not inflations or abs(sum(1 / one for one in inflations) - 1) > 1e-9:
        raise UsageError(f"inflations: found {tuple(inflations)}; allowed: numbers whose inverses add up to 1, such as four of 4")
    count = members.shape[0]
    for step, inflation in enumerate(inflations):
        said = np.asarray(predict(members), dtype=np.float64)
        if said.shape != (count, target.size):
            raise UsageError(f"predict: found an array of shape {said.shape}; allowed: ({count}, {target.size})")
        errors = ndtri(uniform_table(seed, "assimilate", entity=f"{entity}|{step}", count=count, slots=target.size)).T * spread
        off, turned = said - said.mean(axis=0), members - members.mean(axis=0)
        covariance = off.T @ off / (count - 1) + inflation * np.diag(spread**2)
        gain = (turned.T @ off / (count - 1)) @ np.linalg.inv(covariance)
        members = members + (target + np.sqrt(inflation) * errors - said) @ gain.T
    return members


def _log_sum(logs: Array) -> float:
    top = float(logs.max())
    return top + float(np.log(np.exp(logs - top).sum())) if np.isfinite(top) else top
