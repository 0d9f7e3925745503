"""A real browser on a page of a real server, which notes what no page may do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.serve.running import TOKEN
from tests.shared_data import REPOSITORY

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = REPOSITORY / "web" / "node_modules" / "axe-core" / "axe.min.js"
WAIT_MILLISECONDS = 30_000
expect.set_options(timeout=WAIT_MILLISECONDS)
NOTING = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) => window.broken.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
TOURED = "try { localStorage.setItem('chaintwin.tour', 'seen') } catch {}"


@dataclass
class Noted:
    """What a page did."""

    requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def foreign(self, url: str) -> list[str]:
        """Return the requests that went elsewhere than to the server."""
        own = urlsplit(url).netloc
        return [one for one in self.requests if urlsplit(one).netloc != own and not one.startswith("blob:")]


@contextmanager
def browser() -> Iterator[Browser]:
    """Run a browser without a screen; skip the test where there is none."""
    if PROGRAM is None:
        pytest.skip("there is no Chromium here; install it: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        try:
            yield found
        finally:
            found.close()


@contextmanager
def opened(
    found: Browser,
    url: str,
    *,
    address: str = "/map",
    theme: str = "dark",
    language: str = "en-US",
    size: tuple[int, int] = (1440, 860),
    token: str | None = TOKEN,
    is_examined: bool = False,
    is_new: bool = False,
) -> Iterator[tuple[Page, Noted]]:
    """Open the page, signed in.

    Parameters
    ----------
    found : the browser. url : of the server. address : view and what it shows. size : pixels.
    token : that is shown; None for nobody. is_examined : whether scripts may be put into it, against its policy.
    is_new : whether nobody was ever here, who is then asked to take the tour.
    """
    scheme = "light" if theme == "light" else "dark"
    context = found.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        timezone_id="UTC",
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=is_examined,
    )
    noted = Noted()
    try:
        page = context.new_page()
        page.set_default_timeout(WAIT_MILLISECONDS)
        page.on("request", lambda request: noted.requests.append(request.url))
        page.on("pageerror", lambda error: noted.errors.append(str(error)))
        page.on(
            "console", lambda told: noted.errors.append(f"{told.text} {told.location['url']}") if told.type == "error" else None
        )
        page.add_init_script(NOTING)
        if not is_new:
            page.add_init_script(TOURED)
        if token is not None:
            page.goto(f"{url}/#token={token}")
            page.wait_for_url("**/#/map")
            page.evaluate("(address) => { location.hash = '#' + address }", address)
        else:
            page.goto(f"{url}/#{address}")
        yield page, noted
        noted.violations += page.evaluate("() => window.broken")
    finally:
        context.close()


def picture(page: Page, name: str, *, folder: Path) -> None:
    """Keep a picture of a page.

    Parameters
    ----------
    name : of the picture. folder : of the test; CHAINTWIN_PICTURES names another one.
    """
    place = Path(os.environ.get("CHAINTWIN_PICTURES") or folder)
    place.mkdir(parents=True, exist_ok=True)
    # To hide the caret a style would be put into the page, which its policy stops and reports.
    page.screenshot(path=place / f"{name}.png", caret="initial")


def faults_of(page: Page) -> list[str]:
    """Return what axe finds wrong with a page that was opened to be examined."""
    if not AXE.is_file():
        pytest.skip("needs the packages of the page: web/node_modules is absent; run npm ci in web")
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=str(AXE))
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [f"{one['id']}: {one['help']}: {node['target']} {node['html'][:120]}" for one in found for node in one["nodes"]]
