"""The first minutes: help, version, wrong usage."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.running import environment, run, succeed

HEAVY = "numba llvmlite numpy scipy polars rich fastexcel openpyxl xlsxwriter searoute networkx rustworkx airportsdata"

UNNEEDED = "resvg_py openpyxl searoute scipy.spatial scipy.sparse scipy.optimize numba.np.linalg chaintwin.simulation.comparing"


@pytest.mark.parametrize("arguments", [["--help"], ["simulate", "--help"], ["--version"]])
def test_start__loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from chaintwin.cli.application import app\n"
        f"sys.argv = ['chaintwin', *{arguments!r}]\n"
        "try:\n    app(prog_name='chaintwin')\nexcept SystemExit as leaving:\n    assert not leaving.code\n"
        f"print('heavy:', *sorted(set(sys.modules) & set({HEAVY.split()!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1].strip() == "heavy:"


def test_simulate__loads_nothing_it_does_not_need(tmp_path: Path) -> None:
    """What only pictures, maps, comparisons, workbooks and the compiler take stays on the disk."""
    succeed("init", "project", cwd=tmp_path)
    succeed("simulate", "project", "--periods", "3", "--replications", "2", cwd=tmp_path)
    code = (
        "import sys\n"
        "from chaintwin.cli.application import app\n"
        "sys.argv = ['chaintwin', 'simulate', 'project', '--periods', '3', '--replications', '2']\n"
        "try:\n    app(prog_name='chaintwin')\nexcept SystemExit as leaving:\n    assert not leaving.code\n"
        f"print('unneeded:', *sorted(set(sys.modules) & set({UNNEEDED.split()!r})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1].strip() == "unneeded:"


def test_help__names_every_command(tmp_path: Path) -> None:
    text = succeed("--help", cwd=tmp_path)
    assert all(f"\n  {name} " in text for name in ("demo", "init", "check", "import", "simulate", "bench"))


def test_version(tmp_path: Path) -> None:
    assert succeed("--version", cwd=tmp_path).startswith("chaintwin 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["simulate"],
        ["simulate", "x", "--replications", "0"],
        ["init", "x", "--layout", "docx"],
        ["init", "x", "--layout", "xlsx"],
        ["demo", "no-such-example"],
        ["bench", "no_such_case"],
        ["check", "x", "--nonsense"],
    ],
)
def test_usage__wrong(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_completion__is_offered(tmp_path: Path) -> None:
    env = environment(_CHAINTWIN_COMPLETE="complete_bash", COMP_WORDS="chaintwin sim", COMP_CWORD="1")
    done = subprocess.run(
        [sys.executable, "-c", "from chaintwin.cli import main; main()"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "simulate" in done.stdout, done.stdout + done.stderr
