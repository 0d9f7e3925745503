"""The network in force: that of the project, and what edits made of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from hashlib import blake2b
from typing import Any

import msgspec
import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.network.network import Network
from chaintwin.network.tables.catalog import TABLE_NAMES, table
from chaintwin.network.tables.cells.columns import type_table
from chaintwin.network.tables.files.sheet import Sheet
from chaintwin.network.tables.settings import settings_of, settings_values
from chaintwin.twin.naming.lookup import Lookup, moments_of

FAR = 2**62
"""Microseconds that no event comes near to."""

Edit = tuple[tuple[int, str], bytes]
"""When and by which event a network was edited, and its content as MessagePack."""


class InForce:
    """A network and the names it gives at any moment.

    Parameters
    ----------
    network : the tables. findings : why an edit could not be followed, for the last one.
    """

    __slots__ = ("_lookups", "findings", "issues", "moments", "network")

    def __init__(self, network: Network, findings: Sequence[Finding] = ()) -> None:
        self.network, self.findings = network, tuple(findings)
        self.moments = [-FAR, *moments_of(network), FAR]
        self._lookups: dict[int, Lookup] = {}
        points = network["stock_points"].select("site_id", "product_id", "issue_rule")
        self.issues = {(site, product): rule for site, product, rule in points.iter_rows() if rule == "lifo"}

    def at(self, time: int) -> Lookup:
        """Return the names that hold at a moment, microseconds since 1970 in UTC."""
        place = min(max(bisect_right(self.moments, time), 1), len(self.moments) - 1)
        found = self._lookups.get(place)
        if found is None:
            found = Lookup(self.network, since=self.moments[place - 1], until=self.moments[place])
            self._lookups[place] = found
        return found


class Networks:
    """All networks that were ever in force, made when they are asked for.

    Parameters
    ----------
    base : the network of the project.
    """

    def __init__(self, base: Network) -> None:
        self.base = InForce(base)
        self.fingerprint = _fingerprint(base)
        self._made: dict[tuple[tuple[int, str], ...], InForce] = {}

    def after(self, edits: Sequence[Edit]) -> InForce:
        """Return what is in force after some edits, in their order; one that cannot be followed changes nothing."""
        found = self.base
        done: tuple[tuple[int, str], ...] = ()
        for mark, content in edits:
            done = (*done, mark)
            made = self._made.get(done)
            if made is None:
                network, findings = edited(found.network, msgspec.msgpack.decode(content))
                made = self._made[done] = InForce(network, findings)
            found = made
        return found


def edited(network: Network, content: Mapping[str, Any]) -> tuple[Network, list[Finding]]:
    """Return a network with the tables of an edit, and what is wrong with the edit; then nothing is changed.

    Parameters
    ----------
    network : before. content : fields of the event: ``network`` with all tables, or ``tables`` with those that change; each table
        is a list of rows, each row an object by column. ``settings`` of ``network`` are those of ``chaintwin.toml``.
    """
    whole = content.get("network")
    given = content.get("tables") if whole is None else whole.get("tables", whole) if isinstance(whole, Mapping) else None
    if not isinstance(given, Mapping):
        allowed = "network or tables, an object of lists of rows by the name of the table"
        return network, [Finding("edit.empty", "neither", allowed, file="NetworkEdited")]
    tables, findings, settings = dict(network.tables), [], network.settings
    for name, rows in given.items():
        if name == "settings" and whole is not None:
            continue
        if name not in TABLE_NAMES:
            findings.append(Finding("edit.table", str(name), ", ".join(TABLE_NAMES), file="NetworkEdited", column=str(name)))
        elif not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            findings.append(Finding("edit.rows", type(rows).__name__, "a list of objects", file="NetworkEdited", column=name))
        else:
            described = table(name)
            typed = type_table(_sheet(name, rows), described, folder=network.folder)
            findings += [finding for finding in typed.findings if finding.severity is Severity.ERROR]
            tables[name] = typed.frame
    values = whole.get("settings") if isinstance(whole, Mapping) else None
    if isinstance(values, Mapping):
        merged = {**settings_values(network.settings), **values}
        with suppress(TypeError, ValueError):
            merged["start"] = date.fromisoformat(str(merged["start"]))
        settings, faults = settings_of(merged, lines={}, file="NetworkEdited")
        findings += [finding for finding in faults if finding.severity is Severity.ERROR]
    return (network, findings) if findings else (replace(network, tables=tables, settings=settings), [])


def _sheet(name: str, rows: Sequence[Mapping[str, Any]]) -> Sheet:
    columns = list(dict.fromkeys(str(column) for row in rows for column in row)) or [table(name).columns[0].name]
    frame = pl.DataFrame(
        {column: [_text(row.get(column)) for row in rows] for column in columns}, schema=dict.fromkeys(columns, pl.String)
    )
    return Sheet(name, f"NetworkEdited.{name}", frame, pl.Series("row", range(1, len(rows) + 1), dtype=pl.UInt32))


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fingerprint(network: Network) -> str:
    """Return a hash of what names, units and issue rules depend on."""
    total = blake2b(digest_size=16)
    total.update(repr((network.settings.start, network.settings.period)).encode())
    for name in ("identifiers", "units", "products", "sites", "stock_points", "partners"):
        total.update(repr((name, network[name].columns, network[name].rows())).encode())
    return total.hexdigest()
