"""The demo that lives: a shipped network served on a page, and a hidden world beside it that tells what happens there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaintwin.cli.commands.live.serving import Served, Way, serve_project
from chaintwin.cli.terminal.output import Terminal, printable

if TYPE_CHECKING:
    from chaintwin.cli.commands.options import Shipped

SECONDS = 60.0
"""How long a demo lasts that nobody watches, from the first event on."""

PATIENCE = 600.0
"""Seconds that such a demo waits for the first event: on a machine that compiles for the first time it takes a minute."""

SAID = 500
"""Characters of the last words of a world that are shown."""

WORLD_DAYS = 60
"""Days that the world of the demo lasts: told at the usual speed four minutes. More take longer to be played before the first."""


@dataclass(frozen=True, slots=True)
class Plot:
    """What happens in the world of a demo.

    Parameters
    ----------
    shift : as ``chaintwin world --shift`` takes it. told : what that is, for people.
    """

    shift: str
    told: str


PLOTS = {
    "medicines": Plot(
        "hub-nairobi: capacity*0 from day 3 until day 40",
        "On day 3 a fire closes the hub in Nairobi until day 40. Nobody tells the twin.",
    ),
    "electronics": Plot("*: demand*1.5 from day 4 until day 60", "From day 4 on customers ask for half as much again."),
    "beer-game": Plot("retailer: demand*2 from day 21", "From week 4 on customers ask for twice as much."),
}
"""The plot of each shipped network."""


@dataclass(frozen=True, slots=True)
class Live:
    """How a living demo is played.

    Parameters
    ----------
    into : folder of its project; None for one that is gone when the demo ends. port : 0 for any that is free.
    speed : seconds of the world in one second. seconds : how long it lasts after its first event; None until Ctrl-C.
    is_opened : whether a browser is opened.
    """

    into: Path | None = None
    port: int = 8750
    speed: float = 21_600.0
    seconds: float | None = None
    is_opened: bool = True


def demonstrate(terminal: Terminal, example: Shipped, *, live: Live) -> None:
    """Serve a shipped network and let a hidden world feed it, until told to stop or for so long.

    Parameters
    ----------
    terminal : where it is told. example : which network. live : how.

    Raises
    ------
    UsageError
        The folder is not empty, or the port is taken.
    """
    from chaintwin.cli.commands.init import refuse_full_folder, write_example

    if live.into is not None:
        refuse_full_folder(live.into)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaintwin-demo-")))
        project = live.into or place / example.value
        write_example(example, project)
        playing = Playing(terminal, example.value, project=project, place=place, live=live)
        stack.callback(playing.close)
        serve_project(terminal, project, served=Served(port=_free(live.port), begun=playing.begin))
        playing.tell_end()


class Playing:
    """The world beside the server, and the end of the demo.

    Parameters
    ----------
    name : of the network. project : its folder. place : for what only the demo needs.
    """

    def __init__(self, terminal: Terminal, name: str, *, project: Path, place: Path, live: Live) -> None:
        self._terminal, self._name, self._project, self._place, self._live = terminal, name, project, place, live
        self._world: subprocess.Popen[bytes] | None = None
        self._closed = threading.Event()
        self._last: dict[str, Any] = {}
        self._url = self._token = ""

    def begin(self, way: Way) -> None:
        """Let the world begin; called when the server takes requests."""
        from chaintwin.guard.token_files import write_token

        url, token, link = way
        self._url, self._token = url, token
        plot = PLOTS[self._name]
        days = "as fast as it is taken" if isinf(self._live.speed) else f"a day in {86_400 / self._live.speed:.3g} s"
        self._terminal.show("", f"A world with a secret truth is played, {days}. {plot.told}")
        self._terminal.show(
            "Its first events come in some seconds, or in a minute where the program is compiled for the first time."
        )
        file = self._place / "token.txt"
        write_token(file, token)
        command = [sys.executable, "-m", "chaintwin", "world", str(self._project), "--to", f"{url}/epcis"]
        command += ["--token-file", str(file), "--days", str(WORLD_DAYS), "--speed", _speed(self._live.speed)]
        command += ["--seed", "7", "--wire", "good", "--count-share", "0.1", "--shift", plot.shift, "--json"]
        with (self._place / "world.log").open("wb") as log:
            # A world of its own group is not stopped by the Ctrl-C that is meant for the server.
            self._world = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        threading.Thread(target=self._tell_over, daemon=True).start()
        if self._live.is_opened:
            # Some ways to open a browser wait until it is there; the server does not.
            threading.Thread(target=_open, args=(link,), daemon=True).start()
        if self._live.seconds is not None:
            threading.Thread(target=self._end_after, args=(self._live.seconds,), daemon=True).start()

    def close(self) -> None:
        """End the world."""
        self._closed.set()
        if self._world is not None and self._world.poll() is None:
            self._world.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._world.wait(10)
            self._world.kill()
            self._world.wait()

    def tell_end(self) -> None:
        """Say what there was to be seen, where the demo ended by itself."""
        if not self._last:
            return
        state, outlook = self._last["state"], self._last["outlook"]
        self._terminal.title("What the twin knew in the end")
        if not state["sequence"]:
            self._terminal.show(printable(f"  Nothing: the world told of no event. {self._why()}"))
            return
        self._terminal.show(f"  {state['sequence']:,} events, the latest of {state['summary']['latest'][:10]}")
        if outlook["state"] != "ready":
            self._terminal.show("  It has not looked ahead yet.")
            return
        days = f"{outlook['days']:g}"
        self._terminal.show(f"  {outlook['count']:,} shortages to come within {days} days; the worst of them:")
        for row in outlook["warnings"][:5]:
            first = (row["firstDate"] or "")[:10]
            what = (
                f"{row['product']} at {row['site']}: {row['probability']:.0%} likely, from {first}, {row['fillRate']:.0%} served"
            )
            self._terminal.show(printable(f"    {what}"))

    def _tell_over(self) -> None:
        """Say so when the world ends while the demo goes on."""
        world = self._world
        assert world is not None
        world.wait()
        if self._closed.is_set():
            return
        told = "has told all that happened in it" if world.returncode == 0 else f"ended before its time. {self._why()}"
        self._terminal.show("", printable(f"The world {told}. The page stays; Ctrl-C ends the demo."))

    def _end_after(self, seconds: float) -> None:
        """Wait so long from the first event on, ask for what is known, and stop the server."""
        from chaintwin.client import Client

        with suppress(Exception), Client(self._url, token=self._token) as client:
            patience = time.monotonic() + PATIENCE
            while self._is_playing() and time.monotonic() < patience and not client.health()["state"]["sequence"]:
                self._closed.wait(0.2)
            # A world that is over has told all of it, or nothing.
            has_told = client.health()["state"]["sequence"] > 0
            if self._closed.wait(seconds if has_told else 0):
                return
            self._last = {"state": client.state(), "outlook": client.outlook()}
        os.kill(os.getpid(), signal.SIGINT)

    def _is_playing(self) -> bool:
        return not self._closed.is_set() and self._world is not None and self._world.poll() is None

    def _why(self) -> str:
        """Return the last words of the world."""
        said = (self._place / "world.log").read_text(encoding="utf-8", errors="replace").strip()
        return f"It said: {said[-SAID:]}" if said else "It was still being made ready."


def _speed(speed: float) -> str:
    return "max" if isinf(speed) else f"{speed:g}"


def _free(wanted: int) -> int:
    """Return a port, or 0 for any that is free where another program has it: a demo need not be where the last was."""
    import socket

    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
    return wanted


def _open(link: str) -> None:
    """Open a browser where there is a screen; without one the link that was shown has to do."""
    import webbrowser

    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    with suppress(webbrowser.Error):
        webbrowser.open(link)
