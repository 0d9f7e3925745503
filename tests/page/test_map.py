"""The page in a browser, on a real server with real events: what is seen, and that it follows what happens."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from chaintwin.examples import Example, load
from chaintwin.network import write
from tests.page.browsing import faults_of, opened, picture
from tests.page.happening import OWN, counted
from tests.serve.commanded import Served
from tests.serve.documents import document
from tests.serve.running import TOKEN, eventually
from tests.shared_data import REPOSITORY

pytestmark = pytest.mark.slow
STORE = "sto-zw"
SHOWN = "/map?site=sto-zw"


def is_live(page: Page) -> None:
    """Wait until the page follows the server."""
    expect(page.locator(".contact")).to_contain_text("Live")


def drawn_whole(page: Page) -> None:
    """Wait for the lines of ships, which come after the map, and a frame."""
    page.locator("[data-ways=known]").wait_for()
    page.wait_for_timeout(300)


def colors_on(page: Page) -> int:
    """Return how many colors the map shows; a map that was not drawn shows one."""
    return int(
        page.evaluate(
            """() => {
                const canvas = document.querySelector("canvas");
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                const found = new Set();
                for (let at = 0; at < data.length; at += 4 * 7) found.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
                return found.size;
            }"""
        )
    )


def count(served: Served, quantity: float, *, product: str = "tld") -> None:
    """Tell the server that a stock was counted."""
    sent = document(counted(STORE, product, quantity=quantity, at=datetime.now(UTC)), context=OWN)
    with served.client() as client:
        assert client.post("/epcis/capture", json=sent).status_code == 202


def test_map__is_drawn_and_asks_nobody_else(medicines: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, medicines.url) as (page, noted):
        is_live(page)
        expect(page.get_by_role("status").filter(has_text="64 of 64 sites")).to_be_visible()
        eventually(lambda: colors_on(page) > 50)
        drawn_whole(page)
        picture(page, "map", folder=tmp_path)
        assert TOKEN not in page.url
    assert noted.foreign(medicines.url) == []
    assert noted.violations == []
    assert noted.errors == []
    assert len(noted.requests) > 5


def test_policy__what_breaks_it_is_seen(medicines: Served, chromium: Browser) -> None:
    # The control of the test above: a request elsewhere and a script in the document are stopped, and both are noted.
    with opened(chromium, medicines.url) as (page, noted):
        is_live(page)
        page.evaluate(
            """() => {
                new Image().src = "https://elsewhere.example/a.png";
                try {
                    document.body.setAttribute("onclick", "window.ran = 1");
                    document.body.click();
                } catch {}
            }"""
        )
        page.wait_for_function("() => window.broken.length > 0")
        assert page.evaluate("() => window.ran ?? null") is None
    assert any("img-src https://elsewhere.example" in one for one in noted.violations), noted


def test_map__shows_a_site_and_follows_what_is_counted(medicines: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, medicines.url, address=SHOWN) as (page, _):
        is_live(page)
        panel = page.get_by_role("region", name=re.compile("Zimbabwe|Harare"))
        expect(panel).to_be_visible()
        drawn_whole(page)
        picture(page, "site", folder=tmp_path)
        show_all = panel.get_by_role("button", name="Show all").first
        show_all.click()
        for quantity in (12_345.0, 54_321.0):
            count(medicines, quantity)
            expect(panel).to_contain_text(f"{quantity:,.0f}", timeout=5_000)


def test_pages__of_two_browsers_stay_in_step(medicines: Served, chromium: Browser) -> None:
    with (
        opened(chromium, medicines.url, address=SHOWN) as (first, _),
        opened(chromium, medicines.url, address=SHOWN) as (second, _),
    ):
        panels = []
        for page in (first, second):
            is_live(page)
            panel = page.get_by_role("region", name=re.compile("Zimbabwe|Harare"))
            panel.get_by_role("button", name="Show all").first.click()
            panels.append(panel)
        for quantity in (31_313.0, 42_424.0, 53_535.0):
            count(medicines, quantity)
            for panel in panels:
                expect(panel).to_contain_text(f"{quantity:,.0f}", timeout=5_000)


def test_map__is_found_moved_and_filtered_by_keys(medicines: Served, chromium: Browser) -> None:
    with opened(chromium, medicines.url) as (page, _):
        is_live(page)
        page.get_by_label("Find a site").fill("chennai")
        page.get_by_label("Find a site").press("Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("site=for-chennai"))
        expect(page.get_by_role("heading", name="Sterile and inhaled Chennai")).to_be_visible()
        page.get_by_role("application").focus()
        page.keyboard.press("+")
        page.keyboard.press("+")
        page.keyboard.press("ArrowLeft")
        expect(page).to_have_url(re.compile(r"at=-?[\d.]+,-?[\d.]+,[\d.]+"))
        page.keyboard.press("0")
        expect(page).not_to_have_url(re.compile("at="))
        page.get_by_label("Mode").select_option("air")
        expect(page).to_have_url(re.compile("mode=air"))
        address = urlsplit(page.url).fragment
    with opened(chromium, medicines.url, address=address) as (page, _):
        is_live(page)
        expect(page.get_by_label("Mode")).to_have_value("air")
        expect(page.get_by_role("heading", name="Sterile and inhaled Chennai")).to_be_visible()


def test_map__a_click_opens_what_is_under_it(medicines: Served, chromium: Browser) -> None:
    with opened(chromium, medicines.url, address="/map?at=31,-17.8,40") as (page, _):
        is_live(page)
        box = page.get_by_role("application").bounding_box()
        assert box is not None
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(500)
        page.mouse.move(*middle)
        expect(page.locator(".tip")).to_be_visible()
        page.mouse.click(*middle)
        expect(page).to_have_url(re.compile("site=sto-zw"))
        page.mouse.wheel(0, -300)
        expect(page).to_have_url(re.compile(r"at=[\d.]+,-[\d.]+,(4[1-9]|[5-9]\d|1\d\d)"))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_views__are_open_to_all(medicines: Served, chromium: Browser, tmp_path: Path, theme: str) -> None:
    with opened(chromium, medicines.url, address=SHOWN, theme=theme, is_examined=True) as (page, _):
        is_live(page)
        drawn_whole(page)
        picture(page, f"site-{theme}", folder=tmp_path)
        assert faults_of(page) == []
        page.get_by_role("link", name="Sites").click()
        expect(page.get_by_role("table")).to_be_visible()
        picture(page, f"sites-{theme}", folder=tmp_path)
        assert faults_of(page) == []


def test_sign_in__takes_the_token_and_refuses_others(medicines: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, medicines.url, token=None, is_examined=True) as (page, _):
        token = page.get_by_label("Token")
        expect(token).to_be_visible()
        picture(page, "sign-in", folder=tmp_path)
        assert faults_of(page) == []
        token.fill("ct_wrong")
        token.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("does not know")
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        is_live(page)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Token")).to_be_visible()


def test_language__chinese_is_whole(medicines: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, medicines.url, address=SHOWN, language="zh-CN") as (page, _):
        expect(page.locator(".contact")).to_contain_text("实时")
        expect(page.locator("html")).to_have_attribute("lang", "zh")
        expect(page.get_by_role("heading", name="库存", exact=True)).to_be_visible()
        page.wait_for_timeout(500)
        picture(page, "chinese", folder=tmp_path)
        page.get_by_label("语言").select_option("en")
        expect(page.get_by_role("heading", name="Stock", exact=True)).to_be_visible()


def test_map__fits_its_screen(medicines: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, medicines.url, address=SHOWN) as (page, _):
        is_live(page)
        drawn_whole(page)
        for width, height in ((390, 844), (1280, 720), (2560, 1440)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            picture(page, f"map-{width}", folder=tmp_path)
            assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width


def started(project: Path, port: int, log: Path) -> subprocess.Popen[str]:
    """Start the command at a port and return when it answers."""
    token = project.parent / "token"
    if not token.exists():
        token.touch(0o600)
        token.write_text(TOKEN)
    words = ["serve", str(project), "--port", str(port), "--token-file", str(token), "--workers", "0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "chaintwin", *words], stdout=log.open("a"), stderr=subprocess.STDOUT, text=True, cwd=REPOSITORY
    )

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/api/v1/health", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    eventually(answers)
    return process


def test_page__recovers_when_the_server_starts_anew(chromium: Browser, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(load(Example.BEER_GAME), project)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = started(project, port, tmp_path / "said")
    try:
        with opened(chromium, f"http://127.0.0.1:{port}", address="/sites") as (page, _):
            is_live(page)
            process.terminate()
            process.wait(60)
            expect(page.locator(".contact")).to_contain_text("Reconnecting")
            process = started(project, port, tmp_path / "said")
            expect(page.locator(".contact")).to_contain_text("Live", timeout=30_000)
            sent = document(counted("retailer", "beer", quantity=7, at=datetime.now(UTC)), context=OWN)
            answer = httpx.post(
                f"http://127.0.0.1:{port}/epcis/capture", json=sent, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False
            )
            assert answer.status_code == 202
            expect(page.locator(".contact")).to_contain_text("Latest event", timeout=5_000)
    finally:
        process.terminate()
        process.wait(60)
