"""What a comparison found: the difference of every figure to a reference, with its interval and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.network.tables.files.workbook_writing import write_workbook
from chaintwin.simulation.comparing.accounts import account_differences
from chaintwin.simulation.comparing.differing import SCHEMA, Row, difference_rows
from chaintwin.simulation.comparing.verdicts import Verdict
from chaintwin.simulation.results import Result
from chaintwin.simulation.writing import harmless

Floats = NDArray[np.float64]

ENDINGS = (".csv", ".parquet", ".xlsx")
"""Kinds of file a comparison is written to."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scenarios against a reference, on the same random numbers.

    Parameters
    ----------
    reference : name of the scenario that the others are compared with.
    confidence : level of every interval, 0 to 1.
    differences : one row a scenario and figure: ``scenario``, ``figure``, ``unit``; ``good``, which is ``more`` or ``less`` where
        one of them is good; ``reference`` and ``value``; ``difference`` of the two with its interval ``low`` to ``high``;
        ``relative``, the difference over the reference; ``variance_ratio``, the variance of the difference over that on
        independent random numbers; ``better_share``, the share of the replications in which the scenario is better;
        ``replications``; ``verdict``, see ``Verdict``.
    results : by scenario what ``simulate`` returns for it, the reference among them.
    accounts : one row a scenario, account and figure (``margin``, ``cash``, ``funding``), where a project lists partners:
        ``account_id``, ``is_owner`` and the columns of ``differences`` that apply.
    """

    reference: str
    confidence: float
    differences: pl.DataFrame
    results: Mapping[str, Result]
    accounts: pl.DataFrame = field(default_factory=pl.DataFrame)

    def __post_init__(self) -> None:
        object.__setattr__(self, "results", MappingProxyType(dict(self.results)))

    def __getitem__(self, place: tuple[str, str]) -> tuple[float, float, float]:
        """Return difference, low and high end for a scenario and a figure, NaN where not known; KeyError for other names."""
        row = self._row(place)
        difference, low, high = (math.nan if row[name] is None else float(row[name]) for name in ("difference", "low", "high"))
        return difference, low, high

    def verdict(self, scenario: str, figure: str) -> Verdict:
        """Return what the difference of a figure says; KeyError for other names."""
        return Verdict(self._row((scenario, figure))["verdict"])

    def write(self, path: Path | str) -> None:
        """Write the differences to a file; it appears complete or not at all.

        Those of accounts, where there are any, are a sheet of their own in a workbook, else a file beside it, see
        ``accounts_file``.

        Parameters
        ----------
        path : ends in ``.csv``, ``.parquet`` or ``.xlsx``. In CSV a text that a spreadsheet would take for a formula has an
            apostrophe before it.

        Raises
        ------
        UsageError
            Another ending, or no folder to write to.
        """
        check_file(path)
        target, ending = Path(path), Path(path).suffix.lower()
        tables = {"differences": self.differences} | ({"accounts": self.accounts} if self.accounts.height else {})
        if ending != ".xlsx":
            files = dict(zip((target, accounts_file(target)), tables.values(), strict=False))
            for file in files:
                check_file(file)
            for file, frame in files.items():
                write_file(file, harmless(frame).write_csv if ending == ".csv" else frame.write_parquet)
        else:
            span = asdict(self.results[self.reference].span)
            about: dict[str, tuple[str | float, str]] = {
                "reference": (self.reference, "What the scenarios are compared with."),
                "confidence": (self.confidence, "Level of every interval."),
                **{name: (str(value), "Of every scenario.") for name, value in span.items()},
            }
            write_file(target, lambda file: write_workbook(file, about, sheet="comparison", tables=tables))

    def _row(self, place: tuple[str, str]) -> dict[str, Any]:
        scenario, figure = place
        found = self.differences.filter((pl.col("scenario") == scenario) & (pl.col("figure") == figure))
        if not found.height:
            raise KeyError(place)
        return found.row(0, named=True)


def accounts_file(path: Path | str) -> Path:
    """Return the file that differences of accounts are written to, beside that of the others.

    Example
    -------
    >>> accounts_file("found.csv").name
    'found-accounts.csv'
    """
    target = Path(path)
    return target.with_name(f"{target.stem}-accounts{target.suffix}")


def check_file(path: Path | str) -> None:
    """Refuse a file that a comparison cannot be written to, before time is spent on one.

    Raises
    ------
    UsageError
        Another ending than ENDINGS, a folder, or no folder to write to.
    """
    target = Path(path)
    if target.suffix.lower() not in ENDINGS:
        raise UsageError(f"{target}: found the ending {target.suffix or 'none'}; allowed: {', '.join(ENDINGS)}")
    if target.is_dir():
        raise UsageError(f"{target}: found a folder; allowed: a file")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"{target}: found no folder {target.parent}; allowed: a file in a folder that exists")


def comparison_of(
    ledgers: Mapping[str, Floats],
    results: Mapping[str, Result],
    *,
    accounts: Mapping[str, Floats],
    reference: str,
    confidence: float,
) -> Comparison:
    """Compare every scenario with the reference.

    Parameters
    ----------
    ledgers : by scenario Floats[replications, LEDGER], of the same replications.
    results : by scenario its result.
    accounts : by scenario Floats[replications, ACCOUNT_FIGURES x accounts].
    reference : name of one of them.
    confidence : level of the intervals, between 0 and 1.
    """
    units = dict(results[reference].summary.select("figure", "unit").iter_rows())
    rows: list[Row] = []
    for name, ledger in ledgers.items():
        if name != reference:
            is_random = results[name].is_random or results[reference].is_random
            rows += difference_rows(
                name, ledger, base=ledgers[reference], units=units, is_random=is_random, confidence=confidence
            )
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))
    money = account_differences(accounts, results, reference=reference, confidence=confidence)
    return Comparison(reference, confidence, frame, results, money)
