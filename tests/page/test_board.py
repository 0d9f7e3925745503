"""The views of what is to come and of how far the twin is to be trusted, in a browser on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chaintwin.examples import Example, load
from tests.page.browsing import faults_of, opened, picture
from tests.page.happening import happened
from tests.page.test_map import is_live
from tests.serve.commanded import Served, serving
from tests.serve.running import eventually
from tests.serve.trusting import trusted_log

pytestmark = pytest.mark.slow

LANE = "api-hyderabad>for-chennai:road"


@pytest.fixture(scope="module")
def trusted(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    network = load(Example.MEDICINES)
    folder = tmp_path_factory.mktemp("board")
    trusted_log(folder / "log.db", site="hub-nairobi", lane=LANE, point="sto-zw/tld")
    more = ("--store", str(folder / "log.db"), "--ahead", "14")
    with serving(folder / "served", network, workers=0, jobs=1, more=more) as served:
        with served.client() as client:
            taken = client.post("/epcis/capture", json=happened(network, now=datetime.now(UTC)))
            assert taken.status_code == 202, taken.text
            eventually(lambda: client.get("/api/v1/outlook").json()["state"] == "ready", within=300)
        yield served


def test_warnings__stand_above_the_filters_and_lead_to_the_site(trusted: Served, chromium: Browser, tmp_path: Path) -> None:
    with trusted.client() as client:
        worst = client.get("/api/v1/outlook").json()["warnings"][0]
    with opened(chromium, trusted.url) as (page, noted):
        is_live(page)
        section = page.get_by_role("region", name="Expected shortages")
        expect(section).to_be_visible()
        first = section.get_by_role("listitem").first
        expect(first).to_contain_text("likely")
        expect(first).to_contain_text("of demand served at once")
        picture(page, "warnings", folder=tmp_path)
        first.get_by_role("button").click()
        expect(page).to_have_url(re.compile(f"site={worst['site']}"))
        assert (noted.errors, noted.violations) == ([], [])


@pytest.mark.parametrize(
    ("theme", "language", "size"),
    [("dark", "en-US", (1440, 1400)), ("light", "zh-CN", (1280, 1400)), ("light", "en-US", (390, 844))],
)
def test_twin__tells_how_far_it_is_to_be_trusted(
    trusted: Served, chromium: Browser, tmp_path: Path, theme: str, language: str, size: tuple[int, int]
) -> None:
    how = {"theme": theme, "language": language, "size": size, "address": "/twin"}
    with opened(chromium, trusted.url, is_examined=True, **how) as (page, noted):
        expect(page.get_by_text("0.81")).to_be_visible()
        expect(page.get_by_role("rowheader", name=LANE).first).to_be_visible()
        page.wait_for_timeout(800)
        picture(page, f"twin-{theme}-{language[:2]}-{size[0]}", folder=tmp_path)
        assert faults_of(page) == []
        wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0
        assert noted.errors == []


def test_twin__events_are_found_and_opened(trusted: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, trusted.url, address="/twin", size=(1440, 1400)) as (page, noted):
        page.get_by_label("Site, product, thing, type or step").fill("sto-zw")
        status = page.get_by_role("status").filter(has_text="events, the latest first")
        expect(status).to_be_visible()
        listed = page.get_by_role("region", name="Events").get_by_role("button")
        expect(listed.first).to_have_text("cycle_counting")
        listed.first.click()
        expect(page.get_by_role("heading", name=re.compile("Entry .* of the log"))).to_be_visible()
        expect(page.get_by_role("columnheader", name="Before")).to_be_visible()
        page.get_by_text("The event as it was sent").click()
        expect(page.get_by_text('"eventID"')).to_be_visible()
        picture(page, "events", folder=tmp_path)
        assert (noted.errors, noted.violations) == ([], [])


def test_risk__who_is_exposed_is_seen_read_out_and_exported(trusted: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, trusted.url, address="/risk", size=(1440, 1500), is_examined=True) as (page, noted):
        expect(page.get_by_text("Nothing was put to the test yet")).to_be_visible()
        page.get_by_role("button", name="Run the stress test").click()
        expect(page.get_by_role("heading", name="Time to survive and time to recover")).to_be_visible(timeout=240_000)
        with trusted.client() as client:
            (job,) = client.get("/api/v1/jobs", params={"kind": "stress"}).json()["member"]
            found = client.get(f"/api/v1/jobs/{job['jobID']}/result", params={"table": "outages", "perPage": 1000}).json()
        rows = found["tables"]["outages"]
        exposed = [row for row in rows if row["is_exposed"]]
        expect(page.get_by_role("status").filter(has_text="exposed")).to_contain_text(f"{len(exposed)} of {len(rows)}")
        chart = page.get_by_role("slider", name=re.compile("What an outage costs"))
        chart.focus()
        page.keyboard.press("Home")
        worst = max(rows, key=lambda row: row["impact"])
        expect(chart).to_have_attribute("aria-valuetext", re.compile(re.escape(worst["name"] or worst["id"])))
        picture(page, "risk", folder=tmp_path)
        assert faults_of(page) == []
        page.get_by_role("button", name="Export").first.click()
        with page.expect_download() as download:
            page.get_by_role("button", name="CSV").click()
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert len(text.splitlines()) == len(rows) + 1
        assert noted.errors == []
    # Who opens the view later, or in another browser, sees what was found last.
    with opened(chromium, trusted.url, address="/risk", theme="light", language="zh-CN", size=(1280, 1500)) as (page, noted):
        expect(page.get_by_role("slider").first).to_be_visible()
        picture(page, "risk-light-zh", folder=tmp_path)
        assert (noted.errors, noted.violations) == ([], [])


def test_service__each_figure_has_its_interval_and_how_it_is_calculated(
    trusted: Served, chromium: Browser, tmp_path: Path
) -> None:
    with opened(chromium, trusted.url, address="/service", size=(1440, 2400), is_examined=True) as (page, noted):
        page.get_by_label("Runs").fill("2")
        page.get_by_role("button", name="Measure service and cost").click()
        expect(page.get_by_role("heading", name="The six rights")).to_be_visible(timeout=240_000)
        with trusted.client() as client:
            (job,) = client.get("/api/v1/jobs", params={"kind": "service"}).json()["member"]
            found = client.get(
                f"/api/v1/jobs/{job['jobID']}/result", params={"table": "measures,customers", "perPage": 1000}
            ).json()
        orders = next(row for row in found["tables"]["measures"] if row["measure"] == "otif_order")
        chart = page.get_by_role("slider", name=re.compile("Service of all customers"))
        chart.focus()
        page.keyboard.press("Home")
        expect(chart).to_have_attribute("aria-valuetext", re.compile(f"{100 * orders['value']:.1f}".removesuffix(".0")))
        page.get_by_text("How this is calculated").first.click()
        expect(page.get_by_text("Orders of which all lines came within their promise window")).to_be_visible()
        picture(page, "service", folder=tmp_path)
        assert faults_of(page) == []
        assert noted.errors == []


def test_tour__is_offered_once_and_leads_through_every_view(trusted: Served, chromium: Browser, tmp_path: Path) -> None:
    with opened(chromium, trusted.url, is_new=True, is_examined=True) as (page, noted):
        is_live(page)
        invitation = page.get_by_role("region", name="Tour")
        expect(invitation).to_be_visible()
        invitation.get_by_role("button", name="Take the tour").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_focused()
        seen = []
        while True:
            seen.append(dialog.get_by_role("heading").inner_text())
            assert faults_of(page) == []
            if len(seen) == 2:
                picture(page, "tour", folder=tmp_path)
            if not dialog.get_by_role("button", name="Next").count():
                break
            dialog.get_by_role("button", name="Next").click()
            expect(dialog.get_by_role("heading")).not_to_have_text(seen[-1])
        assert len(set(seen)) == len(seen) >= 6
        expect(page).to_have_url(re.compile("#/twin"))
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        page.reload()
        is_live(page)
        expect(invitation).to_have_count(0)
        page.get_by_role("button", name="Tour").click()
        expect(dialog).to_be_visible()
        assert noted.errors == []
