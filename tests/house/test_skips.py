"""Under CHAINTWIN_CI=1 a skipped test fails the session unless what it needs is truly absent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared_data import REPOSITORY

CONFTEST = "from tests.conftest import pytest_sessionfinish, pytest_terminal_summary\n"
RUN = "def test_runs():\n    pass\n"
SKIP = "import pytest\n@pytest.mark.skip(reason='{reason}')\ndef test_skipped():\n    pass\n"
SKIP_MODULE = "import pytest\npytest.skip('no browser', allow_module_level=True)\n"


def session(folder: Path, text: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run pytest over one test module with the hooks of our conftest."""
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_runs.py").write_text(RUN, encoding="utf-8")
    (folder / "test_planted.py").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CHAINTWIN_", "PYTEST_"))}
    environment |= {"PYTHONPATH": str(REPOSITORY), **variables}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [[], ["-n", "1"]], ids=["plain", "xdist"])
@pytest.mark.parametrize("text", [SKIP.format(reason="no browser"), SKIP_MODULE], ids=["test", "module"])
def test_ci__skip_fails_with_its_reason(tmp_path: Path, text: str, arguments: list[str]) -> None:
    done = session(tmp_path, text, *arguments, CHAINTWIN_CI="1")
    assert done.returncode == 1, done.stdout
    assert "CI: 1 tests are skipped that CI is meant to run" in done.stdout
    assert "no browser" in done.stdout


def test_ci__without_the_variable_a_skip_passes(tmp_path: Path) -> None:
    assert session(tmp_path, SKIP.format(reason="no browser")).returncode == 0


def test_ci__absent_shared_data_may_skip_and_is_said(tmp_path: Path) -> None:
    text = SKIP.format(reason="needs shared data: cases/rng.json is absent")
    done = session(tmp_path, text, CHAINTWIN_CI="1", CHAINTWIN_TEST_DATA=str(tmp_path / "absent"))
    assert done.returncode == 0, done.stdout
    assert "CI: no shared data at" in done.stdout


def test_ci__present_shared_data_may_not_skip(tmp_path: Path) -> None:
    text = SKIP.format(reason="needs shared data: cases/rng.json is absent")
    done = session(tmp_path, text, CHAINTWIN_CI="1", CHAINTWIN_TEST_DATA=str(tmp_path))
    assert done.returncode == 1, done.stdout
