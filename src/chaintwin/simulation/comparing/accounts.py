"""What accounts get and give in scenarios: the difference of each to a reference, with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.simulation.comparing.paired import Difference, difference, mean_of
from chaintwin.simulation.comparing.verdicts import verdict_of
from chaintwin.simulation.counting.measures import ACCOUNT_FIGURES
from chaintwin.simulation.results import Result

Floats = NDArray[np.float64]

ACCOUNT_SCHEMA = pl.Schema(
    {
        "scenario": pl.String,
        "account_id": pl.String,
        "is_owner": pl.Boolean,
        "figure": pl.String,
        "unit": pl.String,
        "reference": pl.Float64,
        "value": pl.Float64,
        "difference": pl.Float64,
        "low": pl.Float64,
        "high": pl.Float64,
        "relative": pl.Float64,
        "variance_ratio": pl.Float64,
        "replications": pl.Int64,
        "verdict": pl.String,
    }
)


def account_differences(
    ledgers: Mapping[str, Floats], results: Mapping[str, Result], *, reference: str, confidence: float
) -> pl.DataFrame:
    """Return one row a scenario, account and figure; none where no scenario has accounts.

    An account that a scenario does not have gets and gives nothing there. What is good for one account is seldom so for those it
    pays, so verdicts say higher or lower.

    Parameters
    ----------
    ledgers : by scenario Floats[replications, ACCOUNT_FIGURES x accounts], of the same replications, the accounts in the order of
        the result.
    results : by scenario its result.
    reference : name of one of them.
    confidence : level of the intervals, between 0 and 1.
    """
    known: dict[str, bool] = {}
    for result in results.values():
        if result.accounts.height:
            for name, is_owner in result.accounts.select("account_id", "is_owner").iter_rows():
                known[name] = known.get(name, False) or is_owner
    names = sorted(known)
    values = {name: _cube(ledger, results[name].accounts, names=names) for name, ledger in ledgers.items()}
    base, money = values[reference], results[reference].currency
    units = dict.fromkeys(ACCOUNT_FIGURES, f"{money}/{results[reference].period}") | {"funding": money}
    rows: list[tuple[object, ...]] = []
    for scenario, one in values.items():
        if scenario == reference or not names:
            continue
        is_random = results[scenario].is_random or results[reference].is_random
        for figure, name in ((figure, name) for figure in range(len(ACCOUNT_FIGURES)) for name in range(len(names))):
            found = difference(mean_of(one[figure, name]), mean_of(base[figure, name]), confidence=confidence)
            if not is_random:
                found = Difference(found.value, 0.0, math.nan)
            before, after = float(base[figure, name].mean()), float(one[figure, name].mean())
            # Sums of what comes and goes round by parts of what flows, not of what is left.
            size = max(float(np.abs(base[figure]).max()), float(np.abs(one[figure]).max()))
            rows.append(
                (
                    scenario,
                    names[name],
                    known[names[name]],
                    ACCOUNT_FIGURES[figure],
                    units[ACCOUNT_FIGURES[figure]],
                    before,
                    after,
                    found.value,
                    found.low,
                    found.high,
                    found.value / abs(before) if before else math.nan,
                    found.variance_ratio,
                    one.shape[2],
                    verdict_of(found, sign=0, size=size).value,
                )
            )
    return pl.DataFrame(rows, schema=ACCOUNT_SCHEMA, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def _cube(ledger: Floats, accounts: pl.DataFrame, *, names: list[str]) -> Floats:
    """Return Floats[ACCOUNT_FIGURES, names, replications]; 0 for accounts that are not there."""
    found = np.zeros((len(ACCOUNT_FIGURES), len(names), ledger.shape[0]))
    if accounts.height:
        place = [names.index(name) for name in accounts["account_id"]]
        found[:, place] = ledger.T.reshape(len(ACCOUNT_FIGURES), accounts.height, -1)
    return found
