"""One time slider over past, now and forecast, in a browser on a real server with a past and real forecasts."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, Route, expect

from tests.page.browsing import faults_of, opened, picture
from tests.page.conftest import LIVED_SITE
from tests.page.happening import OWN, counted
from tests.page.test_map import drawn_whole, is_live
from tests.serve.commanded import Served
from tests.serve.documents import document

pytestmark = pytest.mark.slow
SHOWN = f"/map?site={LIVED_SITE}"
FORECAST_MILLISECONDS = 90_000


def slider(page: Page) -> Locator:
    """Return the slider."""
    return page.get_by_role("slider", name=re.compile("^Time that is shown"))


def band(page: Page) -> Locator:
    """Return what stands above all views while the past or the future is shown."""
    return page.locator(".band")


def drag(page: Page, share: float) -> None:
    """Drag from where now is to a place of the bar."""
    box = page.locator(".rail").bounding_box()
    thumb = page.locator(".thumb").bounding_box()
    assert box is not None
    assert thumb is not None
    page.mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + 4, steps=8)
    page.mouse.up()


def stock_said(served: Served, at: datetime | None, product: str) -> float:
    """Return what the server says of a stock at the site."""
    query = {"path": f"stock/{LIVED_SITE}/{product}"} | ({} if at is None else {"at": at.isoformat().replace("+00:00", "Z")})
    with served.client() as client:
        return float(client.get("/api/v1/state", params=query).json()["reported"]["value"])


def moment_of(page: Page) -> datetime:
    """Return the moment that the address names once it rests."""
    page.wait_for_timeout(800)
    found = re.search(r"time=([\d:TZ-]+)", page.url)
    assert found is not None, page.url
    return datetime.fromisoformat(found[1].replace("Z", "+00:00"))


def test_slider__shows_the_past_as_it_was_and_comes_back(lived: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, lived.url, address=SHOWN) as (page, noted):
        is_live(page)
        panel = page.locator("#detail")
        expect(band(page)).to_have_count(0)
        drag(page, 0.1)
        expect(band(page)).to_contain_text("You see the past:")
        then = moment_of(page)
        assert then < datetime.now(UTC) - timedelta(days=2)
        panel.get_by_role("button", name="Show all").first.click()
        for product in ("tld", "amox"):
            said = stock_said(lived, then, product)
            expect(panel).to_contain_text(f"{said:,.1f}".rstrip("0").rstrip("."))
        drawn_whole(page)
        picture(page, "time-past", folder=tmp_path)
        before = stock_said(lived, None, "tld")
        assert abs(before - stock_said(lived, then, "tld")) > 1
        band(page).get_by_role("button", name="Back to now").click()
        expect(band(page)).to_have_count(0)
        expect(page).not_to_have_url(re.compile("time="))
        expect(panel).to_contain_text(f"{before:,.1f}".rstrip("0").rstrip("."))
    assert noted.violations == []
    assert noted.errors == []


def test_slider__shows_the_median_of_a_forecast_and_says_so(lived: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, lived.url, address=SHOWN) as (page, noted):
        is_live(page)
        drag(page, 0.9)
        expect(band(page)).to_contain_text("You see a forecast, not what has happened")
        expect(band(page)).to_contain_text(re.compile("Median of 256 simulated runs"), timeout=FORECAST_MILLISECONDS)
        panel = page.locator("#detail")
        expect(panel.get_by_role("heading", name="Stock, forecast")).to_be_visible()
        expect(panel).to_contain_text("Median, 90% range")
        expect(panel).to_contain_text("A forecast tells of stock and shortages only")
        expect(page.get_by_role("heading", name="Inbound", exact=True)).to_have_count(0)
        drawn_whole(page)
        picture(page, "time-forecast", folder=tmp_path)
        # The median is that of the job's own table.
        with lived.client() as client:
            jobs = client.get("/api/v1/jobs", params={"kind": "fork"}).json()["member"]
            job = next(job for job in jobs if job["state"] == "done")
            wanted: dict[str, str | int] = {"table": "stock", "site": LIVED_SITE, "perPage": 1000}
            rows = client.get(f"/api/v1/jobs/{job['jobID']}/result", params=wanted).json()["tables"]["stock"]
        close = moment_of(page)
        day = [row for row in rows if datetime.fromisoformat(row["date"].replace("Z", "+00:00")) == close - timedelta(days=1)]
        panel.get_by_role("button", name="Show all").first.click()
        row = next(row for row in day if row["product_id"] == "tld")
        expect(panel).to_contain_text(f"{row['q50']:,.1f}".rstrip("0").rstrip("."))
        assert len(jobs) == 1
    assert noted.violations == []
    assert noted.errors == []


def test_slider__goes_by_keys_and_the_address_reproduces_it(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url, address=SHOWN) as (page, _):
        is_live(page)
        slider(page).focus()
        page.keyboard.press("ArrowLeft")
        expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("^Past, "))
        page.keyboard.press("ArrowRight")
        expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("^Now, "))
        page.keyboard.press("ArrowRight")
        expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("^Forecast, end of "))
        page.keyboard.press("End")
        page.keyboard.press("Home")
        expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("^Past, "))
        page.keyboard.press("PageDown")
        page.keyboard.press("PageUp")
        page.keyboard.press("PageUp")
        expect(page).to_have_url(re.compile("time="))
        page.wait_for_timeout(500)
        said = slider(page).get_attribute("aria-valuetext") or ""
        address = urlsplit(page.url).fragment
    with opened(chromium, lived.url, address=address) as (page, _):
        is_live(page)
        expect(slider(page)).to_have_attribute("aria-valuetext", said)
        expect(band(page)).to_be_visible()
        page.get_by_role("link", name="Sites").click()
        expect(band(page)).to_be_visible()
        expect(page.get_by_role("table")).to_be_visible()
        assert "time=" in page.url


def test_play__runs_over_now_to_the_end_and_stops(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url) as (page, _):
        is_live(page)
        drag(page, 0.3)
        page.get_by_label("Speed of play").select_option(label="1 week/s")
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("^Forecast, "), timeout=20_000)
        expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=30_000)
        end = slider(page).get_attribute("aria-valuemax")
        expect(slider(page)).to_have_attribute("aria-valuenow", end or "")
        page.locator("section.bar").get_by_role("button", name="Back to now").click()
        expect(slider(page)).to_have_attribute("aria-valuetext", re.compile("^Now, "))


def test_drag__waits_for_no_answer_and_asks_seldom(lived: Served, chromium: Browser) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with opened(chromium, lived.url) as (page, _):
        is_live(page)
        page.route(re.compile(r"/api/v1/state\?.*at="), hold)
        box = page.locator(".rail").bounding_box()
        assert box is not None
        page.evaluate(
            """() => {
                window.places = new Set();
                const look = () => {
                    const thumb = document.querySelector(".thumb");
                    if (thumb) window.places.add(thumb.style.left);
                    window.looking = requestAnimationFrame(look);
                };
                look();
            }"""
        )
        page.mouse.move(box["x"] + 0.05 * box["width"], box["y"] + 4)
        page.mouse.down()
        for step in range(40):
            page.mouse.move(box["x"] + (0.05 + 0.005 * step) * box["width"], box["y"] + 4)
            page.wait_for_timeout(20)
        places = page.evaluate("() => window.places.size")
        page.mouse.up()
        # The thumb was drawn at nearly every place, though not one question was answered.
        assert places > 20
        expect(band(page)).to_contain_text("Loading")
        page.wait_for_timeout(500)
        last = parse_qs(urlsplit(held[-1].request.url).query)["at"][0]
        assert last[:16] == moment_of(page).strftime("%Y-%m-%dT%H:%M")
        assert 1 < len(held) < 10
        for route in held:
            # What was dragged over was given up by the page.
            with suppress(Error):
                route.continue_()
        expect(band(page)).not_to_contain_text("Loading", timeout=20_000)


def test_past__stays_while_the_present_goes_on_and_hears_of_late_events(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url, address=SHOWN) as (page, _):
        is_live(page)
        panel = page.locator("#detail")
        drag(page, 0.1)
        expect(band(page)).to_be_visible()
        then = moment_of(page)
        panel.get_by_role("button", name="Show all").first.click()
        sent = document(counted(LIVED_SITE, "amox", quantity=424_242, at=datetime.now(UTC)), context=OWN)
        with lived.client() as client:
            assert client.post("/epcis/capture", json=sent).status_code == 202
        page.wait_for_timeout(1500)
        expect(panel).not_to_contain_text("424")
        late = document(counted(LIVED_SITE, "amox", quantity=31_313, at=then - timedelta(minutes=1)), context=OWN)
        with lived.client() as client:
            assert client.post("/epcis/capture", json=late).status_code == 202
        expect(panel).to_contain_text("31,313", timeout=10_000)


def test_forecast__of_a_server_without_jobs_says_what_to_do(medicines: Served, chromium: Browser) -> None:
    with opened(chromium, medicines.url) as (page, noted):
        is_live(page)
        drag(page, 0.9)
        expect(band(page)).to_contain_text("this server does no jobs. Start it with --jobs 1.")
        band(page).get_by_role("button", name="Back to now").click()
        expect(band(page)).to_have_count(0)
    assert noted.errors == []


def test_bar__without_events_says_what_is_missing(chromium: Browser, tmp_path: Path) -> None:
    from chaintwin.examples import Example, load
    from tests.serve.commanded import serving

    with (
        serving(tmp_path / "quiet", load(Example.BEER_GAME), workers=0) as served,
        opened(chromium, served.url, address="/sites", is_examined=True) as (page, _),
    ):
        is_live(page)
        expect(page.locator(".rail")).to_contain_text("No event yet")
        expect(page.get_by_role("button", name="Play")).to_be_disabled()
        assert faults_of(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_moments__are_open_to_all(lived: Served, chromium: Browser, tmp_path: Path, theme: str) -> None:
    with opened(chromium, lived.url, address=SHOWN, theme=theme, is_examined=True) as (page, _):
        is_live(page)
        for name, share in (("past", 0.15), ("forecast", 0.85)):
            drag(page, share)
            expect(band(page)).to_be_visible()
            expect(band(page)).not_to_contain_text(re.compile("Loading|worked out …"), timeout=FORECAST_MILLISECONDS)
            page.wait_for_timeout(400)
            picture(page, f"time-{name}-{theme}", folder=tmp_path)
            assert faults_of(page) == []
            page.locator("section.bar").get_by_role("button", name="Back to now").click()


def test_moments__fit_their_screen_in_chinese_too(lived: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, lived.url, address=SHOWN, language="zh-CN") as (page, _):
        expect(page.locator(".contact")).to_contain_text("实时")
        for width, height in ((390, 844), (1280, 720)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            for name, share in (("past", 0.15), ("forecast", 0.85)):
                drag(page, share)
                expect(band(page)).not_to_contain_text("正在", timeout=FORECAST_MILLISECONDS)
                page.wait_for_timeout(400)
                picture(page, f"time-{name}-{width}", folder=tmp_path)
                assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
            band(page).get_by_role("button", name="回到现在").click()
