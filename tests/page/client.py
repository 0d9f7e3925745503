"""Writes the types of the page's client from the description of the routes: ``make client``."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import hatch_build
from chaintwin.guard.tokens import token_hash
from chaintwin.serve import Limits, Settings, create_app
from chaintwin.serve.describing.openapi import description
from chaintwin.store.opening import open_store
from tests.shared_data import REPOSITORY

WEB = REPOSITORY / "web"
SCHEMA = WEB / "src" / "api" / "schema.ts"
PREFIX = "/api/v1"
MARK = re.compile(r"^// Made from a description with the digest ([0-9a-f]{64})", re.MULTILINE)


def described() -> dict[str, Any]:
    """Return the description of the routes that the page may use, with the schemas that they lead to."""
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "log.db") as store:
        app = create_app(store, settings=Settings((token_hash("x" * 40),)))
        document = json.loads(description(app._app, limits=Limits()))  # type: ignore[arg-type]
    document["paths"] = {path: routes for path, routes in document["paths"].items() if path.startswith(PREFIX)}
    schemas = document["components"]["schemas"]
    kept = set[str]()
    waiting = names_in(document["paths"])
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept.add(name)
            waiting |= names_in(schemas[name])
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(kept)}
    return dict(document)


def names_in(part: Any) -> set[str]:
    """Return the schemas that a part of a description refers to."""
    return set(re.findall(r"#/components/schemas/(\w+)", json.dumps(part)))


def digest(document: dict[str, Any]) -> str:
    """Return what tells one description from another."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def write() -> None:
    """Write the types."""
    document = described()
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "openapi.json", Path(folder) / "schema.ts"
        given.write_text(json.dumps(document), encoding="utf-8")
        hatch_build.run_tool(REPOSITORY, "openapi-typescript/bin/cli.js", str(given), "--output", str(made))
        text = made.read_text(encoding="utf-8")
    SCHEMA.write_text(
        f"// Made from a description with the digest {digest(document)}; make client writes it anew.\n{text}", encoding="utf-8"
    )
    sys.stdout.write(f"Wrote {SCHEMA.relative_to(REPOSITORY)}\n")


if __name__ == "__main__":
    write()
