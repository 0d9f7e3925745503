"""The lowered network with the frames several checks share."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.network.doctor.marks import Subject
from chaintwin.network.lowering import Lowered


@dataclass(frozen=True, slots=True)
class Structure:
    """A network and what it was lowered to.

    Parameters
    ----------
    subject : the tables.
    lowered : the graph and the steps it came from.
    """

    subject: Subject
    lowered: Lowered

    @property
    def names(self) -> pl.Series:
        """Names of the stock points, in the order of their numbers."""
        return self.lowered.graph.buffers["buffer_id"]

    def in_force(self, table: str) -> pl.DataFrame:
        """Return the rows of a table in force on the first day, with their numbers; others are reported as such."""
        frame = self.subject.table(table)
        if table == "lanes":
            # A blank mode is part of a lane's name only once it has been proposed.
            frame = frame.with_columns(self.lowered.proposals.network["lanes"]["mode"])
        if "valid_to" not in frame.columns:
            return frame
        start = pl.lit(self.subject.settings.start)
        begun = pl.col("valid_from").is_null() | (pl.col("valid_from") <= start)
        return frame.filter(begun & (pl.col("valid_to").is_null() | (pl.col("valid_to") >= start)))

    def lane_place(self, lane_id: str) -> tuple[str, int]:
        """Return file and row of a lane; row 0 where none is found."""
        ends = self.lowered.rows["lanes"].filter(pl.col("lane_id") == lane_id)
        ends = ends.select(pl.col("from_site", "to_site").cast(pl.String), lane_id="lane_id")
        # Lanes without a name of their own were given one.
        lanes = self.subject.table("lanes")
        match = lanes.join(ends, on=["from_site", "to_site"], maintain_order="left", suffix="_given").filter(
            pl.col("lane_id").is_null() | (pl.col("lane_id") == lane_id)
        )
        return self.subject.file("lanes"), int(match["row"][0]) if match.height else 0

    def source_place(self, activity_id: str, *, where: pl.Expr | None = None) -> tuple[str, int]:
        """Return file and row of the source of an activity; row 0 where none is found.

        Parameters
        ----------
        activity_id : of the graph.
        where : what else must hold for the row.
        """
        made = self.lowered.found.activities.filter(pl.col("activity_id") == activity_id)
        site, product = made.select(pl.col("site_id", "product_id").cast(pl.String)).row(0)
        rows = self.subject.table("sources").filter((pl.col("site_id") == site) & (pl.col("product_id") == product))
        rows = rows if where is None else rows.filter(where)
        return self.subject.file("sources"), int(rows["row"][0]) if rows.height else 0
