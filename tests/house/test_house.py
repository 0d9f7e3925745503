"""The house rules hold in the whole source, and each rule finds what it is meant to find."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.rules import Source
from tests.shared_data import REPOSITORY

PACKAGE = REPOSITORY / "src" / "chaintwin"
SOURCES = [
    Source(path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))
]
LONG_BODY = "\n".join(f"    value_{i} = {i}" for i in range(80))
LONG_COMMENT = "\n".join("    # A reason." for _ in range(80))

# Each rule with a snippet that breaks it and one beside it that does not; a path where the place matters.
PLANTED: list[tuple[Callable[[Source], list[str]], Source, Source]] = [
    (rules.module_length, Source("laws/a.py", "a = 1\n" * 501), Source("laws/a.py", "a = 1\n" * 500)),
    (
        rules.function_length,
        Source("laws/a.py", f"def f():\n{LONG_BODY}\n"),
        Source("laws/a.py", f'def f():\n    """{"line" * 9}\n{LONG_COMMENT}\n    """\n{LONG_COMMENT}\n\n    return 1\n'),
    ),
    (rules.names, Source("laws/utils/a.py", ""), Source("laws/fits/a.py", "")),
    (rules.names, Source("laws/common.py", ""), Source("laws/commons.py", "")),
    (
        rules.catch_all_arguments,
        Source("laws/a.py", "def f(x, **rest): ..."),
        Source("laws/a.py", "def _f(x, **rest): ..."),
    ),
    (
        rules.positional_arguments,
        Source("laws/a.py", "def f(a, b, c): ..."),
        Source(
            "laws/a.py",
            "def f(a, b, *, c): ...\nclass A:\n    def g(self, a, b, *, c): ...\n    def __exit__(self, a, b, c): ...",
        ),
    ),
    (
        rules.positional_arguments,
        Source("laws/a.py", "class A:\n    def g(self, a, b, c): ..."),
        Source("laws/a_kernels.py", "def f(a, b, c): ..."),
    ),
    (rules.chance, Source("laws/a.py", "import random"), Source("laws/a.py", "from chaintwin import rng")),
    (rules.chance, Source("laws/a.py", "def f():\n    from random import choice"), Source("laws/a.py", "import randomness")),
    (rules.chance, Source("laws/a.py", "import numpy as np\nnp.random.default_rng(1)"), Source("laws/a.py", "random = 3")),
    (rules.time, Source("laws/a.py", "import time\ntime.time()"), Source("clock.py", "import time\ntime.time()")),
    (
        rules.time,
        Source("laws/a.py", "import datetime as dt\ndt.datetime.now(dt.UTC)"),
        Source("laws/a.py", "import time\ntime.perf_counter()\nclock.now()"),
    ),
    (rules.time, Source("laws/a.py", "from time import time"), Source("laws/a.py", "from time import perf_counter")),
    (rules.compiler, Source("laws/a.py", "def f():\n    import numba"), Source("jit.py", "import numba")),
    (
        rules.compiler,
        Source("laws/a.py", "from numba.core import types"),
        Source("laws/a.py", "from chaintwin.jit import kernel"),
    ),
    (rules.module_state, Source("laws/a.py", "cache = {}"), Source("laws/a.py", "NAMES = {'a': 1}\ndef f():\n    cache = {}")),
    (rules.module_state, Source("laws/a.py", "NAMES = []\ndef f():\n    NAMES.append(1)"), Source("laws/a.py", "names = (1, 2)")),
    (
        rules.module_state,
        Source("laws/a.py", "NAMES: dict[str, int] = {}\ndef f():\n    NAMES['a'] = 1"),
        Source("laws/a.py", ""),
    ),
    (rules.module_state, Source("laws/a.py", "a = 1\ndef f():\n    global a"), Source("laws/a.py", "__all__ = ['f']")),
    (rules.docstrings, Source("laws/a.py", "def f(): ..."), Source("laws/a.py", "def _f(): ...")),
    (
        rules.docstrings,
        Source("laws/a.py", 'class A:\n    """An a."""\n    def f(self): ...'),
        Source("laws/a.py", 'class A(B):\n    """An a."""\n    def f(self): ...'),
    ),
    (rules.docstrings, Source("laws/a.py", "class A: ..."), Source("laws/a.py", 'class A:\n    """An a."""')),
    (rules.order, Source("laws/a.py", "def _f(): ...\ndef g(): ..."), Source("laws/a.py", "def g(): ...\ndef _f(): ...")),
    (
        rules.records,
        Source("laws/a.py", "@dataclass(frozen=True)\nclass A: ..."),
        Source("laws/a.py", "@dataclasses.dataclass(frozen=True, slots=True)\nclass A: ..."),
    ),
    (rules.unfinished, Source("laws/a.py", f"# {rules.UNFINISHED_WORDS[0]}: later"), Source("laws/a.py", "# Why it is so.")),
    (rules.unfinished, Source("laws/a.py", rules.UNFINISHED_WORDS[2]), Source("laws/a.py", "except NotImplementedError: ...")),
    (
        rules.room_list,
        Source("laws/__init__.py", "def f(): ..."),
        Source("laws/__init__.py", '"""Laws."""\nfrom chaintwin.laws.a import f\n__all__ = ["f"]\ndef __getattr__(name): ...'),
    ),
    (rules.room_list, Source("laws/__init__.py", "for i in range(3): pass"), Source("laws/a.py", "for i in range(3): pass")),
]
RULES = list(dict.fromkeys(rule for rule, _, _ in PLANTED))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house__rule_holds_everywhere(rule: Callable[[Source], list[str]]) -> None:
    faults = [f"src/chaintwin/{source.path}:{fault}" for source in SOURCES for fault in rule(source)]
    assert not faults, f"{rule.__doc__}\n" + "\n".join(faults)


@pytest.mark.parametrize(
    ("rule", "bad", "good"), PLANTED, ids=[f"{rule.__name__}-{number}" for number, (rule, _, _) in enumerate(PLANTED)]
)
def test_house__rule_finds_what_is_planted(rule: Callable[[Source], list[str]], bad: Source, good: Source) -> None:
    assert rule(bad), f"{rule.__name__} misses:\n{bad.text[:200]}"
    assert not rule(good), f"{rule.__name__} wrongly blames:\n{good.text[:200]}"


def test_house__every_rule_has_a_planted_snippet() -> None:
    helpers = {"code_lines", "docstring_lines", "functions", "public_functions", "decorators", "dotted", "imported", "assigned"}
    helpers |= {"is_container", "changed_names", "crowded_folders"}
    named = {
        name for name, value in vars(rules).items() if callable(value) and getattr(value, "__module__", "") == rules.__name__
    }
    assert named - helpers - {"Source"} == {rule.__name__ for rule in RULES}


def test_crowded_folders__source() -> None:
    faults = rules.crowded_folders([source.path for source in SOURCES])
    assert not faults, "\n".join(faults)


def test_crowded_folders__planted() -> None:
    modules = [f"laws/m{number}.py" for number in range(10)]
    assert not rules.crowded_folders([*modules, "laws/__init__.py", "laws/fits/a.py"])
    assert rules.crowded_folders([*modules, "laws/one_more.py"])


def test_unfinished__docs_and_build_files() -> None:
    pages = [REPOSITORY / "README.md", REPOSITORY / "Makefile", REPOSITORY / "pyproject.toml", *REPOSITORY.glob("docs/**/*.md")]
    faults = [
        f"{page.relative_to(REPOSITORY)}:{fault}"
        for page in pages
        for fault in rules.unfinished(Source(page.name, page.read_text(encoding="utf-8")))
    ]
    assert not faults, "\n".join(faults)


def heavy_after(statement: str, banned: str, *, path: str = "") -> str:
    """Return the banned modules that a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*sorted(set(sys.modules) & set({banned.split()!r})))"
    environment = {**os.environ, "PYTHONPATH": path} if path else dict(os.environ)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


HEAVY = "numba llvmlite scipy scipy.stats polars fastexcel openpyxl xlsxwriter searoute networkx rustworkx airportsdata"


@pytest.mark.parametrize("module", ["chaintwin", "chaintwin.cli"])
def test_import__loads_nothing_heavy(module: str) -> None:
    loaded = heavy_after(f"import {module}", HEAVY)
    assert not loaded, f"import {module} loads {loaded}; import it inside the function that needs it"


def test_import__planted_heavy_import_is_seen(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("import scipy.stats\n", encoding="utf-8")
    assert heavy_after("import planted", HEAVY, path=str(tmp_path)) == "scipy scipy.stats"


@pytest.mark.parametrize("source", [s for s in SOURCES if s.name != "__main__"], ids=lambda source: source.path)
def test_source__names_no_place_of_one_machine(source: Source) -> None:
    for trace in (*(f"/{top}/" for top in ("root", "home", "work", "tmp")), "C:\\"):
        assert trace not in source.text, f"src/chaintwin/{source.path} names {trace}"


def test_tests__every_folder_is_a_package() -> None:
    folders = {path.parent for path in (REPOSITORY / "tests").glob("**/test_*.py")}
    missing = [folder.relative_to(REPOSITORY).as_posix() for folder in sorted(folders) if not (folder / "__init__.py").exists()]
    assert not missing, f"two test modules of one name would clash: {missing} need an __init__.py"
