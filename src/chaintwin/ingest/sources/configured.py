"""The sources of a project file: all that is wrong with them at once, or what an ingest needs to take them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chaintwin.errors import Finding, InputError, UsageError
from chaintwin.ingest.connectors.interface import Connector, Option, check_secret
from chaintwin.ingest.connectors.registry import connector_for, connector_named, connector_names
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import names_of
from chaintwin.network.tables.feeds.feeds import FEEDS_KEY, OPTIONS, Feed
from chaintwin.network.tables.feeds.reading import Feeds, read_feeds
from chaintwin.network.tables.settings import MEANINGS

KEYS = ("name", "connector", "source", OPTIONS, "every", "enabled")
"""What a table may say."""

EVERY, EVERY_LEAST, EVERY_MOST = 5.0, 0.05, 86_400.0
"""Seconds between two looks at a source: by default, at least, at most."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class ConfiguredSource:
    """A source that a project names, in order.

    Parameters
    ----------
    name : of its own. connector : that reads it. source : full path or address.
    options : of the connector, with full paths. every : seconds between two looks. is_enabled : whether it is taken unasked.
    number : of its table, from 1. file, row : where that stands, for findings.
    others : names that the project gives to its sources.
    """

    name: str
    connector: Connector
    source: str
    options: Mapping[str, str] = field(default_factory=dict)
    every: float = EVERY
    is_enabled: bool = True
    number: int = 0
    file: str = ""
    row: int = 0
    others: frozenset[str] = frozenset()


def configured_sources(project: Path) -> tuple[ConfiguredSource, ...]:
    """Return the sources that a project names, those that are not enabled too.

    Parameters
    ----------
    project : its folder or workbook.

    Raises
    ------
    InputError
        With all that is wrong with them.
    """
    sources, findings = checked_sources(read_feeds(project))
    if findings:
        raise InputError(findings)
    return sources


def checked_sources(feeds: Feeds) -> tuple[tuple[ConfiguredSource, ...], list[Finding]]:
    """Return the sources that are in order, and everything that is wrong with the others.

    Parameters
    ----------
    feeds : as the project file has them.
    """
    findings, found, names = list(feeds.findings), [], dict[str, int]()
    for number, feed in enumerate(feeds.tables, start=1):
        reader = _Reader(feeds, feed, number)
        source = reader.read(names)
        findings += reader.findings
        if source is not None:
            found.append(source)
    others = frozenset(names)
    return tuple(replace(source, others=others) for source in found), findings


def chosen_sources(sources: Sequence[ConfiguredSource], names: Sequence[str]) -> tuple[ConfiguredSource, ...]:
    """Return the sources with these names, or without names all that are enabled.

    Parameters
    ----------
    sources : of a project. names : that were asked for.

    Raises
    ------
    UsageError
        There is none of a name.
    """
    known = names_of(source.name for source in sources)
    for name in names:
        if name not in known.all:
            near = known.nearest(name)
            fix = f"; did you mean {near}?" if near else ""
            raise UsageError(f"--source: found {shown(name)}; allowed: {', '.join(known.all) or 'none'}{fix}")
    return tuple(source for source in sources if (source.name in names if names else source.is_enabled))


class _Reader:
    """Reads one table and notes all its faults."""

    def __init__(self, feeds: Feeds, feed: Feed, number: int) -> None:
        self._feeds, self._feed, self._number = feeds, feed, number
        self.findings: list[Finding] = []

    def read(self, names: dict[str, int]) -> ConfiguredSource | None:
        """Return the source, or None where something is wrong with it.

        Parameters
        ----------
        names : of the tables before, with their numbers; gets this one's.
        """
        self._check_keys()
        name, address = self._name(names), self._address()
        connector = self._connector(address)
        options = self._options(connector)
        every, is_enabled = self._every(), self._truth("enabled")
        if self.findings or connector is None:
            return None
        place = {"number": self._number, "file": self._feeds.file, "row": self._feed.row}
        return ConfiguredSource(name, connector, address, options, every=every, is_enabled=is_enabled, **place)  # type: ignore[arg-type]

    def _tell(self, code: str, key: str, *, found: str, allowed: str, fix: str) -> None:
        row = self._feed.rows.get(key, self._feed.row)
        where = f"{FEEDS_KEY}[{self._number}].{key}"
        self.findings.append(Finding(code, found, allowed, fix, self._feeds.file, row, where))

    def _check_keys(self) -> None:
        names = names_of(KEYS)
        for key in self._feed.values:
            if key in KEYS:
                continue
            near = names.nearest(key)
            fix = f"did you mean {near}?" if near else "remove it"
            if not near and key in dict(MEANINGS):
                fix = f"write it above the first [[{FEEDS_KEY}]], for what stands below is of the source"
            self._tell("source.key", key, found=f"unknown key {shown(key)}", allowed=", ".join(KEYS), fix=fix)

    def _name(self, names: dict[str, int]) -> str:
        value = self._feed.values.get("name")
        allowed = "a name of its own, of letters, digits, hyphens, dots and underscores, at most 60"
        if not isinstance(value, str) or not NAME.fullmatch(value):
            found = "nothing" if value is None else shown(str(value))
            self._tell("source.name", "name", found=found, allowed=allowed, fix=f'write name = "source-{self._number}"')
            return ""
        if value in names:
            found, fix = f"{value} again, which is the name of {FEEDS_KEY}[{names[value]}]", "name one of the two otherwise"
            self._tell("source.name", "name", found=found, allowed="each name once", fix=fix)
        names.setdefault(value, self._number)
        return value

    def _address(self) -> str:
        """Return the address, or the full path."""
        value = self._feed.values.get("source")
        allowed = "a path relative to the project, or an address such as https://epcis.example.org/v2"
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            found = "nothing" if value is None else shown(str(value))
            self._tell("source.value", "source", found=found, allowed=allowed, fix='write source = "drops"')
            return ""
        try:
            check_secret(value)
        except UsageError:
            found, fix = "an address with a user or a password in it", self._secret_fix()
            self._tell("source.secret", "source", found=found, allowed="an address without them", fix=fix)
            return ""
        return value if "://" in value else str((self._feeds.folder / Path(value).expanduser()).resolve())

    def _secret_fix(self) -> str:
        return "put the secret into a file that you alone can read, and name that in an option such as token-file"

    def _connector(self, address: str) -> Connector | None:
        value = self._feed.values.get("connector")
        try:
            if value is None:
                return connector_for(address) if address else None
            if isinstance(value, str) and value in connector_names():
                return connector_named(value)
        except UsageError as fault:
            found, fix = str(fault).partition("found ")[2] or str(fault), 'name it, such as connector = "epcis-file"'
            self._tell("source.connector", "connector", found=found, allowed=", ".join(connector_names()), fix=fix)
            return None
        near = names_of(connector_names()).nearest(str(value))
        fix = f"did you mean {near}?" if near else "name one of these, or install the package that brings it"
        found = f"unknown connector {shown(str(value))}"
        self._tell("source.connector", "connector", found=found, allowed=", ".join(connector_names()), fix=fix)
        return None

    def _options(self, connector: Connector | None) -> dict[str, str]:
        given = self._feed.values.get(OPTIONS, {})
        if not isinstance(given, dict):
            fix = 'write options = { after = "move" }'
            self._tell("source.value", OPTIONS, found=shown(str(given)), allowed="a table of names and values", fix=fix)
            return {}
        known = {option.name: option for option in connector.options} if connector is not None else {}
        options: dict[str, str] = {}
        for name, value in given.items():
            key = f"{OPTIONS}.{name}"
            if connector is not None and name not in known:
                near = names_of(known).nearest(name)
                fix = f"did you mean {near}?" if near else "remove it"
                allowed = f"options of {connector.name}: {', '.join(known) or 'none'}"
                self._tell("source.option", key, found=f"unknown option {shown(name)}", allowed=allowed, fix=fix)
            elif isinstance(value, str | int | float):
                options[name] = self._option(known.get(name), key, value=_text(value))
            else:
                fix = "write it in quotes, as on the command line"
                self._tell("source.value", key, found=shown(str(value)), allowed="a text, a number, true or false", fix=fix)
        return options

    def _option(self, option: Option | None, key: str, *, value: str) -> str:
        """Return the value of an option; the name of a file in full."""
        try:
            check_secret(value)
        except UsageError:
            found = "an address with a user or a password in it"
            self._tell("source.secret", key, found=found, allowed="an address without them", fix=self._secret_fix())
        if option is None or not value or not (option.is_file or option.name.endswith("-file")) or value in option.words:
            return value
        place = (self._feeds.folder / Path(value).expanduser()).resolve()
        if not place.is_file():
            words = f", or {', '.join(option.words)}" if option.words else ""
            allowed = f"a file, its path relative to the project{words}"
            fix = f"put it there: {place}"
            self._tell("source.file", key, found=f"no file {shown(value)}", allowed=allowed, fix=fix)
        return str(place)

    def _every(self) -> float:
        value = self._feed.values.get("every", EVERY)
        try:
            seconds = float("nan") if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            seconds = float("nan")
        if not EVERY_LEAST <= seconds <= EVERY_MOST:
            allowed = f"seconds from {EVERY_LEAST:g} to {EVERY_MOST:,.0f}"
            self._tell("source.value", "every", found=shown(str(value)), allowed=allowed, fix="write every = 5")
            return EVERY
        return seconds

    def _truth(self, key: str) -> bool:
        value: Any = self._feed.values.get(key, True)
        found = value if isinstance(value, bool) else TRUTHS.get(str(value).strip().lower())
        if found is None:
            self._tell("source.value", key, found=shown(str(value)), allowed="true or false", fix=f"write {key} = false")
        return found is not False


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
