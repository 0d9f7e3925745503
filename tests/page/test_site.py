"""The page of a site in a browser: every value with its source, age and how sure it is, and the fan ahead."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.page.browsing import faults_of, opened, picture
from tests.page.conftest import LIVED_SITE
from tests.page.happening import OWN, counted
from tests.page.test_map import is_live
from tests.page.test_times import FORECAST_MILLISECONDS, drag
from tests.serve.commanded import Served
from tests.serve.documents import document

pytestmark = pytest.mark.slow
PAGE = f"/site?site={LIVED_SITE}"


def test_site__is_reached_from_panel_and_list(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url, address=f"/map?site={LIVED_SITE}") as (page, _):
        is_live(page)
        name = page.locator("#detail h2").inner_text()
        page.get_by_role("link", name="Open the page of this site").click()
        expect(page).to_have_url(re.compile(f"#/site\\?site={LIVED_SITE}"))
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        page.get_by_role("button", name="All sites").click()
        page.get_by_role("link", name=name, exact=True).click()
        expect(page).to_have_url(re.compile("#/site"))
        page.get_by_role("button", name="Show on the map").click()
        expect(page.locator("#detail h2")).to_have_text(name)


def test_site__tells_values_with_source_and_how_sure_they_are(lived: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, lived.url, address=PAGE) as (page, noted):
        is_live(page)
        view = page.get_by_role("region").filter(has=page.get_by_role("heading", name="Equipment")).first
        expect(view).to_contain_text("cold room")
        expect(view).to_contain_text("one compressor is down")
        expect(view).to_contain_text("± 0.3")
        # A person is known by a pseudonym, and by a role.
        expect(view).to_contain_text("operator")
        expect(view).not_to_contain_text("shift lead")
        expect(view).to_contain_text("van 7")
        expect(view).to_contain_text("not measured yet")
        card = page.locator("article").first
        expect(card).to_contain_text("On hand")
        expect(card).to_contain_text(re.compile(r"± [\d,.]+|uncertainty not known"))
        expect(card).to_contain_text("ago")
        expect(card.get_by_role("slider")).to_be_visible(timeout=FORECAST_MILLISECONDS)
        expect(card.locator("figure")).to_contain_text("Observed", timeout=20_000)
        expect(view).to_contain_text("Forecast of 256 simulated runs", timeout=FORECAST_MILLISECONDS)
        page.wait_for_timeout(500)
        picture(page, "site-page", folder=tmp_path)
        view.evaluate("(node) => node.scrollTo(0, node.scrollHeight)")
        page.wait_for_timeout(200)
        picture(page, "site-page-below", folder=tmp_path)
    assert noted.violations == []
    assert noted.errors == []


def test_site__follows_what_is_counted(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url, address=PAGE) as (page, _):
        is_live(page)
        page.get_by_role("button", name="Show all").first.click()
        for quantity in (23_456.0, 65_432.0):
            sent = document(counted(LIVED_SITE, "tld", quantity=quantity, at=datetime.now(UTC)), context=OWN)
            with lived.client() as client:
                assert client.post("/epcis/capture", json=sent).status_code == 202
            expect(page.locator("main")).to_contain_text(f"{quantity:,.0f}", timeout=5_000)


def test_site__of_another_moment_is_that_of_then(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url, address=PAGE) as (page, _):
        is_live(page)
        expect(page.locator("main")).to_contain_text("van 7")
        drag(page, 0.1)
        expect(page.locator(".band")).to_contain_text("You see the past")
        expect(page.locator("main")).not_to_contain_text("van 7")
        expect(page.locator("main")).to_contain_text("Events of the types PersonSeen and VehicleSeen")
        drag(page, 0.9)
        expect(page.locator(".band")).to_contain_text("Median of", timeout=FORECAST_MILLISECONDS)
        expect(page.locator("main")).to_contain_text("A forecast tells of stock and shortages only")


def test_site__that_is_not_there_leads_to_the_list(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url, address="/site?site=nowhere", is_examined=True) as (page, _):
        is_live(page)
        expect(page.get_by_role("heading", name="No site is called so")).to_be_visible()
        assert faults_of(page) == []
        page.get_by_role("main").get_by_role("link", name="Sites").click()
        expect(page.get_by_role("table")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_site__is_open_to_all_and_fits(lived: Served, chromium: Browser, tmp_path: Path, theme: str) -> None:
    language = "en-US" if theme == "dark" else "zh-CN"
    with opened(chromium, lived.url, address=PAGE, theme=theme, language=language, is_examined=True) as (page, _):
        expect(page.locator("article").first.get_by_role("slider")).to_be_visible(timeout=FORECAST_MILLISECONDS)
        for width, height in ((1280, 720), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(500)
            picture(page, f"site-page-{theme}-{width}", folder=tmp_path)
            assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
            scroll = page.locator("main .scroll")
            assert scroll.evaluate("(node) => node.scrollWidth <= node.clientWidth")
        assert faults_of(page) == []
