"""What a column and a table are: the vocabulary in which the catalog of tables is written.

Reading, writing, the doctor, ``chaintwin init``, ``chaintwin check --explain`` and the reference page all follow the catalog, so
a column is described once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SCHEMA_VERSION = 2
"""Version of the tables this program writes; older ones are migrated when read."""

PERIODS_MAX = 1_000_000
"""Most periods of a run and of a series: more than a century of hours."""

DELAY_MAX = 100_000
"""Longest wait of any kind in periods, a decade of hours: the engine keeps a place for each period that goods are under way."""


class Kind(StrEnum):
    """What a cell of a column holds, and so its polars type in memory."""

    ID = "id"  # String; the user's own name of a thing, trimmed, not empty, no control characters
    TEXT = "text"  # String; free text
    CHOICE = "choice"  # String; one of ``choices``
    NUMBER = "number"  # Float64; finite
    INTEGER = "integer"  # Int64
    BOOLEAN = "boolean"  # Boolean; true/false, yes/no, 1/0
    DATE = "date"  # Date; ISO 8601, or a spreadsheet date
    CLOCK = "clock"  # String HH:MM
    LAW = "law"  # String; a number or a probability law in the grammar of chaintwin.laws


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : column name as in the file.
    kind : what its cells hold.
    meaning : one sentence for people, used in the reference page and by ``check --explain``.
    unit : unit of the value, empty if none; ``period`` is the project's period, ``money`` its currency.
    default : value put where the cell is blank; None leaves it blank.
    other_default : another column, a choice of it, and the default of this column in rows with that choice; None for no such.
    rule : how a blank is treated when ``default`` is None, a sentence; empty means "left blank".
    required : a blank cell is an error.
    low, high : allowed range; where one is None, a number reaches to LARGEST of ``chaintwin.laws.parameters``, a whole number to
        WHOLE_MAX of ``chaintwin.network.tables.cells.numbers``.
    low_open : the low end itself is not allowed.
    choices : allowed values of a choice.
    references : ``table.column`` the value must be found in, empty if none.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    default: str | float | bool | None = None
    other_default: tuple[str, str, str | float] | None = None
    rule: str = ""
    required: bool = False
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    choices: tuple[str, ...] = ()
    references: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a project.

    Parameters
    ----------
    name : name of the file (without ending) or sheet.
    meaning : one sentence for people.
    columns : its columns in the order they are written.
    key : columns that together name a row; no two rows valid at the same time may share them. Empty: rows have no name.
    required : the project cannot be without it.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")
