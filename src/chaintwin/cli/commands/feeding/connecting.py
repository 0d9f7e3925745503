"""What commands that take events in have in common: the options of connectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

ConnectorName = Annotated[
    str | None,
    typer.Option("--connector", help="Kind of the source; by default the one that the source looks like.", show_default=False),
]
ConnectorOption = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="Option of the connector, as docs/reference/connectors.md lists them; may be repeated.",
        show_default=False,
    ),
]
MappingFile = Annotated[
    str | None,
    typer.Option("--mapping", help="Mapping file of tables; short for --option mapping=FILE.", show_default=False),
]


def given_options(pairs: list[str] | None, mapping: str | None) -> Mapping[str, str]:
    """Return options of a connector by name.

    Parameters
    ----------
    pairs : texts ``NAME=VALUE``. mapping : of ``--mapping``.

    Raises
    ------
    UsageError
        A text is no such pair.
    """
    from chaintwin.errors import UsageError

    found = {} if mapping is None else {"mapping": mapping}
    for pair in pairs or ():
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise UsageError(f"--option: found {pair!r}; allowed: NAME=VALUE")
        found[name] = value
    return found


def source_key(source: str) -> str:
    """Return a source as the log names it, the same from whichever folder it is read: an address, or a full path.

    Raises
    ------
    UsageError
        It is an address with a user or a password in it.
    """
    from chaintwin.ingest.connectors.interface import check_secret

    check_secret(source)
    return source if "://" in source else str(Path(source).resolve())
