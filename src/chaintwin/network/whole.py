"""Fractions where quantities are whole units: recipes, levels, stocks and lot sizes."""

from __future__ import annotations

import polars as pl

from chaintwin.network.graph import Graph, Policy

FIELDS = (
    ("on_hand", "first stock"),
    ("low", "level"),
    ("high", "upper level or lot"),
    ("minimum_order", "minimum_order"),
    ("batch", "batch"),
)
"""Quantities of a stock point, with their names for people."""


def fractions(graph: Graph) -> pl.DataFrame:
    """Return every fraction that the engine would have to round in whole-unit mode, where its books must balance exactly.

    Parameters
    ----------
    graph : any; one whose quantities are real numbers has none.

    Returns
    -------
    ``name`` (of the quantity, for people) and ``value``, sorted by name within each kind.
    """
    if not graph.integer:
        return pl.DataFrame(schema={"name": pl.String, "value": pl.Float64})
    # Of a rule that covers its forecast the upper level is a number of periods.
    buffers = graph.buffers.with_columns(high=pl.when(pl.col("policy") == Policy.DRP).then(0.0).otherwise(pl.col("high")))
    return pl.concat(
        [
            _fractions(graph.outputs, "quantity", pl.concat_str("activity_id", pl.lit(" gives units of "), "buffer_id")),
            _fractions(graph.inputs, "quantity", pl.concat_str("activity_id", pl.lit(" takes units of "), "buffer_id")),
            *(
                _fractions(graph.activities, name, pl.concat_str("activity_id", pl.lit(f" {name}")))
                for name in ("minimum_order", "batch")
            ),
            *(_fractions(buffers, column, pl.concat_str("buffer_id", pl.lit(f" {meaning}"))) for column, meaning in FIELDS),
        ]
    )


def _fractions(frame: pl.DataFrame, column: str, name: pl.Expr) -> pl.DataFrame:
    value = pl.col(column)
    return frame.filter(value != value.round(0)).select(name=name, value=value).sort("name")
