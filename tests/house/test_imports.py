"""The import contracts of pyproject.toml hold, and break where a forbidden import is planted."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared_data import REPOSITORY


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package in ``folder``/src with the contracts of ``folder``/pyproject.toml."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "NO_COLOR": "1"}
    command = [sys.executable, "-c", code, "--no-cache", "--no-logo"]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)


def package_of(folder: Path, files: dict[str, str]) -> Path:
    """Write a small package named chaintwin under ``folder`` with the real contracts beside it."""
    shutil.copy(REPOSITORY / "pyproject.toml", folder)
    for path, text in {"__init__.py": "", "errors.py": "", "jit.py": "import numba\n", **files}.items():
        target = folder / "src" / "chaintwin" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        if not (target.parent / "__init__.py").exists():
            (target.parent / "__init__.py").write_text("", encoding="utf-8")
    return folder


def test_contracts__source() -> None:
    done = lint_imports(REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


ALLOWED = {
    "laws/a.py": "from chaintwin import errors, jit\n",
    "network/a.py": "from chaintwin.laws import a\nimport polars\n",
    "simulation/a.py": "def f():\n    from chaintwin.network import a\n",
    "cli/a.py": "import typer\nfrom rich.table import Table\nfrom chaintwin.simulation import a\n",
}


def test_contracts__allowed_imports_pass(tmp_path: Path) -> None:
    done = lint_imports(package_of(tmp_path, ALLOWED))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("laws/b.py", "from chaintwin.network import a\n", "chaintwin.laws is not allowed to import chaintwin.network"),
        (
            "laws/b.py",
            "def f():\n    from chaintwin.network import a\n",
            "chaintwin.laws is not allowed to import chaintwin.network",
        ),
        ("errors.py", "import chaintwin.jit\n", "chaintwin.errors is not allowed to import chaintwin.jit"),
        ("warehouse/a.py", "", "chaintwin.warehouse"),
        ("laws/b.py", "import numba\n", "Only jit imports numba BROKEN"),
        ("laws/b.py", "from rich.console import Console\n", "Only the command knows the terminal BROKEN"),
        ("network/b.py", "import networkx\n", "Libraries that came along are not used BROKEN"),
        ("cli/b.py", "import pandas\n", "Libraries that came along are not used BROKEN"),
    ],
)
def test_contracts__planted_import_breaks(tmp_path: Path, path: str, text: str, expected: str) -> None:
    done = lint_imports(package_of(tmp_path, {**ALLOWED, path: text}))
    assert done.returncode != 0, done.stdout
    assert expected in done.stdout, done.stdout


def test_contracts__strangers_do_not_meet(tmp_path: Path) -> None:
    files = {"ingest/a.py": "from chaintwin.examples import a\n", "examples/a.py": ""}
    done = lint_imports(package_of(tmp_path, {**ALLOWED, **files}))
    assert done.returncode != 0
    assert "chaintwin.ingest is not allowed to import chaintwin.examples" in done.stdout
