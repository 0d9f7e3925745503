"""The tables of a log from any version to the present one, in one transaction.

Version 0 wrote names and terms at once where they belong in order and kept no further names of an entry.
"""

from __future__ import annotations

from collections.abc import Callable

from chaintwin.errors import UsageError
from chaintwin.store.log.database import Reader, Writer
from chaintwin.store.log.indexing import SHORT
from chaintwin.store.log.tables import SCHEMA_VERSION, TABLES

UNFINISHED = "unfinished"
"""Setting of a log that is being copied; it is gone once the copy is whole."""


def bring_up_to_date(writer: Writer, *, place: str) -> None:
    """Make the tables if there are none, or change them to the present version.

    Parameters
    ----------
    place : where the log lies, for messages.

    Raises
    ------
    UsageError
        The log was made by a later version.
    """
    if not writer.has("settings"):
        _in_transaction(writer, _make)
        return
    for version in range(version_of(writer, place=place), SCHEMA_VERSION):
        _in_transaction(writer, _STEPS[version])


def version_of(reader: Reader, *, place: str) -> int:
    """Return the version of the tables of a log.

    Raises
    ------
    UsageError
        It is later than this program, or the log is a copy that was not finished.
    """
    settings = {name: bytes(value) for name, value in reader.rows("SELECT name, value FROM settings")}
    if UNFINISHED in settings:
        raise UsageError(f"store {place}: found a copy that was not finished; fix: remove it and copy again")
    version = int(settings.get("schema", b"0"))
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"store {place}: found version {version} of its tables; allowed: up to {SCHEMA_VERSION}; fix: use a later chaintwin"
        )
    return version


def check_readable(reader: Reader, *, place: str) -> None:
    """Look whether a log can be read without changing it.

    Raises
    ------
    UsageError
        Its tables have an earlier or later version.
    """
    version = version_of(reader, place=place)
    if version < SCHEMA_VERSION:
        raise UsageError(
            f"store {place}: found version {version} of its tables; allowed: {SCHEMA_VERSION}; "
            "fix: chaintwin log upgrade, or open it for writing once"
        )


def _make(writer: Writer) -> None:
    for statement in writer.statements([table.name for table in TABLES]):
        writer.run(statement)
    _number(writer)


def _from_0(writer: Writer) -> None:
    for statement in writer.statements(["recent", "aliases", "numbers"]):
        writer.run(statement)
    _number(writer)


def _number(writer: Writer) -> None:
    writer.insert("numbers", [(number,) for number in range(SHORT)])
    writer.run("DELETE FROM settings WHERE name = 'schema'")
    writer.insert("settings", [("schema", str(SCHEMA_VERSION).encode())])


def _in_transaction(writer: Writer, step: Callable[[Writer], None]) -> None:
    writer.begin()
    try:
        step(writer)
        writer.commit()
    except BaseException:
        writer.rollback()
        raise


_STEPS: tuple[Callable[[Writer], None], ...] = (_from_0,)
