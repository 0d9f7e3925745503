"""A process that has imported the program and runs each command in a fork of itself; started by ``tests.warm``.

It never does anything but import and fork, and has a single thread, so every fork begins where a process that was started anew is
once its imports are done. Whatever a command or page does, it does in its fork.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

REQUEST_BYTES_MAX = 1024 * 1024
# Variables that may be read while modules are imported: a run that wants others needs a process of its own.
READ_ON_IMPORT = ("CHAINTWIN_", "NUMBA_", "PYTHONHASHSEED", "PYTHONIOENCODING", "LC_", "LANG", "FORCE_COLOR", "GITHUB_ACTIONS")


def main() -> None:
    """Import everything, then answer requests until nobody asks any more."""
    import_program()
    tasks = Path("/proc/self/task")
    threads = len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()
    if threads != 1:
        sys.exit(f"tests.warm_process: imports have started {threads - 1} threads, which a fork would not have")
    gc.freeze()
    todo = serve(socket.socket(fileno=int(sys.argv[1])))
    if todo is not None:
        todo()


def import_program() -> None:
    """Import what starts no thread; polars does, so forks import it, and the modules that need it, themselves."""
    import chaintwin

    sys.modules["polars"] = None  # type: ignore[assignment]
    for module in pkgutil.walk_packages(chaintwin.__path__, "chaintwin.", onerror=_only_polars):
        if not module.name.endswith("__main__"):
            try:
                import_module(module.name)
            except ImportError:
                _only_polars(module.name)
    del sys.modules["polars"]
    for name in ("lxml.etree", "numba", "rich.table", "scipy.optimize", "scipy.stats", "tests.docs.page", "tests.warm"):
        import_module(name)


def serve(calls: socket.socket) -> Callable[[], None] | None:
    """Fork for every request; return what is to be done in the fork, and None once the other end is closed.

    Parameters
    ----------
    calls : where requests come from. Each is a JSON object with ``arguments``, ``folder``, ``environment`` and ``page``, and two
        files that take what is written; the answer is the exit code, negative for a signal.
    """
    while True:
        content, files, _, _ = socket.recv_fds(calls, REQUEST_BYTES_MAX, 2)
        if not content:
            return None
        request = json.loads(content)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            calls.close()
            return begin(request, files)
        for file in files:
            os.close(file)
        status = _wait(child, calls)
        if status is None:
            return None
        with suppress(BrokenPipeError):
            calls.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def begin(request: dict[str, object], files: list[int]) -> Callable[[], None]:
    """Make a fork what a process of its own would be, and return what it is to do."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, file in enumerate((nothing, *files)):
        os.dup2(file, number)
        os.close(file)
    wanted: dict[str, str] = request["environment"]  # type: ignore[assignment]
    if _read_on_import(wanted) != _read_on_import(dict(os.environ)):
        sys.exit("tests.warm_process: this environment needs a process of its own; start one")
    os.environ.clear()
    os.environ.update(wanted)
    os.chdir(str(request["folder"]))
    arguments = [str(argument) for argument in request["arguments"]]  # type: ignore[attr-defined]
    return lambda: run_page(arguments[0]) if request["page"] else run_command(arguments)


def run_command(arguments: list[str]) -> None:
    """Do what ``python -m chaintwin`` does."""
    sys.argv = ["chaintwin", *arguments]
    runpy.run_module("chaintwin", run_name="__main__", alter_sys=True)


def run_page(path: str) -> None:
    """Do what ``python page.py PAGE`` does, with commands in forks of what has not yet run anything."""
    from tests.docs.page import run
    from tests.warm import Warm

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        # In a group of its own it outlives a page that is killed for as long as it takes to kill what that page runs.
        os.setpgid(0, 0)
        ours.close()
        todo = serve(theirs)
        if todo is not None:
            todo()
        return
    theirs.close()
    warm = Warm(ours)
    run(Path(path), command=lambda words: warm.run(words, folder=Path.cwd(), environment=dict(os.environ)))


def _wait(child: int, calls: socket.socket) -> int | None:
    """Wait for a fork and return its status; kill it and all of its group, and return None, once nobody waits for it."""
    with suppress(PermissionError, ProcessLookupError):
        os.setpgid(child, child)
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        if select.select([calls], [], [], 0.02)[0]:
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None


def _only_polars(name: str) -> None:
    fault = sys.exception()
    if not isinstance(fault, ImportError) or "polars" not in str(fault):
        raise RuntimeError(f"{name} cannot be imported") from fault


def _read_on_import(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(READ_ON_IMPORT)}


if __name__ == "__main__":
    main()
