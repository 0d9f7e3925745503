"""Fractions where quantities are whole units: yields, recipes, levels, stocks and lot sizes."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import MOST, joined, number, remark
from chaintwin.network.doctor.structure.subject import Structure

FIX = "write a whole number, count the product in a smaller unit, or set quantities to continuous"


def check_whole(structure: Structure) -> list[Finding]:
    """Report every fraction that the engine would have to round in whole-unit mode, where its books must balance exactly."""
    graph = structure.lowered.graph
    if not graph.integer:
        return []
    good = graph.outputs.join(graph.activities.select("activity_id", "yield_rate"), on="activity_id", how="left")
    good = good.with_columns(quantity=pl.col("quantity") * pl.col("yield_rate"))
    frames = [
        _fractions(good, "quantity", joined(pl.col("activity_id"), " gives good units of ", pl.col("buffer_id"))),
        _fractions(graph.inputs, "quantity", joined(pl.col("activity_id"), " takes units of ", pl.col("buffer_id"))),
        *(_fractions(graph.activities, name, joined(pl.col("activity_id"), f" {name}")) for name in ("minimum_order", "batch")),
        *(
            _fractions(graph.buffers, column, joined(pl.col("buffer_id"), f" {meaning}"))
            for column, meaning in (("on_hand", "first stock"), ("low", "level"), ("high", "upper level or lot"))
        ),
    ]
    rows = pl.concat(frames).rows()
    return [
        remark(
            "quantity.fraction",
            found=f"{name}: {number(value)}",
            fix=FIX,
            count=1 + (len(rows) - MOST if place == MOST - 1 else 0),
        )
        for place, (name, value) in enumerate(rows[:MOST])
    ]


def _fractions(frame: pl.DataFrame, column: str, name: pl.Expr) -> pl.DataFrame:
    value = pl.col(column)
    return frame.filter(value != value.round(0)).select(name=name, value=value).sort("name")
