"""The wheel and the source distribution hold what they should, and the wheel works in an empty environment without a network."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shared_data import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
# What pip says when it cannot reach a registry; a hash that does not match, say, is another matter and fails the test.
UNREACHABLE = re.compile(r"No matching distribution|NewConnectionError|ConnectTimeout|Max retries|Name or service not known")
CORE_MEGABYTES_MAX = 850


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command without the variables of this test run; return its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST_", "VIRTUAL_ENV"))}
    return subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**environment, **(env or {})},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the source distribution, and the wheel built from that alone."""

    def make(folder: Path) -> None:
        done = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, REPOSITORY, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr

    return made_once("dist", make, factory=tmp_path_factory)


def made_once(name: str, make: Callable[[Path], None], *, factory: pytest.TempPathFactory) -> Path:
    """Return a folder that is filled once, however many processes of one test run ask for it."""
    base = factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = root / name, root / f"{name}.done"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def wheel_of(folder: Path) -> Path:
    """Return the wheel in a folder of distributions."""
    return folder / f"chaintwin-{VERSION}-py3-none-any.whl"


def package_files() -> set[str]:
    """Return the files of the package in the source tree: code and data."""
    source = REPOSITORY / "src"
    return {
        path.relative_to(source).as_posix()
        for path in source.glob("chaintwin/**/*")
        if path.is_file() and path.suffix not in (".pyc", ".nbi", ".nbc")
    }


def test_wheel__holds_the_package_and_nothing_else(distributions: Path) -> None:
    with zipfile.ZipFile(wheel_of(distributions)) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        about = {name.split(".dist-info/", 1)[1] for name in wheel.namelist() if ".dist-info/" in name}
    assert names == package_files()
    assert "chaintwin/py.typed" in names
    assert {"licenses/LICENSE", "METADATA", "entry_points.txt"} <= about


def test_wheel__metadata(distributions: Path) -> None:
    with zipfile.ZipFile(wheel_of(distributions)) as wheel:
        text = wheel.read(f"chaintwin-{VERSION}.dist-info/METADATA").decode()
        entries = wheel.read(f"chaintwin-{VERSION}.dist-info/entry_points.txt").decode()
    assert "License-Expression: Apache-2.0\n" in text
    assert "Requires-Python: >=3.11\n" in text
    assert "chaintwin = chaintwin.cli:main" in entries
    for requirement in PROJECT["dependencies"]:
        assert f"Requires-Dist: {requirement}\n" in text


def test_source_distribution__builds_alone_and_holds_no_tests(distributions: Path) -> None:
    with tarfile.open(distributions / f"chaintwin-{VERSION}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "src/chaintwin/py.typed"} <= names
    assert {f"src/{name}" for name in package_files()} <= names
    outside = [name for name in names if name.startswith(("tests", "docs", ".ci"))]
    assert outside == []


@pytest.fixture(scope="module")
def empty_environment(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with the locked core and the wheel, installed as the README says."""

    def make(folder: Path) -> None:
        assert run(sys.executable, "-m", "venv", folder / "venv", cwd=folder).returncode == 0
        pip = (folder / "venv" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install")
        done = run(*pip, "--require-hashes", "-r", REPOSITORY / "requirements.lock", cwd=folder)
        if done.returncode != 0 and UNREACHABLE.search(done.stderr):
            pytest.skip("needs the package registry, or pip's cache of it")
        assert done.returncode == 0, done.stderr
        done = run(*pip, "--no-deps", wheel_of(distributions), cwd=folder)
        assert done.returncode == 0, done.stderr

    return made_once("empty", make, factory=tmp_path_factory) / "venv"


def without_network() -> tuple[list[str], dict[str, str]]:
    """Return a prefix for commands that takes the network away, where the machine permits it, and proxies that lead nowhere."""
    closed = "http://127.0.0.1:9"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), closed)
    unshare = shutil.which("unshare")
    if unshare:
        for options in (["--net"], ["--map-root-user", "--net"]):
            if subprocess.run([unshare, *options, "true"], capture_output=True, check=False).returncode == 0:
                return [unshare, *options], proxies
    return [], proxies


@pytest.mark.slow
def test_wheel__demo_runs_in_an_empty_environment_without_a_network(empty_environment: Path, tmp_path: Path) -> None:
    prefix, proxies = without_network()
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "CHAINTWIN_CACHE_DIR": str(tmp_path / "kernels")}
    done = run(*prefix, empty_environment / "bin" / "chaintwin", "demo", cwd=tmp_path, env={**proxies, **home})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


@pytest.mark.slow
def test_core__size_with_bytecode(empty_environment: Path) -> None:
    (packages,) = (empty_environment / "lib").glob("python3.*/site-packages")
    own = ("pip", "setuptools", "_distutils_hack", "pkg_resources", "distutils-precedence")
    size = sum(
        file.stat().st_size
        for entry in packages.iterdir()
        if not entry.name.startswith(own)
        for file in (entry.rglob("*") if entry.is_dir() else [entry])
        if file.is_file()
    )
    assert size / 1e6 <= CORE_MEGABYTES_MAX
