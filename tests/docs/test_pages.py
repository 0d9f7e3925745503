"""Every page works: its blocks run, its links lead somewhere, and the reference leaves no command and no table out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import page as page_runner
from tests.docs import reference_pages
from tests.shared_data import REPOSITORY
from tests.warm import warm

DOCS = REPOSITORY / "docs"
PAGES = sorted([*REPOSITORY.glob("*.md"), *DOCS.glob("**/*.md")])
RUNNABLE = [
    path
    for path in PAGES
    if any(b.kind in ("python", "console") or b.file for b in page_runner.blocks(path.read_text(encoding="utf-8")))
]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCED = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1\s*$", re.DOTALL | re.MULTILINE)


def run_page(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page in a folder."""
    environment = {**os.environ, "COLUMNS": "120", "NO_COLOR": "1"}
    return warm().run([path], folder=folder, environment=environment, page=True)


def anchors(text: str) -> set[str]:
    """Return the anchors that the headings of a page make, as repository hosts build them."""
    found: set[str] = set()
    counts: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", FENCED.sub("", text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found.add(slug if slug not in counts else f"{slug}-{counts[slug]}")
        counts[slug] = counts.get(slug, 0) + 1
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def broken_links(path: Path) -> Iterator[str]:
    """Yield the links of a page to a file or heading that is not there."""
    text = FENCED.sub("", path.read_text(encoding="utf-8"))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists():
            yield f"{target}: no such file"
        elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.read_text(encoding="utf-8")):
            yield f"{target}: no such heading"


@pytest.mark.parametrize("path", RUNNABLE, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_page__blocks_run(path: Path, tmp_path: Path) -> None:
    done = run_page(path, tmp_path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_page__links_lead_somewhere(path: Path) -> None:
    assert list(broken_links(path)) == []


@pytest.mark.parametrize("path", sorted(DOCS.glob("**/*.md")), ids=lambda path: path.relative_to(DOCS).as_posix())
def test_page__is_reached_from_the_index(path: Path) -> None:
    index = path.parent / "README.md" if path.parent.name == "decisions" else DOCS / "README.md"
    if path in (DOCS / "README.md", index):
        return
    targets = {(index.parent / target.partition("#")[0]).resolve() for target in LINK.findall(index.read_text(encoding="utf-8"))}
    assert path in targets, f"{path.relative_to(REPOSITORY)} is not linked from {index.relative_to(REPOSITORY)}"


def test_page__runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nnumber = 2\n```\n\n```console\n$ chaintwin --version\n```\n", encoding="utf-8")
    command = [sys.executable, "-m", "tests.docs.page", str(page)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_reference__has_the_commands_of_the_design() -> None:
    import typer.main

    from chaintwin.cli import app

    assert {"demo", "init", "check", "import", "simulate", "bench"} <= set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("name", sorted(reference_pages.PAGES))
def test_reference__says_what_the_program_says(name: str) -> None:
    written = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert written == reference_pages.PAGES[name](), f"docs/reference/{name} is out of date; run make reference"


GOOD = """# A page

```python
from pathlib import Path
number = 2
```

```csv file=tables/lanes.csv
origin,target
```

```text
only shown
```

```python
assert number == 2
assert Path("tables/lanes.csv").read_text() == "origin,target\\n"
```
"""


def test_run_page__blocks_share_one_namespace(tmp_path: Path) -> None:
    (tmp_path / "good.md").write_text(GOOD, encoding="utf-8")
    done = run_page(tmp_path / "good.md", tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# A\n\n```python\n1 / 0\n```\n", "line 4"),
        ("```python\nassert False\n", "never closed"),
        ("```console\n$ chaintwin no-such-command\n```\n", "exit code"),
        ("```console\n$ rm -rf x\n```\n", "runs chaintwin only"),
        ("<!-- exits: 1 -->\n```console\n$ chaintwin --help\n```\n", "expected: 1"),
    ],
)
def test_run_page__planted_fault_is_found(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "bad.md").write_text(text, encoding="utf-8")
    done = run_page(tmp_path / "bad.md", tmp_path)
    assert done.returncode != 0
    assert message in done.stderr


def test_broken_links__planted(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One `two`, three\n# Again\n# Again\n", encoding="utf-8")
    page = tmp_path / "a.md"
    page.write_text(
        "[a](b.md) [b](b.md#one-two-three) [c](b.md#again-1) [d](no.md) [e](b.md#no) [f](https://x.example)", encoding="utf-8"
    )
    assert list(broken_links(page)) == ["no.md: no such file", "b.md#no: no such heading"]
