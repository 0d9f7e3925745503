"""Programs that tests run as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.shared_data import REPOSITORY


def environment() -> dict[str, str]:
    """Return the environment in which a program finds the package and the tests."""
    paths = [str(REPOSITORY / "src"), str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def run_program(module: str, *arguments: str) -> str:
    """Run a module of the tests to its end and return what it printed."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, env=environment(), cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4_000:]
    return done.stdout


def start_program(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a module of the tests, whose output can be read while it runs."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, env=environment(), cwd=REPOSITORY, stdout=subprocess.PIPE)
