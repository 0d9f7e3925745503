"""``/api/v1/scenarios``: what can be tried, and what was thought of, saved as a file of the project."""

from __future__ import annotations

from functools import cache, partial
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.errors import Finding, InputError
from chaintwin.serve.answering.conditional import tagged
from chaintwin.serve.answering.parameters import check_names
from chaintwin.serve.epcis.headers import sent_form
from chaintwin.serve.parts import parts_of
from chaintwin.serve.problems import ProblemError
from chaintwin.serve.scenarios.kept import described, listed, save

router = APIRouter(prefix="/api/v1")


class NewScenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario that is to be a file of the project.

    Parameters
    ----------
    name : of the file, without its ending. scenario : with the keys of a scenario file.
    replace : whether a file of that name is replaced.
    """

    name: Annotated[str, msgspec.Meta(max_length=64)]
    scenario: dict[str, Any]
    replace: bool = False


@router.get("/scenarios")
async def list_scenarios(request: Request) -> Response:
    """Return the scenarios that come with the program and the files of the project."""
    check_names(request)
    parts = parts_of(request)
    folder = parts.settings.scenarios
    own = await parts.threads.read(partial(listed, folder))
    member = [*await parts.threads.read(_library), *own]
    return tagged(request, {"member": member, "count": len(member), "canSave": folder is not None})


@router.post("/scenarios")
async def save_scenario(request: Request) -> Response:
    """Save a scenario as a file of the project; one that is there is replaced only where that is said."""
    check_names(request)
    sent_form(request, xml=False)
    parts = parts_of(request)
    folder = parts.settings.scenarios
    if folder is None:
        detail = "This server has no folder of a project to save a scenario in; fix: keep it as a file of your own"
        raise ProblemError(404, "NoSuchResourceException", detail=detail)
    new = _new(await request.body())
    path = await parts.threads.write(partial(save, folder, new.name, scenario=new.scenario, replaces=new.replace))
    return JSONResponse(await parts.threads.read(partial(described, path, origin="project")), 201)


def _new(content: bytes) -> NewScenario:
    try:
        return msgspec.json.decode(content, type=NewScenario)
    except msgspec.ValidationError as error:
        raise InputError([Finding("scenario.body", str(error)[:120], "name, scenario and replace")]) from None
    except msgspec.DecodeError:
        raise InputError([Finding("scenario.body", "no JSON", "an object with name, scenario and replace")]) from None


@cache
def _library() -> tuple[dict[str, Any], ...]:
    from chaintwin.risk.scenarios.library import FOLDER, shipped_names

    return tuple(described(FOLDER / f"{name}.toml", origin="library") for name in shipped_names())
