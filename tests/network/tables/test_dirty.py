"""Dirty files, each a folder of tests/golden/dirty: the files in it are put over the clean project, every finding is compared.

``expected.txt`` holds one line a finding: severity, code, then the finding as a person reads it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.network.tables.projects import findings_of

GOLDEN = Path(__file__).parents[2] / "golden" / "dirty"
CASES = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


@pytest.mark.parametrize("case", CASES)
def test_read_project__dirty_file_is_told_exactly(case: str, tmp_path: Path) -> None:
    folder = GOLDEN / case
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "expected.txt"}
    found = [
        f"{f.severity} {f.code} | {f}" + (f" | {f.count} rows" if f.count > 1 else "")
        for f in findings_of(tmp_path / "project", files)
    ]
    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert found == expected
