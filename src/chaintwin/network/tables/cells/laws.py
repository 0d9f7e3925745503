"""Law cells: a number, or a probability law in the grammar of chaintwin.laws."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from chaintwin.laws.grammar import parse_many
from chaintwin.laws.law import Law
from chaintwin.laws.parameters import LARGEST, LawError
from chaintwin.network.tables.cells.cells import Cells, Fault, Reading, allowed_range, faults_where, shown, without_space
from chaintwin.network.tables.cells.numbers import number_fault, outside_range, range_fault, underflow_fault, vanished
from chaintwin.network.tables.schema import Column

LAW_LENGTH_MAX = 10_000
"""Longest law in characters: a pmf of some thousand values. More belongs in a file (empirical)."""


def read_laws(cells: Cells, folder: Path | None) -> Reading:
    """Return the laws as they were written, null where they cannot be understood.

    Parameters
    ----------
    cells : the column; plain numbers are checked as numbers, every other text is parsed once.
    folder : where files named in laws are found; None if there is none.
    """
    numbers = cells.values.cast(pl.Float64, strict=False)
    is_number = (numbers.abs() <= LARGEST).fill_null(False)
    texts = cells.values.filter(~is_number & cells.values.is_not_null()).unique(maintain_order=True).to_list()
    faults: dict[str, Fault] = {}
    for text, law in zip(texts, parse_many((text[: LAW_LENGTH_MAX + 1] for text in texts), folder=folder), strict=True):
        fault = _law_fault(text, law, cells.column)
        if fault is not None:
            faults[text] = fault
    outside = is_number & outside_range(numbers, cells.column)
    tiny = is_number & vanished(cells, numbers)
    wrong = cells.values.is_in(list(faults)) if faults else outside
    findings = faults_where(cells, outside, judge=lambda text: range_fault(text, cells.column))
    findings += faults_where(cells, tiny, judge=underflow_fault)
    findings += faults_where(cells, wrong & ~outside, judge=lambda text: faults[without_space(text)])
    bad = (outside | wrong | tiny).fill_null(False)
    return Reading(cells.values.zip_with(~bad, pl.Series([None], dtype=pl.String)), findings)


def _law_fault(text: str, law: Law | LawError, column: Column) -> Fault | None:
    if len(text) > LAW_LENGTH_MAX:
        fix = "put the values into a file and write empirical(file.csv)"
        return Fault("law.long", f"{len(text)} characters", f"at most {LAW_LENGTH_MAX}", fix)
    if isinstance(law, LawError):
        # What looks like a number is told as one, with the repaired number.
        number = number_fault(text, column)
        if number.code == "number.overflow":
            return replace(number, allowed=f"numbers up to {LARGEST:g}")
        if "(" not in text and number.code != "number.wrong":
            return number
        fix = law.fix or ("" if "(" in text else "write a number such as 8, or a law such as poisson(8)")
        return Fault("law.invalid", f"{shown(text)} ({law.what}: {law.found})", law.allowed, fix)
    below = column.low is not None and law.mean < column.low
    if below or (column.high is not None and law.mean > column.high):
        fix = "check the signs" if below else "check the parameters and the unit"
        return Fault("law.range", f"{shown(text)}, whose mean is {law.mean:.4g}", f"a mean of {allowed_range(column)}", fix)
    return None
