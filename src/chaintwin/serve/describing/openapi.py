"""All routes as OpenAPI 3.1: what each takes, what it answers, and how it refuses."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.routing import APIRoute

from chaintwin.serve.describing.operations import Operation, operation_of
from chaintwin.serve.describing.own_routes import own_schemas
from chaintwin.serve.describing.schemas import headers_of, problem_answer, schemas
from chaintwin.serve.settings import Limits

SECURED_BY: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "chaintwin-8750", "description": "Named after the port."},
}


def description(app: FastAPI, *, limits: Limits) -> bytes:
    """Return the description of an application as JSON.

    Parameters
    ----------
    limits : what the server takes, for the schemas.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route in _routes(app.router.routes):
        path = route.path_format
        for method in sorted(route.methods or ()):
            operation = operation_of(path, method, limits=limits)
            paths.setdefault(path, {})[method.lower()] = _operation(route, operation)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "chaintwin",
            "version": "1",
            "description": "EPCIS 2.0 under /epcis, the twin and its jobs under /api/v1. Errors are RFC 9457 on every route.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas(limits) | own_schemas(), "securitySchemes": SCHEMES},
        "security": SECURED_BY,
    }
    return msgspec.json.encode(document)


def _routes(routes: Any) -> list[APIRoute]:
    return [route for route in routes if isinstance(route, APIRoute)]


def _operation(route: APIRoute, operation: Operation) -> dict[str, Any]:
    answers = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    answers |= {str(status): problem_answer(status) for status in operation.errors}
    document: dict[str, Any] = {
        "operationId": route.operation_id or route.name,
        "summary": route.summary or (route.description or "").split("\n")[0],
        "tags": [operation.tag],
        "parameters": list(operation.parameters),
        "responses": dict(sorted(answers.items())),
    }
    if operation.body is not None:
        document["requestBody"] = operation.body
    if operation.is_open:
        document["security"] = [{}, *SECURED_BY]
    return document


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": answer["description"]}
    if answer.get("headers"):
        found["headers"] = headers_of(answer["headers"])
    if answer.get("content"):
        found["content"] = answer["content"]
    return found
