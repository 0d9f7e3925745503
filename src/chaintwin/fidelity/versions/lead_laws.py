"""The lead times that are in use: of the tables of a project, or of the version of parameters that took their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chaintwin.fidelity.calibration.fitting import subject_of
from chaintwin.fidelity.calibration.lanes import Lane, Layout
from chaintwin.fidelity.calibration.parameters import Parameter, ParameterKind, ParameterSet
from chaintwin.fidelity.versions.whole_periods import LeadTable, mixed_of, table_of, table_of_law
from chaintwin.laws import Law, parse_many
from chaintwin.network.graph import Graph, LeadMode


@dataclass(frozen=True, slots=True)
class LaneLaw:
    """What lead times a lane is taken to have.

    Parameters
    ----------
    table : of what is drawn, one row. mode : how they go together. activities : ids of the activities that go by the lane.
    is_fitted : whether a version says so; else the tables do.
    """

    table: LeadTable
    mode: LeadMode
    activities: tuple[str, ...]
    is_fitted: bool


class LeadLaws:
    """Lead times by lane.

    Parameters
    ----------
    graph : of the network, as its tables say. layout : of its activities.
    version : parameters in use; None for those of the tables.
    """

    def __init__(self, graph: Graph, layout: Layout, *, version: ParameterSet | None) -> None:
        self.layout = layout
        self._fitted = _of_kind(version, ParameterKind.LEAD_TIME)
        columns = ("activity_id", "lead", "lead_mode")
        self._rows = {name: (lead, LeadMode(mode)) for name, lead, mode in graph.activities.select(*columns).iter_rows()}
        self._tables = _tables(sorted({lead for lead, _ in self._rows.values()}), folder=graph.folder)
        self._found: dict[Lane, LaneLaw | None] = {}
        self._by_ends: defaultdict[tuple[str, str, str], list[str]] = defaultdict(list)
        for name, lane in layout.lanes.items():
            self._by_ends[lane[:3]].append(name)

    def of(self, lane: Lane) -> LaneLaw | None:
        """Return what a lane is taken to have; None where the network has none."""
        if lane not in self._found:
            self._found[lane] = self._look_up(lane)
        return self._found[lane]

    def activities(self, lane: Lane) -> tuple[str, ...]:
        """Return the ids of the activities that go by a lane: its own, or all between its ends with its product."""
        if lane.activity:
            return (lane.activity,) if lane.activity in self._rows else ()
        if lane.product:
            return tuple(sorted(self._by_ends.get(lane[:3], ())))
        # Objects of no known class go by any lane between the two ends.
        return tuple(sorted(name for ends, names in self._by_ends.items() if ends[:2] == lane[:2] for name in names))

    def table_of_tables(self, activity: str) -> LeadTable:
        """Return the lead time that the tables give an activity."""
        return self._tables[self._rows[activity][0]]

    def mode_of_tables(self, activity: str) -> LeadMode:
        """Return how the tables say that lead times of an activity go together."""
        return self._rows[activity][1]

    def _look_up(self, lane: Lane) -> LaneLaw | None:
        names = self.activities(lane)
        fitted = self._fitted.get(subject_of(lane))
        if not names:
            return None
        modes = {self._rows[name][1] for name in names}
        mode = modes.pop() if len(modes) == 1 else LeadMode.CROSSING
        if fitted is not None:
            return LaneLaw(table_of(fitted).mixed, mode_of(fitted, otherwise=mode), names, is_fitted=True)
        return LaneLaw(mixed_of([self.table_of_tables(name) for name in names]), mode, names, is_fitted=False)


def mode_of(parameter: Parameter, *, otherwise: LeadMode) -> LeadMode:
    """Return the mode that a lead time was fitted in, or another where its history did not decide."""
    return LeadMode[parameter.mode.upper()] if parameter.mode else otherwise


def _of_kind(version: ParameterSet | None, kind: ParameterKind) -> dict[str, Parameter]:
    return {} if version is None else {one.subject: one for one in version.parameters if one.kind is kind}


def _tables(texts: Sequence[str], *, folder: str) -> dict[str, LeadTable]:
    laws = parse_many(list(texts), folder=Path(folder) if folder else None)
    return {text: table_of_law(law) for text, law in zip(texts, laws, strict=True) if isinstance(law, Law)}
