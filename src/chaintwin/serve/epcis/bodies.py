"""Small JSON bodies of requests: read, and their fields checked all at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from chaintwin.errors import Finding
from chaintwin.events.checking.reading import read_json
from chaintwin.serve.epcis.headers import check_sent, sent_form
from chaintwin.serve.problems import ProblemError


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object of a body.

    Raises
    ------
    ProblemError
        400 for anything else, 415.
    """
    check_sent(request)
    sent_form(request, xml=False)
    found, problems = read_json(await request.body())
    if problems:
        findings = [problem.finding() for problem in problems]
        raise ProblemError(400, "ValidationException", detail=str(findings[0]), findings=findings)
    if not isinstance(found, dict):
        raise ProblemError(400, "ValidationException", detail="body: found no object; allowed: a JSON object")
    return found


def checked_fields(body: Mapping[str, Any], *, wanted: Mapping[str, tuple[type, bool]]) -> list[Finding]:
    """Return what is wrong with the fields of an object.

    Parameters
    ----------
    wanted : for each field its type and whether it must be there; further fields are faults.
    """
    faults = []
    for name, value in body.items():
        if name not in wanted:
            faults.append(Finding("body.field", name[:100], ", ".join(wanted), column=name[:100]))
        elif not isinstance(value, wanted[name][0]) or (isinstance(value, bool) and wanted[name][0] is not bool):
            faults.append(Finding("body.type", type(value).__name__, _NAMES[wanted[name][0]], column=name))
    faults += [
        Finding("body.missing", "nothing", _NAMES[kind], column=name)
        for name, (kind, is_needed) in wanted.items()
        if is_needed and name not in body
    ]
    return faults


_NAMES = {str: "a text", bool: "true or false", dict: "an object", int: "a whole number"}
