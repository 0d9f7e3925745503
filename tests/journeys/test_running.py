"""Commands that run in forks do what processes of their own do, and end with whoever asked for them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.journeys.running import environment, run
from tests.shared_data import REPOSITORY
from tests.warm import start

COMMANDS = [["--version"], ["--help"], ["init", "mine"], ["check", "absent"], ["simulate", "--no-such-option"], []]
SLEEPING_PAGE = """```python
import os, subprocess, sys
from pathlib import Path
process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
Path("processes").write_text(f"{os.getpid()} {process.pid} ")
process.wait()
```
"""


def is_running(process: int) -> bool:
    """Tell whether a process is there and is not only waiting to be asked how it ended."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False).stdout.strip()
    return bool(state) and not state.startswith("Z")


def started_by_page(folder: Path) -> list[int]:
    """Wait for the page to have started its process; return both."""
    for _ in range(600):
        numbers = (folder / "processes").read_text().split() if (folder / "processes").exists() else []
        if len(numbers) == 2:
            return [int(number) for number in numbers]
        time.sleep(0.1)
    raise AssertionError("the page has not begun")


def all_ended(processes: list[int]) -> bool:
    """Wait a while for processes to end; tell whether they did."""
    for _ in range(100):
        if not any(is_running(process) for process in processes):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_run__says_and_returns_what_a_process_of_its_own_does(arguments: list[str], tmp_path: Path) -> None:
    answers = []
    for kind in ("fork", "anew"):
        folder = tmp_path / kind / "same"
        folder.mkdir(parents=True)
        done = run(*arguments, cwd=folder, env=None if kind == "fork" else environment())
        texts = [text.replace(str(folder), "") for text in (done.stdout, done.stderr)]
        answers.append((done.returncode, texts, sorted(path.relative_to(folder) for path in folder.rglob("*"))))
    assert answers[0] == answers[1]
    assert any(answers[0][1])


def test_warm__page_that_is_killed_by_a_signal(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nimport os\nos.kill(os.getpid(), 9)\n```\n", encoding="utf-8")
    client, process = start()
    assert client.run([page], folder=tmp_path, environment=os.environ, page=True).returncode == -9
    page.write_text("```python\nraise KeyboardInterrupt\n```\n", encoding="utf-8")
    assert client.run([page], folder=tmp_path, environment=os.environ, page=True).returncode == -2
    client.close()
    assert process.wait(timeout=30) == 0


def test_warm__a_run_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(SLEEPING_PAGE, encoding="utf-8")
    client, process = start(seconds_max=30)
    client.run(["--version"], folder=tmp_path, environment=environment())
    client.limit(2)
    with pytest.raises(RuntimeError, match="not done after 2"):
        client.run([page], folder=tmp_path, environment=os.environ, page=True)
    assert all_ended(started_by_page(tmp_path))
    assert process.wait(timeout=30) == 0
    with pytest.raises(OSError, match="descriptor"):
        client.run(["--version"], folder=tmp_path, environment=environment())


def test_warm__ends_with_a_test_run_that_is_killed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(SLEEPING_PAGE, encoding="utf-8")
    code = (
        "import os, sys; from pathlib import Path; from tests.warm import start; client, process = start();"
        "print(process.pid, flush=True); client.run([sys.argv[1]], folder=Path(sys.argv[2]), environment=os.environ, page=True)"
    )
    command = [sys.executable, "-c", code, str(page), str(tmp_path)]
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment(), stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        server = int(asking.stdout.readline())
        processes = started_by_page(tmp_path)
        asking.kill()
    assert all_ended([server, *processes])


def test_warm__an_environment_that_imports_read_is_refused(tmp_path: Path) -> None:
    client, process = start()
    done = client.run(["--version"], folder=tmp_path, environment={**environment(), "NUMBA_DISABLE_JIT": "1"})
    assert done.returncode == 1
    assert "needs a process of its own" in done.stderr
    client.close()
    assert process.wait(timeout=30) == 0
