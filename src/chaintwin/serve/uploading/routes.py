"""``/api/v1/uploads``: files that jobs import."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chaintwin.clock import text_of
from chaintwin.serve.answering.parameters import bad, check_names
from chaintwin.serve.parts import parts_of
from chaintwin.serve.problems import ProblemError

OCTETS = "application/octet-stream"

router = APIRouter(prefix="/api/v1")


@router.post("/uploads")
async def upload_file(request: Request) -> Response:
    """Take a shipment log or a workbook, as it is, to be imported by a job."""
    check_names(request, "name")
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != OCTETS:
        # Any page can make a browser send a form or a text; this one it has to be allowed to.
        raise ProblemError(415, "UnsupportedMediaTypeException", detail=f"Content-Type: found {given[:60]!r}; allowed: {OCTETS}")
    name = request.query_params.get("name")
    if name is None:
        raise bad("name", found="none", allowed="the name of the file, with its ending")
    upload = await parts_of(request).uploads.take(name, request.stream())
    document = {
        "uploadID": upload.id,
        "name": upload.name,
        "bytes": upload.size,
        "expiresAt": text_of(upload.expires_at),
    }
    return JSONResponse(document, 201)
