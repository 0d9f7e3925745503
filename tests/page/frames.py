"""Measures how many frames a second the map draws in a browser without a screen: ``make frames``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import hatch_build
from tests.page.browsing import browser
from tests.shared_data import REPOSITORY


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *arguments: object) -> None:
        return


@contextmanager
def bench_page() -> Iterator[str]:
    """Build the page of the benchmark and serve it until the end of the block; yield its address."""
    with tempfile.TemporaryDirectory() as folder:
        hatch_build.run_tool(
            REPOSITORY, "vite/bin/vite.js", "build", "--config", "vite.bench.config.ts", "--outDir", folder, "--logLevel", "error"
        )
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
        finally:
            server.shutdown()
            server.server_close()


def measured(*, sites: int, lanes: int, seconds: float) -> dict[str, Any]:
    """Return frames a second of the map at rest and while it is moved, at 1440 by 860 pixels.

    Parameters
    ----------
    sites, lanes : how many; goods move over every lane. seconds : for each of the two.
    """
    with bench_page() as url, browser() as found:
        page = found.new_page(viewport={"width": 1440, "height": 860})
        page.goto(f"{url}?sites={sites}&lanes={lanes}&seconds={seconds}")
        page.wait_for_function("() => document.title.startsWith('{')", timeout=1000 * (4 * seconds + 60))
        picture = Path(tempfile.gettempdir()) / "chaintwin-frames.png"
        page.screenshot(path=picture)
        return dict(json.loads(page.title()))


def main() -> None:
    """Print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=2000)
    parser.add_argument("--lanes", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    found = measured(sites=given.sites, lanes=given.lanes, seconds=given.seconds)
    size = f"{found['sites']:,} sites, {found['lanes']:,} moving lanes"
    sys.stdout.write(f"{size}: {found['still']} frames a second at rest, {found['moving']} while it is moved\n")


if __name__ == "__main__":
    main()
