"""Where goods go: lanes by origin, destination and product, and which activity of a compiled network goes by which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import NamedTuple

from chaintwin.clock import SECOND, microseconds_of
from chaintwin.network.network import Settings
from chaintwin.network.program import Program


class Lane(NamedTuple):
    """Goods of one product on their way between two sites.

    Parameters
    ----------
    origin, destination : ids of sites, empty where not known. product : its id.
    activity : id in the compiled network, empty for real events.
    """

    origin: str
    destination: str
    product: str
    activity: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the activities of a compiled network are.

    Parameters
    ----------
    lanes : of each activity by its id. uses : ids of the resources that each activity takes.
    """

    lanes: Mapping[str, Lane] = field(default_factory=dict)
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @staticmethod
    def of(program: Program) -> Layout:
        """Return the layout of a compiled network; origin and destination are those of the first input and output."""
        activities = program.activities
        stock = list(program.names.buffers.select("site_id", "product_id").iter_rows())
        resources = program.names.resources["resource_id"].to_list()
        lanes, uses = {}, {}
        for place, name in enumerate(program.names.activities["activity_id"].to_list()):
            ends = []
            for start, buffer in (
                (activities.input_start, activities.input_buffer),
                (activities.output_start, activities.output_buffer),
            ):
                has_one = start[place] < start[place + 1]
                ends.append(stock[int(buffer[start[place]])] if has_one else ("", ""))
            (origin, taken), (destination, given) = ends
            lanes[name] = Lane(origin, destination, given or taken, name)
            first, last = int(activities.use_start[place]), int(activities.use_start[place + 1])
            uses[name] = tuple(resources[int(resource)] for resource in activities.use_resource[first:last])
        return Layout(lanes, uses)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When periods begin: microseconds since 1970 of period 0, and the length of one."""

    begin: int
    length: int

    @staticmethod
    def of(settings: Settings) -> Calendar:
        """Return the calendar of a project."""
        midnight = datetime.combine(settings.start, time(tzinfo=UTC))
        return Calendar(microseconds_of(midnight), settings.period.hours * 3_600 * SECOND)

    def period_of(self, moment: int) -> int:
        """Return the period that a moment lies in."""
        return (moment - self.begin) // self.length

    def start_of(self, period: int) -> int:
        """Return when a period begins, microseconds."""
        return self.begin + period * self.length
