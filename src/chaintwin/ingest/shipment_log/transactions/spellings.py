"""Names that differ only in letter case, spaces or signs are taken for one: ``Wien``, ``WIEN`` and ``Wien,``."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl

from chaintwin.errors import Finding, Severity, amount_of
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping

KINDS: Mapping[str, tuple[str, ...]] = {"sites": ("origin", "vendor", "destination"), "products": ("product",)}
"""Fields whose names are compared with each other, by kind as the mapping names it."""

EXAMPLES_MAX = 3

_SIGNS = r"[\s.,;:_\-/\\()\[\]{}'\"*|!’`´‘–—]+"
_BETWEEN_DIGITS = re.compile(rf"(?<=\d){_SIGNS}(?=\d)")
_ELSEWHERE = re.compile(rf"(?<!\d){_SIGNS}|{_SIGNS}(?!\d)")


def spelling_key(name: str) -> str:
    """Return the form of a name in which spellings are compared: small letters, without spaces and signs.

    What stands between two digits stays, because it tells numbers apart: 1.5 is not 15, and 3/4 not 3-4. Signs such as + and
    # stay as well: A+ is not A.

    Parameters
    ----------
    name : as in the log.

    Example
    -------
    >>> [spelling_key(name) for name in ("WIEN,", "Seal-Kit", "Pump 1.5 kW", "Pump 15 kW", "M 7 - 10")]
    ['wien', 'sealkit', 'pump1.5kw', 'pump15kw', 'm7-10']
    """
    kept = _BETWEEN_DIGITS.sub(lambda match: re.sub(r"\s", "", match[0]) or " ", name.casefold())
    return _ELSEWHERE.sub("", kept) or name


def code_key(name: str) -> str:
    """Return the form in which product names and codes are compared: small letters, and one sign for every run of signs.

    Signs stay in their place, because codes such as 1-A1 and 1A-1 are not the same, and so does a minus before a number.

    Parameters
    ----------
    name : as in the log.

    Example
    -------
    >>> [code_key(name) for name in ("Seal - Kit", "SEAL-KIT,", "1-A1", "1A-1", "-5 C", "Pump 1.5 kW")]
    ['seal-kit', 'seal-kit', '1-a1', '1a-1', '-5-c', 'pump-1.5-kw']
    """
    kept = _BETWEEN_DIGITS.sub(lambda match: re.sub(r"\s", "", match[0]) or " ", name.casefold().strip().replace("−", "-"))
    minus = "-" if re.match(r"[-–]\d", kept) else ""
    return minus + _ELSEWHERE.sub("-", kept).strip("-") or name


def merge_spellings(frame: pl.DataFrame, mapping: LogMapping) -> tuple[pl.DataFrame, tuple[Finding, ...], dict[str, int]]:
    """Return the lines with one spelling a name, the most frequent one (of equals the first by letters).

    Parameters
    ----------
    frame : lines as in ``LogLines.frame``.
    mapping : says which kinds of names keep their spellings.

    Returns
    -------
    The lines, findings, and the number of spellings merged away by kind.
    """
    findings: list[Finding] = []
    merged: dict[str, int] = {}
    for kind, fields in KINDS.items():
        if kind in mapping.kept_spellings:
            continue
        names = pl.concat([frame[field].drop_nulls().alias("name") for field in fields])
        counted = pl.DataFrame(names).group_by("name").len(name="n").sort(["n", "name"], descending=[True, False])
        groups = _groups(counted.iter_rows(), key=code_key if kind == "products" else spelling_key)
        merged[kind] = sum(len(group) - 1 for group in groups)
        if not groups:
            continue
        chosen = {name: group[0] for group in groups for name in group[1:]}
        findings.append(_finding(groups, kind=kind, lines=int(names.is_in(list(chosen)).sum())))
        frame = frame.with_columns(pl.col(field).replace(chosen) for field in fields)
    return frame, tuple(findings), merged


def _groups(counted: Iterable[tuple[str, int]], *, key: Callable[[str], str]) -> list[list[str]]:
    """Return the names that share a key, the most frequent first, where there are several."""
    by_key: dict[str, list[str]] = defaultdict(list)
    for name, _ in counted:
        by_key[key(name)].append(name)
    return [group for group in by_key.values() if len(group) > 1]


def _finding(groups: Sequence[Sequence[str]], *, kind: str, lines: int) -> Finding:
    # Case and spaces are typing; where signs differ, names may be of different things.
    bold = [len({re.sub(r"\s", "", name.casefold()) for name in group}) > 1 for group in groups]
    severity = Severity.WARNING if any(bold) else Severity.NOTE
    groups = [group for _, group in sorted(zip(bold, groups, strict=True), key=lambda pair: not pair[0])]
    examples = "; ".join(f"{', '.join(repr(name) for name in group[1:4])} for {group[0]!r}" for group in groups[:EXAMPLES_MAX])
    spellings = sum(len(group) - 1 for group in groups)
    fix = f'taken for one each by the most frequent spelling; {kind} = "keep" under [spellings] in the mapping tells them apart'
    names = amount_of(len(groups), kind.removesuffix("s"))
    found = f"{amount_of(spellings, 'other spelling')} of {names}: {examples}"
    return Finding("log.spelling_merged", found, "one spelling a name", fix, "", 0, kind, severity, lines)
