"""A refit as a table: what was in use, what was fitted, how sure that is, and whether it is used."""

from __future__ import annotations

import numpy as np
import polars as pl

from chaintwin.fidelity.calibration.parameters import Parameter, ParameterKind
from chaintwin.fidelity.versions.applying import lane_of
from chaintwin.fidelity.versions.refitting import InUse, Refit
from chaintwin.fidelity.versions.whole_periods import table_of

INTERVAL = (0.05, 0.95)
"""Ends of the interval that is shown: 90 of 100 draws."""

SCHEMA = pl.Schema(
    {
        "kind": pl.String(),
        "subject": pl.String(),
        "before": pl.Float64(),
        "mean": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "change": pl.Float64(),
        "spread": pl.Float64(),
        "observed": pl.Int64(),
        "open": pl.Int64(),
        "mode": pl.String(),
        "mode_before": pl.String(),
        "drifted": pl.Boolean(),
        "used": pl.Boolean(),
        "method": pl.String(),
        "since": pl.Datetime("us", "UTC"),
        "until": pl.Datetime("us", "UTC"),
    }
)


def compared(found: Refit, in_use: InUse) -> pl.DataFrame:
    """Return a row for each parameter that was fitted, those that changed most first.

    Parameters
    ----------
    found : the refit. in_use : what was in use before.

    Returns
    -------
    ``kind``, ``subject``, ``before`` (mean in use, periods, share or units; null where there is none), ``mean`` of the fit with
    the interval ``low`` to ``high`` of its draws, ``change`` (relative), ``spread`` (coefficient of variation of a lead time),
    ``observed`` and ``open`` observations, ``mode`` of lead times and that in use, ``drifted``, ``used``, ``method``, ``since``
    and ``until``: of the data.
    """
    rows = [_row(one, found, in_use=in_use) for one in found.fitted]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    return frame.sort(pl.col("change").abs(), descending=True, nulls_last=True, maintain_order=True)


def described(version: tuple[Parameter, ...]) -> pl.DataFrame:
    """Return a row for each parameter of a version: the columns of ``compared`` that need nothing else."""
    names = ("kind", "subject", "mean", "low", "high", "spread", "observed", "open", "mode", "method", "since", "until")
    rows = [{**_fitted(one), "kind": one.kind.value, "subject": one.subject} for one in version]
    return pl.DataFrame(rows, schema={name: SCHEMA[name] for name in names}, orient="row")


def _row(one: Parameter, found: Refit, *, in_use: InUse) -> dict[str, object]:
    before, mode = _before(one, in_use)
    fitted = _fitted(one)
    mean = fitted["mean"]
    assert isinstance(mean, float)
    return {
        "kind": one.kind.value,
        "subject": one.subject,
        "before": before,
        "change": mean / before - 1.0 if before else None,
        "mode_before": mode,
        "drifted": one.subject in found.drifted and one.kind is ParameterKind.LEAD_TIME,
        "used": (one.kind, one.subject) in found.adopted and found.decided.accepted,
        **fitted,
    }


def _fitted(one: Parameter) -> dict[str, object]:
    if one.kind is ParameterKind.LEAD_TIME:
        table = table_of(one)
        means = table.means
        mixed = table.mixed
        periods = np.arange(mixed.first, mixed.first + mixed.shares.shape[1])
        mean = float(mixed.means[0])
        deviation = float(np.sqrt(max(float(mixed.shares[0] @ periods**2) - mean**2, 0.0)))
        spread: float | None = deviation / mean if mean else None
    else:
        means, spread = np.array([one.draw(number).mean for number in range(len(one.draws))]), None
        mean = float(means.mean())
    low, high = np.quantile(means, INTERVAL)
    return {
        "mean": mean,
        "low": float(low),
        "high": float(high),
        "spread": spread,
        "observed": one.sample_size,
        "open": one.censored_count,
        "mode": one.mode,
        "method": one.method,
        "since": one.since,
        "until": one.until,
    }


def _before(one: Parameter, in_use: InUse) -> tuple[float | None, str]:
    if one.kind is ParameterKind.LEAD_TIME:
        law = in_use.laws.of(lane_of(one.subject, in_use.laws.layout))
        return (None, "") if law is None else (float(law.table.means[0]), law.mode.name.lower())
    return in_use.values(one.kind).get(one.subject), ""
