"""One change of a scenario: which cells of which table, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

Scalar = str | int | float | bool | date
"""What a cell may be given as; an empty text is a blank cell."""


class Action(StrEnum):
    """What a change does; the word is the key that stands for it in a file."""

    SET = "set"
    MULTIPLY = "multiply"
    ADD = "add"
    INSERT = "insert"
    REMOVE = "remove"


class Levels(StrEnum):
    """What becomes of stock levels that the tables leave blank: those of the network without the scenario, or new ones."""

    KEPT = "kept"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Parameters
    ----------
    table : name of the table.
    action : what is done.
    column : whose cells are changed; empty where rows are inserted or removed.
    where : by column, the values that a row must have one of; empty for every row.
    value : what cells are set to, multiplied by or raised by; None elsewhere.
    row : cells of an inserted row by column.
    """

    table: str
    action: Action
    column: str = ""
    where: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    value: Scalar | None = None
    row: Mapping[str, Scalar] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "where", MappingProxyType(dict(self.where)))
        object.__setattr__(self, "row", MappingProxyType(dict(self.row)))

    def __str__(self) -> str:
        rows = ", ".join(f"{name} = {' or '.join(map(str, values))}" for name, values in self.where.items())
        chosen = f" where {rows}" if rows else ""
        if self.action is Action.INSERT:
            return f"{self.table}: insert {', '.join(f'{name} = {value}' for name, value in self.row.items())}"
        if self.action is Action.REMOVE:
            return f"{self.table}: remove rows{chosen}"
        return f"{self.table}.{self.column}: {self.action} {self.value}{chosen}"
