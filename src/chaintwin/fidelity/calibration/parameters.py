"""Calibrated parameters as documents: posterior samples by subject, in versions that are known by what is in them.

A version is immutable and names the one it came from, so that any past answer can be given again with the parameters of its day.
A simulator asks for the law of a subject in a replication; the draws of one subject are independent of those of all others.
"""

from __future__ import annotations

import math
from enum import StrEnum
from hashlib import sha256
from typing import Literal

import msgspec
import numpy as np

from chaintwin.errors import Finding, InputError, UsageError
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LawError, LawKind
from chaintwin.laws.posteriors.samples import LawPosterior

FORMAT = "chaintwin parameters 1"
"""What a document begins with; another number would be another format."""

LARGEST_BYTES = 256 * 2**20
"""A longer document is neither written nor read: that is some 4,000 lanes with 256 draws of 20 values each."""


class ParameterKind(StrEnum):
    """What a parameter is of."""

    LEAD_TIME = "lead_time"
    """Periods from start to arrival."""
    YIELD = "yield"
    """Share of good units, 0 to 1."""
    CAPACITY = "capacity"
    """Units of a resource a period."""
    DEMAND = "demand"
    """Units asked for a period."""
    DEMAND_LEVEL = "demand_level"
    """Units asked for, as a share of what the tables say."""
    UP_TIME = "up_time"
    """Periods that equipment works until it fails."""
    DOWN_TIME = "down_time"
    """Periods until it works again."""


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One parameter as a posterior sample.

    Parameters
    ----------
    kind, subject : what it is of: id of an activity, ``origin>destination/product``, a resource, a stock point or a demand.
    best : text of the fitted law. law : kind of the drawn laws; ``pmf`` covers draws that are left with one value.
    values : of a pmf, shared by all draws; empty for other laws.
    draws : of each draw the probabilities of the values, or the parameters of the law.
    method : how it was fitted, in words. sample_size, censored_count : observations, and those that are bounds.
    since, until : event times of the data, microseconds since 1970 in UTC.
    mode : of a lead time: ``crossing``, ``fifo`` or ``kaplan``; empty where it is not known.
    """

    kind: ParameterKind
    subject: str
    best: str
    law: LawKind
    values: tuple[float, ...]
    draws: tuple[tuple[float, ...], ...]
    method: str
    sample_size: int
    censored_count: int
    since: int
    until: int
    mode: str = ""

    def draw(self, replication: int) -> Law:
        """Return the law of one replication; draws repeat after the last one.

        Raises
        ------
        UsageError : the replication is negative, or the draw is no law.
        """
        if replication < 0:
            raise UsageError(f"replication: found {replication}; allowed: 0 or more")
        numbers = self.draws[replication % len(self.draws)]
        if self.law is not LawKind.PMF:
            return Law(self.law, numbers)
        kept = [(value, share) for value, share in zip(self.values, numbers, strict=True) if share > 0]
        if len(kept) == 1:
            return Law(LawKind.CONSTANT, (kept[0][0],))
        return Law(LawKind.PMF, values=tuple(value for value, _ in kept), weights=tuple(share for _, share in kept))


class ParameterSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of all parameters.

    Parameters
    ----------
    parameters : by kind and subject, each once. made_at : microseconds since 1970 in UTC.
    seed : that the draws were made with. parent : id of the version before, None for the first.
    note : why it was made, such as the alarm that led to it. format : of the document.
    """

    parameters: tuple[Parameter, ...]
    made_at: int
    seed: int
    parent: str | None = None
    note: str = ""
    format: Literal["chaintwin parameters 1"] = "chaintwin parameters 1"

    @property
    def id(self) -> str:
        """Return the id of the version: a SHA-256 hash of its content, 64 hexadecimal digits."""
        return sha256(_ENCODER.encode(self)).hexdigest()

    def find(self, kind: ParameterKind, subject: str) -> Parameter | None:
        """Return the parameter of a subject, or None where nothing was observed."""
        return next((one for one in self.parameters if one.kind is kind and one.subject == subject), None)

    def laws(self, kind: ParameterKind, *, replication: int) -> dict[str, Law]:
        """Return the law of every subject of a kind in one replication.

        Example
        -------
        >>> drawn = Parameter(ParameterKind.YIELD, "press", "0.95", LawKind.CONSTANT, (), ((0.94,), (0.96,)), "beta", 20, 0, 0, 1)
        >>> found = ParameterSet((drawn,), made_at=1, seed=7).laws(ParameterKind.YIELD, replication=3)
        >>> {subject: str(law) for subject, law in found.items()}
        {'press': '0.96'}
        """
        return {one.subject: one.draw(replication) for one in self.parameters if one.kind is kind}


def parameter_of(
    posterior: LawPosterior, *, kind: ParameterKind, subject: str, since: int, until: int, mode: str = ""
) -> Parameter:
    """Return a posterior as a parameter.

    Parameters
    ----------
    posterior : fit and draws, of one kind of law. kind, subject, since, until, mode : as for `Parameter`.

    Raises
    ------
    UsageError : the draws are of several kinds that no table holds together.

    Example
    -------
    >>> from chaintwin.laws import parse
    >>> drawn = LawPosterior(parse("pmf(2:0.5, 3:0.5)"), (parse("pmf(2:0.4, 3:0.6)"), parse("3")), "curve", 30, 0)
    >>> found = parameter_of(drawn, kind=ParameterKind.LEAD_TIME, subject="a>b/milk", since=0, until=1)
    >>> found.values, found.draws, str(found.draw(1))
    ((2.0, 3.0), ((0.4, 0.6), (0.0, 1.0)), '3')
    """
    kinds = {law.kind for law in posterior.draws}
    values: tuple[float, ...] = ()
    if LawKind.PMF in kinds and kinds <= {LawKind.PMF, LawKind.CONSTANT}:
        law = LawKind.PMF
        values = tuple(sorted({value for one in posterior.draws for value in (one.values or one.parameters)}))
        draws = tuple(_weights(one, values) for one in posterior.draws)
    elif len(kinds) == 1:
        law = kinds.pop()
        draws = tuple(one.parameters for one in posterior.draws)
    else:
        raise UsageError(f"draws: found laws of the kinds {', '.join(sorted(kinds))}; allowed: one kind, or pmf and constants")
    return Parameter(
        kind,
        subject,
        str(posterior.best),
        law,
        values,
        draws,
        posterior.method,
        posterior.sample_size,
        posterior.censored_count,
        since,
        until,
        mode,
    )


def write_parameters(parameters: ParameterSet) -> bytes:
    """Return a version as a JSON document with its id; the same version gives the same bytes.

    Raises
    ------
    UsageError : it would be longer than what `read_parameters` takes.
    """
    content = _ENCODER.encode(_Document(parameters.id, parameters))
    if len(content) > LARGEST_BYTES:
        raise UsageError(
            f"parameters: found {len(parameters.parameters):,} of them in {len(content):,} bytes; "
            f"allowed: {LARGEST_BYTES:,} bytes; fix: fewer draws of each"
        )
    return content


def read_parameters(content: bytes, *, name: str = "parameters", expected: str | None = None) -> ParameterSet:
    """Return the version that a document holds.

    Parameters
    ----------
    content : JSON as `write_parameters` gives it. name : of the document, for messages.
    expected : id of the version that it has to hold: what has this hash was checked before it was written. None to check all.

    Raises
    ------
    InputError : all faults: no such document, an id that is not that of the content, a draw that is no law, a subject twice.

    Example
    -------
    >>> version = ParameterSet((), made_at=1, seed=7)
    >>> read_parameters(write_parameters(version)) == version
    True
    """
    if len(content) > LARGEST_BYTES:
        found = f"{len(content):,} bytes"
        raise InputError([Finding("parameters.form", found, f"up to {LARGEST_BYTES:,} bytes", file=name)])
    try:
        document = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        fix = "write it anew with write_parameters"
        raise InputError([Finding("parameters.form", str(error), f"a document {FORMAT!r}", fix=fix, file=name)]) from None
    version = document.parameters
    findings = []
    if document.id != version.id:
        fix = "take the document from where it was written; a change makes a new version with an id of its own"
        findings.append(Finding("parameters.id", document.id, f"{version.id}, the hash of the content", fix=fix, file=name))
    if expected is None:
        findings += _faults(version, name)
    elif document.id != expected:
        findings.append(Finding("parameters.id", document.id, expected, fix="restore the log from a backup", file=name))
    if findings:
        raise InputError(findings)
    return version


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written: the version and its id."""

    id: str
    parameters: ParameterSet


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(_Document)


def _weights(law: Law, values: tuple[float, ...]) -> tuple[float, ...]:
    held = dict(zip(law.values, law.weights, strict=True)) if law.kind is LawKind.PMF else {law.parameters[0]: 1.0}
    return tuple(held.get(value, 0.0) for value in values)


def _faults(version: ParameterSet, name: str) -> list[Finding]:
    """Return what keeps parameters of a document from being drawn."""
    from chaintwin.laws.grammar import parse

    findings = []
    seen: set[tuple[ParameterKind, str]] = set()
    for row, one in enumerate(version.parameters, start=1):
        if (one.kind, one.subject) in seen:
            found = f"{one.kind} {one.subject}"
            findings.append(Finding("parameters.twice", found, "each subject once", file=name, row=row, column="subject"))
        seen.add((one.kind, one.subject))
        try:
            parse(one.best)
            _check_draws(one)
        except (LawError, ValueError) as error:
            allowed = "draws that are laws, at least one"
            findings.append(Finding("parameters.law", str(error), allowed, file=name, row=row, column="draws"))
    return findings


def _check_draws(one: Parameter) -> None:
    """Refuse draws that are no laws: all of a pmf at once, others one by one."""
    if not one.draws:
        raise ValueError("no draws")
    if one.law is not LawKind.PMF:
        for replication in range(len(one.draws)):
            one.draw(replication)
        return
    if any(len(numbers) != len(one.values) for numbers in one.draws):
        raise ValueError(f"draws of other lengths than the {len(one.values)} values")
    table = np.array(one.draws)
    off = float(np.abs(table.sum(axis=1) - 1.0).max()) if one.values else math.inf
    if not (table >= 0).all() or not off <= 1e-9:
        raise ValueError("probabilities that are negative or do not add up to 1")
    one.draw(0)
