"""The tape of a network with other lead times, capacities, demands and yields: everything but their tables stays as it is.

A network is lowered, compiled and assembled once; what its parameters are drawn to for some of the runs is put in afterwards.
That takes a tenth of the time of compiling it again. Yields are in operations, in sums and in first positions, so with other
yields the tape is assembled anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from chaintwin.laws import PackedKind
from chaintwin.network.program import Program
from chaintwin.network.state import State
from chaintwin.simulation.tape.assembling import assemble
from chaintwin.simulation.tape.leads import Leads, lead_tables, record_of
from chaintwin.simulation.tape.tape import Tape

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What parameters are drawn to, for some runs.

    Parameters
    ----------
    leads : by index of an activity with a random lead time: Floats[lead_fixed - least], the probability of at most ``least``
        periods, of at most one more, up to below the longest; ``least`` is ``shortest_drawn`` of the activity.
    capacity : Floats[K], what the capacities of each resource are multiplied by.
    demands : by index of a stream: mean and standard deviation of its normal law.
    levels : Floats[D], what the drawn demand of each stream is multiplied by.
    yields : Floats[A], above 0, at most 1: good units a unit; None for those of the program.
    """

    leads: Mapping[int, Floats]
    capacity: Floats
    demands: Mapping[int, tuple[float, float]]
    levels: Floats
    yields: Floats | None = None


class Redrawing:
    """Makes tapes with other parameters of one tape.

    Parameters
    ----------
    tape : assembled of the program and a state. program : the network.
    state, periods : where the tape starts, and how many periods it was assembled for.
    """

    def __init__(self, tape: Tape, program: Program, *, state: State, periods: int) -> None:
        self.tape, self.program, self.state, self.periods = tape, program, state, periods
        self._leads = lead_tables(program)
        random = np.flatnonzero(program.activities.lead_random == 1)
        used, times = np.unique(self._leads.of[random], return_counts=True)
        shared = set(used[times > 1].tolist())
        # Two activities may share a table where their laws are the same; theirs stay as they are.
        streams = program.streams.law
        laws, counts = np.unique(streams[streams >= 0], return_counts=True)
        single = {
            int(law)
            for law, count in zip(laws, counts, strict=True)
            if count == 1 and program.laws.kind[law] == PackedKind.CONTINUOUS
        }
        self._asked = {int(place): int(law) for place, law in enumerate(streams) if int(law) in single}
        self._own = {int(place): int(self._leads.of[place]) for place in random if int(self._leads.of[place]) not in shared}

    @property
    def asked(self) -> frozenset[int]:
        """Indices of the streams whose normal demand can be drawn anew."""
        return frozenset(self._asked)

    @property
    def drawable(self) -> frozenset[int]:
        """Indices of the activities whose lead time can be drawn anew."""
        return frozenset(self._own)

    def shortest_drawn(self, activity: int) -> int:
        """Return the least lead time that the table of an activity speaks of."""
        return int(self._leads.laws.low[self._own[activity]])

    def tape_of(self, drawn: Drawn) -> Tape:
        """Return the tape with other parameters.

        Parameters
        ----------
        drawn : of activities in ``drawable``.
        """
        leads = self._drawn_leads(drawn)
        tape = self.tape if drawn.yields is None else self._yielding(drawn.yields)
        remaining = None if tape.remaining is None else tape.remaining.with_leads(leads)
        return replace(tape, laws=leads.laws, remaining=remaining, series=self._series(tape.series, drawn))

    def _yielding(self, rate: Floats) -> Tape:
        """Return the tape of the network with other yields; those of 1 stay so, for nothing of theirs is counted as lost."""
        program = self.program
        activities, buffers = program.activities, program.buffers
        owner = np.repeat(np.arange(rate.size), np.diff(activities.output_start))
        # What an echelon is taken to hold stays that of the mean: it is how a company counts, not what comes.
        ratio = rate / activities.yield_rate
        changed = replace(
            program,
            activities=activities._replace(yield_rate=rate, output_quantity=activities.output_gross * rate[owner]),
            buffers=buffers._replace(
                supply_quantity=buffers.supply_gross * rate[buffers.supply_activity],
                source_output=buffers.source_output * ratio[buffers.source_activity],
                substitute_output=buffers.substitute_output * ratio[buffers.substitute_activity],
            ),
        )
        return assemble(changed, self.state, periods=self.periods)

    def _drawn_leads(self, drawn: Drawn) -> Leads:
        laws = self._leads.laws
        if not drawn.leads and not drawn.demands:
            return self._leads
        places = [self._own[activity] for activity in drawn.leads]
        records = [record_of(int(laws.low[self._own[activity]]), ends) for activity, ends in drawn.leads.items()]
        for stream, (mean, deviation) in drawn.demands.items():
            law = self._asked[stream]
            record = laws.values[laws.offset[law] : laws.offset[law] + laws.size[law]].copy()
            record[:2] = mean, deviation
            places.append(law)
            records.append(record)
        sizes = np.array([record.size for record in records], dtype=np.int64)
        offset, size = laws.offset.copy(), laws.size.copy()
        offset[places], size[places] = laws.values.size + np.cumsum(sizes) - sizes, sizes
        changed = replace(laws, offset=offset, size=size, values=np.concatenate([laws.values, *records]))
        return self._leads._replace(laws=changed)

    def _series(self, values: Floats, drawn: Drawn) -> Floats:
        """Return every list of values with the drawn levels of demand, which come first, and the drawn capacities."""
        resources, streams = self.program.resources, self.program.streams
        series, begin = values.copy(), streams.factor_value.size + streams.series_value.size
        for factor, start, first in (
            (drawn.levels, streams.factor_start, 0),
            (drawn.capacity, resources.capacity_start, begin),
        ):
            owner = np.repeat(np.arange(factor.size), np.diff(start))
            series[first : first + owner.size] *= factor[owner]
        return series
