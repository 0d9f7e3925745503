"""Run one Markdown page: its blocks in order, in the current folder; started as `python page.py PAGE`.

- ```python blocks share one namespace, and line numbers in a traceback are those of the page;
- ```console blocks run each line that starts with `$ chaintwin`; `$ cd FOLDER` changes the folder for the rest of the page.
  A comment `<!-- exits: 1 -->` before the block says that its last command exits so;
- a block such as ```csv file=lanes.csv is written to that file;
- blocks of any other kind are only shown.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})\s*(?P<kind>[\w-]*)(?P<rest>.*)$")
EXITS = re.compile(r"<!--\s*exits:\s*(\d+)\s*-->")
COMMAND = [sys.executable, "-c", "from chaintwin.cli import main; main()"]


@dataclass(frozen=True)
class Block:
    """One fenced block: its kind, the line of its first line of content, its content, file to write, exit code expected."""

    kind: str
    line: int
    text: str
    file: str
    exit_code: int


def blocks(text: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    lines = text.splitlines()
    number = 0
    exit_code = 0
    while number < len(lines):
        opening = FENCE.match(lines[number])
        if opening is None:
            marker = EXITS.search(lines[number])
            exit_code = int(marker[1]) if marker else exit_code if not lines[number].strip() else 0
            number += 1
            continue
        start = number + 1
        number = start
        while number < len(lines) and lines[number].strip() != opening["fence"]:
            number += 1
        if number == len(lines):
            raise ValueError(f"line {start}: the block is never closed")
        file = re.search(r"\bfile=(\S+)", opening["rest"])
        content = "".join(line.removeprefix(opening["indent"]) + "\n" for line in lines[start:number])
        yield Block(opening["kind"], start + 1, content, file[1] if file else "", exit_code)
        number += 1
        exit_code = 0


def commands(block: Block) -> list[list[str]]:
    """Return the command lines of a console block; a backslash at the end joins two lines."""
    joined = block.text.replace("\\\n", " ")
    found = [shlex.split(line[2:], comments=True) for line in joined.splitlines() if line.startswith("$ ")]
    for words in found:
        if not words or words[0] not in ("chaintwin", "cd"):
            raise ValueError(
                f"line {block.line}: a console block runs chaintwin only, not {' '.join(words)!r}; use a block of kind sh"
            )
    return found


Command = Callable[[list[str]], subprocess.CompletedProcess[str]]


def in_process(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own."""
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def run(page: Path, *, command: Command = in_process) -> None:
    """Run a page; raise or exit with a message at the first block that fails.

    Parameters
    ----------
    command : runs ``chaintwin`` with some arguments in the current folder.
    """
    namespace: dict[str, object] = {"__name__": "__page__"}
    for block in blocks(page.read_text(encoding="utf-8")):
        place = f"{page}:{block.line}"
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), namespace)
        elif block.kind == "console":
            lines = commands(block)
            for position, words in enumerate(lines):
                expected = block.exit_code if position == len(lines) - 1 else 0
                run_command(words, place, command=command, expected=expected)


def run_command(words: list[str], place: str, *, command: Command, expected: int) -> None:
    """Run one line of a console block."""
    if words[0] == "cd":
        os.chdir(words[1])
        return
    done = command(words[1:])
    if done.returncode != expected:
        sys.exit(f"{place}: {shlex.join(words)}\nexit code {done.returncode}; expected: {expected}\n{done.stdout}\n{done.stderr}")


if __name__ == "__main__":
    run(Path(sys.argv[1]))
