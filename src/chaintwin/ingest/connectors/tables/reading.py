"""What is said of tables and rows that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from chaintwin.errors import Finding, InputError
from chaintwin.ingest.connectors.interface import KEPT_BYTES, Place, Problem


def unreadable(file: str, fault: InputError) -> Problem:
    """Return a file that cannot be read as a table as one problem with all its findings.

    Parameters
    ----------
    file : its name. fault : why.
    """
    return Problem(Place(file), fault.findings)


def problem_of_row(file: str, row: int, *, findings: Sequence[Finding], cells: Mapping[str, str | None]) -> Problem:
    """Return a row that gives no event as a problem with the cells it has.

    Parameters
    ----------
    file, row : where it stands. findings : why, all of it. cells : by header.
    """
    content = msgspec.json.encode({name: cell for name, cell in cells.items() if cell is not None})
    return Problem(Place(file, row), tuple(findings), content[:KEPT_BYTES])
