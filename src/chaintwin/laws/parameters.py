"""The kinds of laws, and what each parameter may be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from chaintwin.errors import Finding, UsageError

LARGEST = 1e15
"""No parameter and no value is larger in size: beyond it whole numbers are no longer exact in double precision."""

SUM_TOLERANCE = 1e-9
"""How far the weights of a pmf may be from 1 in total; more is a mistake, not a rounding of the last digit."""


class LawKind(StrEnum):
    """The kinds of laws, by the names people write."""

    # Enum's own hash is a Python function; laws are counted and shared by hash, a hundred thousand at a time.
    __hash__ = str.__hash__

    CONSTANT = "constant"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    EXPONENTIAL = "exponential"
    WEIBULL = "weibull"
    UNIFORM = "uniform"
    TRIANGULAR = "triangular"
    POISSON = "poisson"
    NEGBIN = "negbin"
    BINOMIAL = "binomial"
    BERNOULLI = "bernoulli"
    GEOMETRIC = "geometric"
    UNIFORM_INT = "uniform_int"
    PMF = "pmf"
    EMPIRICAL = "empirical"
    TRUNCATED = "truncated"
    SHIFT = "shift"
    ZERO_INFLATED = "zero_inflated"


class LawError(UsageError):
    """Raised when a law cannot mean anything: what is wrong where, what was found, what is allowed, how to mend it.

    Parameters
    ----------
    what : the law or parameter at fault, such as ``normal sd``.
    found : the value or text met.
    allowed : what would have been accepted.
    fix : the suggested repair, empty if there is none.
    text : the whole cell, empty if the law did not come from text.
    position : where in the cell, counted from 1; 0 if unknown.
    """

    code: ClassVar[str] = "law"

    def __init__(self, what: str, found: str, *, allowed: str, fix: str = "", text: str = "", position: int = 0) -> None:
        self.what = what
        self.found = found
        self.allowed = allowed
        self.fix = fix
        self.text = text
        self.position = position
        place = f" at position {position} of {_shortened(text)!r}" if position else ""
        message = f"{what}: found {found}{place}; allowed: {allowed}"
        super().__init__(f"{message}; fix: {fix}" if fix else message)

    def as_finding(self, *, file: str = "", row: int = 0, column: str = "") -> Finding:
        """Return the fault as a finding about a cell.

        Example
        -------
        >>> str(LawError("normal sd", "-2", allowed="0 or more").as_finding(file="demand.csv", row=4, column="law"))
        'demand.csv:4 law: found normal sd -2; allowed: 0 or more'
        """
        place = f" at position {self.position} of {_shortened(self.text)!r}" if self.position else ""
        found = f"{self.what} {self.found}{place}"
        return Finding(code="law.invalid", found=found, allowed=self.allowed, fix=self.fix, file=file, row=row, column=column)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one parameter may be: its name, its range, and whether it must be whole."""

    name: str
    low: float = -LARGEST
    high: float = LARGEST
    is_low_open: bool = False
    is_high_open: bool = False
    is_whole: bool = False

    def allows(self, value: float) -> bool:
        """Tell whether the value is inside the range."""
        is_above = value > self.low if self.is_low_open else value >= self.low
        is_below = value < self.high if self.is_high_open else value <= self.high
        return is_above and is_below and (not self.is_whole or value == math.floor(value))

    def __str__(self) -> str:
        noun = "a whole number" if self.is_whole else "a number"
        parts = []
        if self.low > -LARGEST:
            parts.append(f"above {self.low:g}" if self.is_low_open else f"{self.low:g} or more")
        if self.high < LARGEST:
            parts.append(f"below {self.high:g}" if self.is_high_open else f"at most {self.high:g}")
        return f"{noun}, {', '.join(parts)}" if parts else f"{noun} up to {LARGEST:g} in size"


_MEAN = Rule("mean")
_POSITIVE_MEAN = Rule("mean", 0.0, is_low_open=True)
_SHAPE = Rule("shape", 0.0, is_low_open=True)
_SCALE = Rule("scale", 0.0, is_low_open=True)
_SHARE = Rule("p", 0.0, 1.0)
_POSITIVE_SHARE = Rule("p", 0.0, 1.0, is_low_open=True)

RULES: Mapping[LawKind, tuple[Rule, ...]] = MappingProxyType(
    {
        LawKind.CONSTANT: (Rule("value"),),
        LawKind.NORMAL: (_MEAN, Rule("sd", 0.0)),
        # exp(700) is near the largest double; the variance, exp(2 mu + 2 sigma**2), must stay finite too.
        LawKind.LOGNORMAL: (Rule("mu", -300.0, 300.0), Rule("sigma", 0.0, 8.0)),
        LawKind.GAMMA: (_SHAPE, _SCALE),
        LawKind.EXPONENTIAL: (_POSITIVE_MEAN,),
        # The variance needs the gamma function of 1 + 2/shape, which overflows above 171.
        LawKind.WEIBULL: (Rule("shape", 0.02), _SCALE),
        LawKind.UNIFORM: (Rule("low"), Rule("high")),
        LawKind.TRIANGULAR: (Rule("low"), Rule("mode"), Rule("high")),
        LawKind.POISSON: (Rule("mean", 0.0),),
        LawKind.NEGBIN: (Rule("n", 0.0, is_low_open=True), _POSITIVE_SHARE),
        LawKind.BINOMIAL: (Rule("n", 0.0, is_whole=True), _SHARE),
        LawKind.BERNOULLI: (_SHARE,),
        LawKind.GEOMETRIC: (_POSITIVE_SHARE,),
        LawKind.UNIFORM_INT: (Rule("low", is_whole=True), Rule("high", is_whole=True)),
        LawKind.PMF: (),
        LawKind.EMPIRICAL: (),
        LawKind.TRUNCATED: (Rule("low", -math.inf), Rule("high", high=math.inf)),
        LawKind.SHIFT: (Rule("x"),),
        LawKind.ZERO_INFLATED: (Rule("p", 0.0, 1.0, is_high_open=True),),
    }
)

WRAPPERS = frozenset({LawKind.TRUNCATED, LawKind.SHIFT, LawKind.ZERO_INFLATED})
"""Laws made from another law."""


ORDERED = frozenset({LawKind.UNIFORM, LawKind.TRIANGULAR, LawKind.UNIFORM_INT, LawKind.TRUNCATED})
"""Laws whose parameters must ascend."""


def check_parameters(kind: LawKind, parameters: tuple[float, ...]) -> None:
    """Refuse parameters that the kind does not allow.

    Raises
    ------
    LawError : a parameter is missing, out of its range or out of order.

    Example
    -------
    >>> check_parameters(LawKind.NORMAL, (100.0, 20.0))
    """
    rules = RULES[kind]
    if len(parameters) != len(rules):
        names = ", ".join(rule.name for rule in rules)
        raise LawError(kind, f"{len(parameters)} parameters", allowed=f"{len(rules)} ({names})")
    for rule, value in zip(rules, parameters, strict=True):
        if not rule.allows(value):
            raise LawError(f"{kind} {rule.name}", f"{value:.12g}", allowed=str(rule))
    if kind not in ORDERED:
        return
    for first, second in itertools.pairwise(range(len(rules))):
        if parameters[first] > parameters[second]:
            name, next_name = rules[first].name, rules[second].name
            raise LawError(
                f"{kind} {name}",
                f"{parameters[first]:.12g}, above {next_name} {parameters[second]:.12g}",
                allowed=f"{name} at most {next_name}",
                fix=f"write the parameters in the order {', '.join(rule.name for rule in rules)}",
            )


def check_weights(kind: LawKind, values: tuple[float, ...], *, weights: tuple[float, ...]) -> None:
    """Refuse values and weights that are no law: values must ascend, weights be positive and, for a pmf, sum to 1.

    Raises
    ------
    LawError : a value or a weight is not allowed, or the weights do not sum to 1.

    Example
    -------
    >>> check_weights(LawKind.PMF, (1.0, 3.0), weights=(0.4, 0.6))
    """
    if not values or len(values) != len(weights):
        raise LawError(kind, f"{len(values)} values and {len(weights)} weights", allowed="one weight per value")
    for value, weight in zip(values, weights, strict=True):
        if not abs(value) <= LARGEST:
            raise LawError(f"{kind} value", f"{value:.12g}", allowed=f"a number up to {LARGEST:g} in size")
        if not 0 < weight <= LARGEST:
            raise LawError(f"{kind} weight of {value:.12g}", f"{weight:.12g}", allowed="a number, above 0")
    if any(first >= second for first, second in itertools.pairwise(values)):
        raise LawError(kind, "values out of order", allowed="each value once, in ascending order")
    total = math.fsum(weights)
    if kind is LawKind.PMF and abs(total - 1) > SUM_TOLERANCE:
        mended = ", ".join(f"{v:.12g}:{w / total:.12g}" for v, w in zip(values, weights, strict=True))
        raise LawError(kind, f"weights that sum to {total:.12g}", allowed="weights that sum to 1", fix=f"pmf({mended})")


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
