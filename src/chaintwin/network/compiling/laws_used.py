"""Every law of a graph once, and which entity uses which."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.laws import Law, LawError, parse_many
from chaintwin.network.compiling.columns import integers
from chaintwin.network.compiling.refusing import refuse_large_draws
from chaintwin.network.compiling.striking import StrikeRows
from chaintwin.network.graph import Graph, LeadMode
from chaintwin.network.program import Integers
from chaintwin.network.sizes import longest_lead


class UsedLaws:
    """Laws in a fixed order, and their numbers.

    Parameters
    ----------
    graph : the graph.
    activity, stream : its activities and streams, sorted by id.
    strikes : its disruptions, sorted. known : laws by their texts, which need not be read again.

    Attributes
    ----------
    laws : every law once. lead : Integers[A], demand : Integers[D], -1 where a series is replayed; onset, duration, chance :
        Integers[S].
    lead_min, lead_max : Integers[A], period: shortest and longest lead time. is_random : bool[A]: it is drawn, or a disruption
        may change it. longest : Integers[A], period: the longest one with all disruptions together.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        activity: pl.DataFrame,
        stream: pl.DataFrame,
        strikes: StrikeRows,
        known: Mapping[str, Law] | None = None,
    ) -> None:
        more = [strikes.strikes[name] for name in ("onset", "duration", "chance_law")]
        texts = pl.concat([activity["lead"], stream["law"].drop_nulls(), *more]).unique(maintain_order=True).sort()
        given = known or {}
        folder = Path(graph.folder) if graph.folder else None
        read = iter(parse_many([text for text in texts if text not in given], folder=folder))
        parsed = [given[text] if text in given else next(read) for text in texts]
        number = pl.DataFrame({"text": texts, "law": np.arange(texts.len(), dtype=np.int64)})
        wrong = [law for law in parsed if isinstance(law, LawError)]
        if wrong:
            raise wrong[0]
        self.laws: list[Law] = [law for law in parsed if isinstance(law, Law)]
        lead = activity.join(number, left_on="lead", right_on="text", how="left", maintain_order="left")
        self.lead: Integers = integers(lead, "law")
        demand = stream.join(number, left_on="law", right_on="text", how="left", maintain_order="left")
        self.demand: Integers = demand["law_right"].fill_null(-1).to_numpy().astype(np.int64)
        refuse_large_draws([self.laws[number] for number in np.unique(self.demand[self.demand >= 0])])
        bounds = np.zeros((len(self.laws), 2), dtype=np.int64)
        for used in np.unique(self.lead).tolist():
            bounds[used] = _lead_bounds(self.laws[used])
        # What arrives by its age was started in an earlier period.
        least = np.where((activity["lead_mode"].to_numpy() == LeadMode.KAPLAN) & (bounds[self.lead, 1] > 0), 1, 0)
        self.lead_min: Integers = np.maximum(bounds[self.lead, 0], least)
        self.lead_max: Integers = bounds[self.lead, 1]
        stretch = strikes.stretch
        self.is_random: NDArray[np.bool_] = (self.lead_min < self.lead_max) | ((stretch > 0) & (self.lead_max > 0))
        self.longest: Integers = np.ceil(self.lead_max * np.maximum(stretch, 1.0)).astype(np.int64)

        def of_strikes(column: str) -> Integers:
            joined = strikes.strikes.join(number, left_on=column, right_on="text", how="left", maintain_order="left")
            return integers(joined, "law")

        self.onset, self.duration, self.chance = (of_strikes(column) for column in ("onset", "duration", "chance_law"))


def _lead_bounds(law: Law) -> tuple[int, int]:
    """Return shortest and longest lead time in whole periods; halves round up, nothing is below zero."""
    return max(0, int(np.floor(law.quantile(2.0**-33) + 0.5))), longest_lead(law)
