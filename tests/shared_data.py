"""Where worked cases and real data are read from: a folder outside the project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_root() -> Path:
    """Return the root of the worked data, from CHAINTWIN_TEST_DATA or the folder beside the checkout."""
    named = os.environ.get("CHAINTWIN_TEST_DATA")
    return Path(named) if named else REPOSITORY.parent / "shared" / "data"


def shared_path(relative: str) -> Path:
    """Return a path under the worked data; skip the test when it is absent."""
    path = shared_root() / relative
    if not path.exists():
        pytest.skip(f"needs shared data: {relative} is not under {shared_root()}")
    return path


def cases_of(relative: str, prefix: str) -> list[Any]:
    """Return pytest parameters for the cases of one file whose kind starts with ``prefix``, or whose id does in files without
    kinds; one skipping case if absent.
    """
    path = shared_root() / relative
    if not path.exists():
        reason = f"needs shared data: {relative} is not under {shared_root()}"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]
    read = json.loads(path.read_text(encoding="utf-8"))
    cases = read["cases"] if isinstance(read, dict) else read
    return [pytest.param(case, id=case["id"]) for case in cases if case.get("kind", case["id"]).startswith(prefix)]


def matches(value: object, expected: object, *, tolerance: float) -> bool:
    """Tell whether a value meets a worked answer: abs(x-e) <= tolerance*max(1,abs(e)), exactly for non-numbers."""
    if isinstance(expected, dict):
        return isinstance(value, dict) and all(matches(value[key], item, tolerance=tolerance) for key, item in expected.items())
    if isinstance(expected, list):
        items = list(value)  # type: ignore[call-overload]
        return len(items) == len(expected) and all(
            matches(one, other, tolerance=tolerance) for one, other in zip(items, expected, strict=True)
        )
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return value == expected
    return abs(float(value) - float(expected)) <= tolerance * max(1.0, abs(float(expected)))  # type: ignore[arg-type]
