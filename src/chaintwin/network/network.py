"""The static description of a supply chain: settings and tables, never changed, only replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import polars as pl

from chaintwin.network.tables.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from chaintwin.network.disruptions.disruption import Disruption
    from chaintwin.network.lowering import Lowered
    from chaintwin.network.program import Program


class Period(StrEnum):
    """Length of one period of a project."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def hours(self) -> int:
        """Hours in one period."""
        return {"hour": 1, "day": 24, "week": 168}[self.value]

    @property
    def per_year(self) -> float:
        """Periods in a year of 365 days."""
        return 365 * 24 / self.hours


class Quantities(StrEnum):
    """Whether quantities are real numbers or whole multiples of each product's quantum."""

    CONTINUOUS = "continuous"
    INTEGER = "integer"


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``chaintwin.toml`` holds.

    Parameters
    ----------
    name : name of the project.
    period : length of one period.
    currency : ISO 4217 code in which every amount without its own currency is given.
    start : first day of period 0.
    horizon : periods a simulation covers unless told otherwise, at least 1.
    warm_up : periods left out of the results at the start, 0 or more.
    quantities : real numbers or whole units.
    schema_version : version of the tables.
    """

    name: str = "unnamed"
    period: Period = Period.DAY
    currency: str = "USD"
    start: date = date(2026, 1, 1)
    horizon: int = 365
    warm_up: int = 0
    quantities: Quantities = Quantities.CONTINUOUS
    schema_version: int = SCHEMA_VERSION

    @property
    def periods(self) -> int:
        """Periods from the start to the end of a run: warm-up and horizon. Dated calendars and trends cover this many."""
        return self.warm_up + self.horizon


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A supply network as its tables say, typed and with every default filled in.

    Parameters
    ----------
    settings : what holds for the whole project.
    tables : one frame a table of the catalog, with exactly the catalog's columns; tables the project lacks are empty frames.
    folder : where files named in cells (``empirical(file.csv)``) are found; None if there is none.
    disruptions : what strikes it; no table says so, only a scenario does.
    feeds : where its events come from, as its project file says it, unchecked; None where no project file was read.
    """

    settings: Settings
    tables: Mapping[str, pl.DataFrame]
    folder: Path | None = field(default=None, compare=False)
    disruptions: tuple[Disruption, ...] = ()
    feeds: tuple[Mapping[str, Any], ...] | None = field(default=None, compare=False)
    _lowered: list[Lowered] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))

    def __eq__(self, other: object) -> bool:
        """Tell whether settings, every cell and the disruptions agree; the folder and the feeds do not count."""
        if not isinstance(other, Network):
            return NotImplemented
        same_tables = self.tables.keys() == other.tables.keys()
        return (
            self.settings == other.settings
            and self.disruptions == other.disruptions
            and same_tables
            and all(frame.equals(other.tables[name]) for name, frame in self.tables.items())
        )

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, name: str) -> pl.DataFrame:
        """Return one table."""
        return self.tables[name]

    def with_table(self, name: str, frame: pl.DataFrame) -> Network:
        """Return a copy with one table replaced."""
        return replace(self, tables={**self.tables, name: frame})

    def hand_on(self, lowered: Lowered) -> None:
        """Leave what this network was lowered to for the next ``compile``, which takes it away, so that it is done once.

        Parameters
        ----------
        lowered : what ``lower_in_full`` made of this network with the periods of the project.
        """
        self._lowered[:] = [lowered]

    def compile(self, *, periods: int | None = None) -> Program:
        """Return the network as integer-indexed arrays in working order (METHODS 1.10).

        Parameters
        ----------
        periods : periods the program will be run for, so that trends and dated holidays reach as far; by default warm-up and
            horizon of the project. Nothing else depends on it.

        Raises
        ------
        GraphError
            A loop of orders or material without any delay; the message names it.
        StreamCollisionError
            Two random streams would share their numbers.
        """
        from chaintwin.network.compiling import compile_graph
        from chaintwin.network.lowering import lower

        handed_on = self._lowered.pop() if self._lowered else None
        is_enough = handed_on is not None and (periods or 0) <= self.settings.periods
        return compile_graph(handed_on.graph if handed_on and is_enough else lower(self, periods=periods))
