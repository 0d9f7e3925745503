"""Times to recover as a file: kind, id, periods."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.network.network import Network
from chaintwin.risk.stress.scopes import ScopeKind

COLUMNS = ("kind", "id", "periods")


class Recovery(dict[tuple[str, str], float]):
    """Periods until something is back, by kind and id.

    Parameters
    ----------
    times : by kind and id.
    others : periods for everything else.
    """

    def __init__(self, times: Mapping[tuple[str, str], float], *, others: float) -> None:
        super().__init__(times)
        self.others = others


def read_recovery(path: Path | str, *, others: float, network: Network | None = None) -> Recovery:
    """Read times to recover from a CSV file with the columns ``kind``, ``id`` and ``periods``.

    Parameters
    ----------
    path : the file.
    others : periods for what it does not name.
    network : whose ids it may name; without it any id will do.

    Raises
    ------
    InputError
        Rows are wrong; the exception carries all of them.
    """
    source = Path(path)
    known = None if network is None else _ids_of(network)
    findings: list[Finding] = []
    times: dict[tuple[str, str], float] = {}

    def wrong(row: int, column: str, *, found: str, allowed: str, fix: str) -> None:
        findings.append(
            Finding(
                code="recovery.value",
                severity=Severity.ERROR,
                file=source.name,
                row=row,
                column=column,
                found=found,
                allowed=allowed,
                fix=fix,
            )
        )

    try:
        lines = source.read_bytes().decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        wrong(0, "", found="no such file", allowed=f"a CSV file with the columns {', '.join(COLUMNS)}", fix="correct its name")
        raise InputError(findings) from None
    except UnicodeDecodeError:
        wrong(0, "", found="bytes that are no UTF-8", allowed="CSV in UTF-8", fix="save it as CSV UTF-8")
        raise InputError(findings) from None
    reader = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        wrong(1, missing[0], found="no such column", allowed=", ".join(COLUMNS), fix="add it to the first line")
        raise InputError(findings)
    for number, row in enumerate(reader, start=2):
        kind, name, text = ((row[column] or "").strip() for column in COLUMNS)
        if kind not in set(ScopeKind):
            wrong(number, "kind", found=kind or "nothing", allowed=", ".join(ScopeKind), fix="write one of these")
        if not name:
            wrong(number, "id", found="nothing", allowed="an id of the project", fix="write which one is meant")
        elif known is not None and name not in known.get(kind, (name,)):
            near = get_close_matches(name, known[kind], n=1)
            fix = f"did you mean {near[0]}?" if near else "see the table of the project"
            wrong(number, "id", found=name, allowed=f"a {kind} of the project", fix=fix)
        time = _number(text)
        if time is None:
            wrong(number, "periods", found=text or "nothing", allowed="a number, 0 or more", fix="write such as 30 or 12.5")
        elif (kind, name) in times:
            wrong(number, "id", found=f"{kind} {name} again", allowed="each once", fix="delete one of the rows")
        else:
            times[kind, name] = time
    if findings:
        raise InputError(findings)
    return Recovery(times, others=others)


def _ids_of(network: Network) -> dict[str, tuple[str, ...]]:
    """Return the ids of each kind that can be out."""
    columns = {
        ScopeKind.SITE: [("sites", "site_id")],
        ScopeKind.LANE: [("lanes", "lane_id")],
        ScopeKind.SUPPLIER: [("partners", "partner_id")],
        ScopeKind.COUNTRY: [("sites", "country"), ("partners", "country")],
        ScopeKind.PRODUCT: [("products", "product_id")],
    }
    return {
        str(kind): tuple(
            sorted({str(name) for table, column in places for name in network[table][column].drop_nulls().to_list()})
        )
        for kind, places in columns.items()
    }


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None
