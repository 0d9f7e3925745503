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
