"""The ways to write each law's parameters: which names go together, and how they become the parameters of METHODS 1.6."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chaintwin.laws.parameters import LawError, LawKind

Convert = Callable[..., tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a law: the names of its numbers, and what turns them into parameters.

    ``convert`` takes the numbers in the order of ``names``.
    """

    names: tuple[str, ...]
    convert: Convert


OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "std": "sd",
        "stdev": "sd",
        "sdev": "sd",
        "variance": "var",
        "avg": "mean",
        "average": "mean",
        "lambda": "mean",
        "lam": "mean",
        "min": "low",
        "minimum": "low",
        "a": "low",
        "max": "high",
        "maximum": "high",
        "b": "high",
        "peak": "mode",
        "prob": "p",
        "probability": "p",
    }
)
"""Parameter names that people write instead of ours; they are taken as ours."""

OTHER_LAWS: Mapping[str, LawKind] = MappingProxyType(
    {
        "gaussian": LawKind.NORMAL,
        "gauss": LawKind.NORMAL,
        "norm": LawKind.NORMAL,
        "exp": LawKind.EXPONENTIAL,
        "expo": LawKind.EXPONENTIAL,
        "const": LawKind.CONSTANT,
        "fixed": LawKind.CONSTANT,
        "deterministic": LawKind.CONSTANT,
        "nbinom": LawKind.NEGBIN,
        "negative_binomial": LawKind.NEGBIN,
        "nbd": LawKind.NEGBIN,
        "randint": LawKind.UNIFORM_INT,
        "discrete_uniform": LawKind.UNIFORM_INT,
        "discrete": LawKind.PMF,
        "choice": LawKind.PMF,
        "custom": LawKind.PMF,
        "histogram": LawKind.EMPIRICAL,
        "file": LawKind.EMPIRICAL,
        "erlang": LawKind.GAMMA,
        "triang": LawKind.TRIANGULAR,
        "pert": LawKind.TRIANGULAR,
        "intermittent": LawKind.ZERO_INFLATED,
    }
)
"""Law names of other programs, only for suggestions: their parameters may mean something else."""


def parameters_of(kind: LawKind, unnamed: tuple[float, ...], *, named: Mapping[str, float]) -> tuple[float, ...]:
    """Return the parameters of a law from numbers with and without names.

    Parameters
    ----------
    kind : a law that `FORMS` knows.
    unnamed : numbers written first, without names.
    named : numbers written as ``name=number``.

    Raises
    ------
    LawError : the names do not go together; the ways to write the law are listed.

    Example
    -------
    >>> parameters_of(LawKind.NORMAL, (100.0,), named={"cv": 0.2})
    (100.0, 20.0)
    """
    forms = FORMS[kind]
    leading = forms[0].names[: len(unnamed)]
    if len(unnamed) > len(forms[0].names):
        raise LawError(kind, f"{len(unnamed)} numbers", allowed=ways_to_write(kind))
    numbers = dict(zip(leading, unnamed, strict=True))
    for name, value in named.items():
        ours = name.lower()
        if not any(ours in form.names for form in forms):
            ours = OTHER_NAMES.get(ours, ours)
        if ours in numbers:
            raise LawError(f"{kind} {ours}", "two numbers", allowed="one")
        numbers[ours] = value
    for form in forms:
        if set(form.names) == numbers.keys():
            return form.convert(*(numbers[name] for name in form.names))
    found = ", ".join(numbers) if numbers else "no numbers"
    raise LawError(kind, found, allowed=ways_to_write(kind))


def ways_to_write(kind: LawKind) -> str:
    """Return the ways to write a law, for messages.

    Example
    -------
    >>> ways_to_write(LawKind.GEOMETRIC)
    'geometric(p) or geometric(mean=)'
    """
    first, *others = FORMS[kind]
    texts = [f"{kind}({', '.join(first.names)})"]
    texts += [f"{kind}({', '.join(f'{name}=' for name in form.names)})" for form in others]
    return " or ".join(texts)


def nearest_law(name: str) -> LawKind | None:
    """Return the law that an unknown name most likely means, or None.

    Example
    -------
    >>> str(nearest_law("posson")), str(nearest_law("gaussian"))
    ('poisson', 'normal')
    """
    lowered = name.lower()
    if lowered in OTHER_LAWS:
        return OTHER_LAWS[lowered]
    close = difflib.get_close_matches(lowered, [*LawKind, *OTHER_LAWS], n=1)
    if not close:
        return None
    return OTHER_LAWS[close[0]] if close[0] in OTHER_LAWS else LawKind(close[0])


def _as_written(*numbers: float) -> tuple[float, ...]:
    return numbers


def _positive(kind: LawKind, name: str, value: float) -> float:
    if not value > 0:
        raise LawError(f"{kind} {name}", f"{value:.12g}", allowed="a number, above 0")
    return value


def _lognormal(mean: float, sd: float) -> tuple[float, ...]:
    _positive(LawKind.LOGNORMAL, "mean", mean)
    if sd < 0:
        raise LawError("lognormal sd", f"{sd:.12g}", allowed="a number, 0 or more")
    spread = math.log1p((sd / mean) ** 2)
    return (math.log(mean) - spread / 2, math.sqrt(spread))


def _gamma(mean: float, sd: float) -> tuple[float, ...]:
    _positive(LawKind.GAMMA, "mean", mean)
    _positive(LawKind.GAMMA, "sd", sd)
    return ((mean / sd) ** 2, sd**2 / mean)


def _negbin(mean: float, variance: float) -> tuple[float, ...]:
    _positive(LawKind.NEGBIN, "mean", mean)
    if not variance > mean:
        raise LawError(
            "negbin var",
            f"{variance:.12g}",
            allowed=f"a variance above the mean, {mean:.12g}",
            fix=f"where they are equal, write poisson({mean:.12g})",
        )
    return (mean**2 / (variance - mean), mean / variance)


def _inverse(kind: LawKind, name: str) -> Convert:
    return lambda value: (1 / _positive(kind, name, value),)


FORMS: Mapping[LawKind, tuple[Form, ...]] = MappingProxyType(
    {
        LawKind.CONSTANT: (Form(("value",), _as_written),),
        LawKind.NORMAL: (
            Form(("mean", "sd"), _as_written),
            Form(("mean", "cv"), lambda mean, cv: (mean, abs(mean) * cv)),
            Form(("mean", "var"), lambda mean, var: (mean, math.sqrt(var) if var >= 0 else var)),
        ),
        LawKind.LOGNORMAL: (
            Form(("mu", "sigma"), _as_written),
            Form(("mean", "sd"), _lognormal),
            Form(("mean", "cv"), lambda mean, cv: _lognormal(mean, mean * cv)),
        ),
        LawKind.GAMMA: (
            Form(("shape", "scale"), _as_written),
            Form(("mean", "sd"), _gamma),
            Form(("mean", "cv"), lambda mean, cv: _gamma(mean, mean * cv)),
        ),
        LawKind.EXPONENTIAL: (
            Form(("mean",), _as_written),
            Form(("rate",), _inverse(LawKind.EXPONENTIAL, "rate")),
        ),
        LawKind.WEIBULL: (Form(("shape", "scale"), _as_written),),
        LawKind.UNIFORM: (Form(("low", "high"), _as_written),),
        LawKind.TRIANGULAR: (Form(("low", "mode", "high"), _as_written),),
        LawKind.POISSON: (Form(("mean",), _as_written),),
        LawKind.NEGBIN: (
            Form(("n", "p"), _as_written),
            Form(("mean", "var"), _negbin),
            Form(("mean", "sd"), lambda mean, sd: _negbin(mean, sd**2)),
            Form(("mean", "cv"), lambda mean, cv: _negbin(mean, (mean * cv) ** 2)),
        ),
        LawKind.BINOMIAL: (Form(("n", "p"), _as_written),),
        LawKind.BERNOULLI: (Form(("p",), _as_written),),
        LawKind.GEOMETRIC: (
            Form(("p",), _as_written),
            Form(("mean",), _inverse(LawKind.GEOMETRIC, "mean")),
        ),
        LawKind.UNIFORM_INT: (Form(("low", "high"), _as_written),),
    }
)
"""The first form of a law is the one for numbers without names."""
