"""After a power cut at any moment nothing that was acknowledged is lost and nothing is doubled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sizes import scaled
from tests.store.programs import run_program


def cuts(seeds: int, *, synchronous: str, folder: Path) -> list[dict[str, Any]]:
    output = run_program("tests.store.power_cuts", "0", str(seeds), synchronous, str(folder))
    found = [json.loads(line) for line in output.splitlines()]
    assert len(found) == seeds
    return found


@pytest.mark.slow
def test_append__power_cuts_lose_and_double_nothing(tmp_path: Path) -> None:
    found = cuts(scaled(ci=40, full=2_000), synchronous="FULL", folder=tmp_path)
    bad = [cut for cut in found if "refused" in cut or cut["lost"] or cut["doubled"] or cut["findings"] or not cut["is_prefix"]]
    assert bad == []
    assert sum(cut["cut"] for cut in found) > 0.8 * len(found)
    assert sum(cut["acknowledged"] for cut in found) > 5 * len(found)


@pytest.mark.slow
@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_append__control_without_syncs_loses(tmp_path: Path, synchronous: str) -> None:
    found = cuts(scaled(ci=15, full=100), synchronous=synchronous, folder=tmp_path)
    assert any("refused" in cut or cut["lost"] for cut in found)
