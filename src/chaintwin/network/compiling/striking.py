"""Disruptions of a graph by number: what strikes when, and on what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chaintwin.errors import GraphError
from chaintwin.laws.law import format_number
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.compiling.columns import floats, integers, lists
from chaintwin.network.compiling.refusing import refuse_unknown
from chaintwin.network.graph import Effect, Graph
from chaintwin.network.program import Strikes
from chaintwin.rng import stream_id

if TYPE_CHECKING:
    from chaintwin.network.compiling.laws_used import UsedLaws

KINDS = {
    "resource_id": (Effect.CAPACITY,),
    "activity_id": (
        Effect.LEAD,
        Effect.ARRIVALS,
        Effect.TRANSIT,
        Effect.QUEUE,
        Effect.PREPAID,
        Effect.COST,
        Effect.DUTY,
        Effect.TARIFF,
    ),
    "stream_id": (Effect.DEMAND, Effect.PRICE),
    "buffer_id": (Effect.STOCK, Effect.ORDERS, Effect.REPORTED),
}
"""What each effect is on."""


@dataclass(frozen=True, slots=True)
class StrikeRows:
    """Disruptions and their effects, sorted, with what they are on by number; those that change nothing are left out.

    Parameters
    ----------
    strikes : the columns of the graph, ``number`` and ``chance_law``.
    effects : the columns of the graph, ``strike`` and ``entity``.
    stretch : Floats[A]: the largest factor of the lead time of each activity, 0 where none is on it.
    """

    strikes: pl.DataFrame
    effects: pl.DataFrame
    stretch: NDArray[np.float64]

    @staticmethod
    def of(graph: Graph, *, entities: dict[str, pl.DataFrame]) -> StrikeRows:
        """Return the disruptions of a graph.

        Parameters
        ----------
        graph : the graph.
        entities : by name of the column of ids, the entities sorted by id.

        Raises
        ------
        GraphError
            An effect is on something that is not there, or a number is out of range.
        """
        _refuse_odd(graph)
        effects = graph.effects.filter(pl.col("factor") != 1.0)
        parts = [effects.clear().with_columns(entity=pl.lit(0, dtype=pl.Int64))]
        for column, kinds in KINDS.items():
            known = entities[column].select(entity_id=column).with_row_index("entity")
            part = effects.filter(pl.col("effect").is_in([int(kind) for kind in kinds]))
            part = part.join(known, on="entity_id", how="left").with_columns(pl.col("entity").cast(pl.Int64))
            refuse_unknown(part, "entity_id", where="strike_id", column="entity")
            parts.append(part)
        strikes = graph.strikes.filter(pl.col("strike_id").is_in(effects["strike_id"].implode())).sort("strike_id")
        certain, chance = pl.col("chance") >= 1, pl.col("chance")
        law = pl.concat_str(pl.lit("pmf(0:"), (1 - chance).cast(pl.String), pl.lit(", 1:"), chance.cast(pl.String), pl.lit(")"))
        strikes = strikes.with_columns(pl.when(certain).then(pl.lit("1")).otherwise(law).alias("chance_law"))
        strikes = strikes.with_row_index("number").with_columns(pl.col("number").cast(pl.Int64))
        numbers = strikes.select("strike_id", strike="number")
        found = pl.concat(parts).join(numbers, on="strike_id", how="left")
        refuse_unknown(found, "strike_id", where="entity_id", column="strike")
        found = found.sort("effect", "entity", "strike", "factor", "amount")
        late = found.filter(pl.col("effect") == int(Effect.LEAD))
        stretch = np.zeros(entities["activity_id"].height)
        for entity, factors in late.group_by("entity").agg(pl.col("factor").clip(lower_bound=1.0).product()).iter_rows():
            stretch[entity] = factors
        return StrikeRows(strikes, found, stretch)

    def numbered(self, laws: UsedLaws) -> Strikes:
        """Return the arrays of the program."""
        strikes, effects = self.strikes, self.effects
        left_start, left = lists(strikes["left"])
        ids = strikes.select("strike_id", "event").rows()

        def streams(purpose: str) -> NDArray[np.uint64]:
            # Parts of one event share their numbers; an event that is named as a disruption is must not share those.
            keys = [(f"{purpose} of an event", event) if event else (purpose, name) for name, event in ids]
            return np.array([stream_id(*key) for key in keys], dtype=np.uint64)

        return Strikes(
            onset_law=laws.onset,
            duration_law=laws.duration,
            shift=floats(strikes, "shift"),
            per_unit=floats(strikes, "per_unit"),
            chance=floats(strikes, "chance"),
            chance_law=laws.chance,
            onset_stream=streams("disruption onset"),
            duration_stream=streams("disruption"),
            chance_stream=streams("disruption chance"),
            recovery=floats(strikes, "recovery"),
            left_start=left_start,
            left_value=left,
            effect_kind=effects["effect"].to_numpy().astype(np.int8),
            effect_entity=integers(effects, "entity"),
            effect_strike=integers(effects, "strike"),
            effect_factor=floats(effects, "factor"),
            effect_amount=floats(effects, "amount"),
        )


def _refuse_odd(graph: Graph) -> None:
    """Refuse numbers that mean nothing."""
    twice = graph.strikes.filter(pl.col("strike_id").is_duplicated())
    if twice.height:
        raise GraphError(f"strike_id: found {twice['strike_id'][0]} twice; allowed: each id once")
    known = {int(kind) for kinds in KINDS.values() for kind in kinds}
    checks = (
        (graph.effects, "factor", (0.0, LARGEST)),
        (graph.effects, "amount", (0.0, LARGEST)),
        (graph.strikes, "chance", (0.0, 1.0)),
        (graph.strikes, "recovery", (0.0, LARGEST)),
        (graph.strikes, "per_unit", (0.0, LARGEST)),
        (graph.strikes, "shift", (-LARGEST, LARGEST)),
    )
    for frame, name, (least, most) in checks:
        wrong = frame.filter(~(pl.col(name).is_between(least, most) & pl.col(name).is_finite()))
        if wrong.height:
            found = f"{wrong['strike_id'][0]}: found {name} {wrong[name][0]}"
            raise GraphError(f"{found}; allowed: {format_number(least)} to {format_number(most)}")
    wrong = graph.effects.filter(~pl.col("effect").is_in(sorted(known)))
    if wrong.height:
        raise GraphError(f"{wrong['strike_id'][0]}: found effect {wrong['effect'][0]}; allowed: {sorted(known)}")
