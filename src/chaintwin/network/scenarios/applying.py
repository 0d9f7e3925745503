"""Puts the changes of a scenario into the tables of a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache

import polars as pl

from chaintwin.errors import Finding, InputError, Severity, amount_of
from chaintwin.laws.law import format_number
from chaintwin.network.network import Network
from chaintwin.network.proposing import fill_proposals
from chaintwin.network.scenarios.change import Action, Change, Levels, Scalar
from chaintwin.network.scenarios.levels import levels_of, with_implied_levels, with_levels
from chaintwin.network.scenarios.reading import place_of
from chaintwin.network.scenarios.scaling import plus, raised, scaled, times
from chaintwin.network.tables.catalog import table
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.columns import DTYPES, empty_frame, fill_defaults, read_column
from chaintwin.network.tables.cells.keys import names_by_rule
from chaintwin.network.tables.cells.nearest import names_of
from chaintwin.network.tables.files.sheet import Sheet
from chaintwin.network.tables.schema import Column, Kind, Table

NUMERIC = (Kind.NUMBER, Kind.INTEGER, Kind.LAW)
"""Kinds of cells that can be multiplied and raised."""


def apply_changes(network: Network, changes: Sequence[Change], *, levels: Levels, file: str) -> Network:
    """Return the network with the changes made one after the other; the same network where there are none.

    Parameters
    ----------
    network : tables without errors.
    changes : in order.
    levels : what becomes of stock levels that the tables leave blank.
    file : how findings name the scenario.

    Raises
    ------
    InputError
        A change cannot be made, or makes a network that cannot be simulated; the exception carries all findings.
    """
    if not changes:
        return network
    before = network
    proposed_levels = cache(lambda: levels_of(before))
    filled = cache(lambda: fill_proposals(with_levels(before, proposed_levels())).network)
    changed = network
    findings: list[Finding] = []
    for number, change in enumerate(changes, start=1):
        maker = _Maker(changed, change, place_of(file, number), filled)
        frame = maker.frame()
        findings += maker.findings
        changed = changed.with_table(change.table, frame)
    if findings:
        raise InputError(findings)
    _refuse_broken(before, changed, file=file)
    if levels is Levels.PROPOSED:
        return changed
    return with_implied_levels(with_levels(changed, proposed_levels()), proposed_levels())


def _refuse_broken(before: Network, changed: Network, *, file: str) -> None:
    """Refuse a network that has errors which it had not before."""
    from chaintwin.network.doctor import check

    errors = _errors(check(changed).findings)
    if errors:
        known = {(finding.code, finding.found, finding.column) for finding in _errors(check(before).findings)}
        new = [finding for finding in errors if (finding.code, finding.found, finding.column) not in known]
        if new:
            raise InputError([replace(finding, file=f"{file} makes {finding.file or 'a network'}") for finding in new])


def _errors(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


class _Maker:
    """Makes one change and collects what is wrong with it."""

    def __init__(self, network: Network, change: Change, place: str, proposed: Callable[[], Network]) -> None:
        self.network, self.change, self.place, self.proposed = network, change, place, proposed
        self.table: Table = table(change.table)
        self.old = network[change.table]
        self.findings: list[Finding] = []

    def frame(self) -> pl.DataFrame:
        """Return the changed table, or the old one where something is wrong."""
        change = self.change
        if change.action is Action.INSERT:
            return self._inserted()
        mask = self._rows()
        if self.findings:
            return self.old
        if change.action is Action.REMOVE:
            return self.old.filter(~mask)
        column = self.table.column(change.column)
        cells = self._set(column) if change.action is Action.SET else self._moved(column, mask)
        if self.findings:
            return self.old
        return fill_defaults(self.old.with_columns(cells.zip_with(mask, self.old[column.name]).alias(column.name)), self.table)

    def _rows(self) -> pl.Series:
        """Return which rows are meant."""
        named = names_by_rule(self.table.name, self.old)
        mask = pl.Series([True], dtype=pl.Boolean).new_from_index(0, self.old.height)
        for name, wanted in self.change.where.items():
            column = self.table.column(name)
            values = self._typed([_text(value) for value in wanted], column)
            if self.findings:
                return mask
            chosen = named[name].is_in(values.drop_nulls().implode()).fill_null(False)
            if values.null_count():
                chosen |= named[name].is_null()
            if self.old.height and not chosen.any():
                self._say_nothing_found(column, named[name], wanted)
                return mask
            mask &= chosen
        if not mask.any():
            found = f"no row of {self.table.name}" + (f" with {_condition(self.change)}" if self.change.where else "")
            self._fault("scenario.where", found, "at least one row", "check the values, or insert the row", column="where")
        return mask

    def _say_nothing_found(self, column: Column, values: pl.Series, wanted: Sequence[Scalar]) -> None:
        text = _text(wanted[0])
        near = names_of(values.cast(pl.String).drop_nulls().unique(maintain_order=True).to_list()).nearest(text)
        fix = f"did you mean {shown(near)}?" if near and near != text else f"see the column {column.name} of {self.table.name}"
        found = f"no row of {self.table.name} with {column.name} = {' or '.join(shown(_text(value)) for value in wanted)}"
        self._fault("scenario.where", found, "a value that a row has", fix, column="where")

    def _set(self, column: Column) -> pl.Series:
        text = _text(self.change.value)
        if not text and column.required:
            self._fault("scenario.value", "a blank cell", "a value, because the column is required", column="set")
        return self._typed([text], column).new_from_index(0, self.old.height)

    def _moved(self, column: Column, mask: pl.Series) -> pl.Series:
        """Return the column with a number put to every chosen cell; blank ones have the value that would be proposed."""
        amount, action = self._amount(), self.change.action
        values = self.old[column.name]
        if column.kind not in NUMERIC:
            self._fault("scenario.action", f"{action} of {column.name}", "columns of numbers", "use set", column=action)
            return values
        if action is Action.MULTIPLY and amount < 0:
            self._fault("scenario.value", format_number(amount), "0 or more", column=action)
            return values
        blank = values.is_null() & mask
        if blank.any():
            other = self.proposed()[self.table.name]
            same = other.height >= self.old.height and other.head(self.old.height).select(self.table.key).equals(
                self.old.select(self.table.key)
            )
            values = values.fill_null(other[column.name].head(self.old.height)) if same else values
            blank = values.is_null() & mask
        if blank.any():
            found = f"{amount_of(int(blank.sum()), 'blank cell')} among {amount_of(int(mask.sum()), 'row')}"
            allowed = f"cells with a value; a blank means: {column.rule or 'nothing'}"
            self._fault("scenario.blank", found, allowed, "use set, or choose rows that have one with where", column=column.name)
            return values
        return self._numbers(values, column, mask, amount=amount)

    def _numbers(self, values: pl.Series, column: Column, mask: pl.Series, *, amount: float) -> pl.Series:
        is_product, folder = self.change.action is Action.MULTIPLY, self.network.folder
        move = scaled if is_product else raised
        different = values.filter(mask).unique(maintain_order=True)
        texts: dict[object, str] = {}
        for value in different.to_list():
            if column.kind is not Kind.LAW:
                texts[value] = format_number(times(value, amount) if is_product else plus(value, amount))
                continue
            texts[value] = move(value, amount, folder=folder)
            if not texts[value]:
                found = f"{shown(value)}, which cannot be multiplied"
                fix = "use set with the law that is meant"
                self._fault("scenario.law", found, "numbers, and laws that stay of their kind", fix, column=column.name)
        if self.findings:
            return values
        typed = self._typed(list(texts.values()), column)
        if self.findings:
            return values
        made = pl.DataFrame({"old": different, "new": typed})
        return pl.DataFrame({"old": values}).join(made, on="old", how="left", maintain_order="left")["new"]

    def _amount(self) -> float:
        value = self.change.value
        assert isinstance(value, int | float)
        return float(value)

    def _inserted(self) -> pl.DataFrame:
        row = {}
        for name, value in self.change.row.items():
            row[name] = self._typed([_text(value)], self.table.column(name))
        if self.findings:
            return self.old
        blank = empty_frame(self.table).clear(1)
        made = fill_defaults(blank.with_columns(values.alias(name) for name, values in row.items()), self.table)
        return pl.concat([self.old, made.select(self.old.columns)])

    def _typed(self, texts: list[str], column: Column) -> pl.Series:
        """Return cells as reading a file would, its faults among the findings."""
        raw = pl.Series(column.name, texts, dtype=pl.String)
        rows = pl.Series("row", [0] * len(texts), dtype=pl.UInt32)
        sheet = Sheet(self.table.name, file=self.place, frame=pl.DataFrame([raw]), rows=rows)
        reading = read_column(sheet, column, folder=self.network.folder)
        for finding in _errors(reading.findings):
            if finding.code != "cell.blank":
                self.findings.append(finding)
        return reading.values.cast(DTYPES[column.kind])

    def _fault(self, code: str, found: str, allowed: str, fix: str = "", *, column: str = "") -> None:
        self.findings.append(Finding(code, found, allowed, fix, file=self.place, column=column))


def _condition(change: Change) -> str:
    return ", ".join(f"{name} = {' or '.join(shown(_text(value)) for value in values)}" for name, values in change.where.items())


def _text(value: Scalar | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return format_number(value)
    return str(value)
