"""Run the real command: in a fork of a process that has imported it, or started anew where an environment is given."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.shared_data import REPOSITORY
from tests.warm import warm

COMMAND = [sys.executable, "-m", "chaintwin"]
ESCAPE = "\x1b"


def environment(**changes: str) -> dict[str, str]:
    """Return an environment in which the checkout is found from any folder and nothing asks for color."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "COLUMNS", "CHAINTWIN_DEBUG", "NO_COLOR")
    }
    paths = [str(REPOSITORY / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), **changes}


def run(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end and return what it said.

    Parameters
    ----------
    env : its environment, for a process that is started anew, as a person would start it.
    """
    if env is None:
        return warm().run(arguments, folder=cwd, environment=environment())
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )


def succeed(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> str:
    """Run the command, insist on exit code 0, and return its standard output."""
    done = run(*arguments, cwd=cwd, env=env)
    assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def document(*arguments: object, cwd: Path, code: int = 0) -> Any:
    """Run the command with --json and return the one document it printed, which must be strict JSON."""
    done = run(*arguments, "--json", cwd=cwd)
    assert done.returncode == code, f"{arguments}\n{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout, parse_constant=_refuse)


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is not strict JSON")
