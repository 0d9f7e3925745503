"""The exceedance curve, the ripple of an outage and the bullwhip by echelon: asked for, read out, exported and linked."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from chaintwin.examples import Example, load
from tests.page.browsing import Noted, faults_of, opened, picture
from tests.serve.commanded import Served, serving

pytestmark = pytest.mark.slow

LONG = 240_000
LOOKS = [("dark", "en-US", (1440, 900)), ("light", "zh-CN", (1280, 900)), ("light", "en-US", (390, 844))]
OUT = "site:20:pak-mumbai"


@pytest.fixture(scope="module")
def risky(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("risky")
    with serving(folder / "served", load(Example.MEDICINES), workers=0, jobs=1, more=("--ahead", "0")) as served:
        yield served


@pytest.mark.parametrize(("theme", "language", "size"), LOOKS)
def test_annual__an_address_shows_the_curve_with_its_interval(
    risky: Served, chromium: Browser, tmp_path: Path, theme: str, language: str, size: tuple[int, int]
) -> None:
    how = {"theme": theme, "language": language, "size": size, "address": "/risk?loss=units,2000,0"}
    with opened(chromium, risky.url, is_examined=True, **how) as (page, noted):
        section = page.locator("section[aria-labelledby=annual]")
        chart = section.get_by_role("slider").first
        expect(chart).to_be_visible(timeout=LONG)
        found = result_of(risky, "annual", "curve", measure="units")
        assert found["about"]["unit"] == "units"
        # What is read out is a point of the curve that the job found.
        chart.focus()
        page.keyboard.press("Home")
        least = min(found["tables"]["curve"], key=lambda row: row["loss"])
        expect(chart).to_have_attribute("aria-valuetext", re.compile(figures(least["probability"])))
        page.keyboard.press("End")
        expect(chart).not_to_have_attribute("aria-valuetext", re.compile(figures(least["probability"])))
        section.evaluate("(node) => node.scrollIntoView({ block: 'start' })")
        picture(page, f"annual-{theme}-{language[:2]}-{size[0]}", folder=tmp_path)
        is_sound(page, noted, risky)


def test_annual__is_asked_for_exported_and_linked(risky: Served, chromium: Browser) -> None:
    with opened(chromium, risky.url, address="/risk", size=(1440, 900)) as (page, noted):
        section = page.locator("section[aria-labelledby=annual]")
        section.get_by_label("Counted in").select_option("sales")
        section.get_by_label("Years with an event").select_option("2000")
        section.get_by_role("button", name="Draw years").click()
        expect(page).to_have_url(re.compile("loss=sales,2000,0"))
        expect(section.get_by_role("status")).to_contain_text("A year of disruptions costs", timeout=LONG)
        rows = result_of(risky, "annual", "curve", measure="sales")["tables"]["curve"]
        saved = exported(page, section.get_by_role("button", name="Export").first)
        losses = {row["loss"] for row in rows}
        assert len(saved) > 10
        assert {float(row[1]) for row in saved[1:]} <= losses
        section.get_by_text("How this is calculated").click()
        expect(section.get_by_text("Clopper and Pearson")).to_be_visible()
        assert (noted.errors, noted.violations) == ([], [])
    assert len(jobs_of(risky, "annual", measure="sales")) == 1
    # Whoever is sent the address sees the same, and nothing is worked out again.
    with opened(chromium, risky.url, address="/risk?loss=sales,2000,0") as (page, _):
        expect(page.locator("section[aria-labelledby=annual]").get_by_role("status")).to_be_visible()
    assert len(jobs_of(risky, "annual", measure="sales")) == 1


@pytest.mark.parametrize(("theme", "language", "size"), LOOKS)
def test_ripple__an_address_shows_who_is_hit_when(
    risky: Served, chromium: Browser, tmp_path: Path, theme: str, language: str, size: tuple[int, int]
) -> None:
    how = {"theme": theme, "language": language, "size": size, "address": f"/risk?out={OUT}"}
    with opened(chromium, risky.url, is_examined=True, **how) as (page, noted):
        section = page.locator("section[aria-labelledby=ripple]")
        chart = section.get_by_role("slider")
        expect(chart).to_be_visible(timeout=LONG)
        points = result_of(risky, "ripple", "points")["tables"]["points"]
        chart.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        expect(chart).to_have_attribute("aria-valuetext", re.compile("%"))
        section.evaluate("(node) => node.scrollIntoView({ block: 'start' })")
        picture(page, f"ripple-{theme}-{language[:2]}-{size[0]}", folder=tmp_path)
        is_sound(page, noted, risky)
        assert len(jobs_of(risky, "ripple")) == 1
        saved = exported(page, section.get_by_role("button").filter(has_text=re.compile("Export|导出")))
        assert len(saved) == len(points) + 1
        # What is hit leads to the page of its site.
        section.get_by_role("list").last.get_by_role("button").first.click()
        expect(page).to_have_url(re.compile("#/site\\?site="))


@pytest.mark.parametrize(("theme", "language", "size"), LOOKS)
def test_bullwhip__each_echelon_has_its_interval_and_how_it_is_calculated(
    risky: Served, chromium: Browser, tmp_path: Path, theme: str, language: str, size: tuple[int, int]
) -> None:
    how = {"theme": theme, "language": language, "size": size, "address": "/service"}
    with opened(chromium, risky.url, is_examined=True, **how) as (page, noted):
        section = page.locator("section[aria-labelledby=bullwhip]")
        chart = section.get_by_role("slider")
        if not jobs_of(risky, "bullwhip"):
            section.get_by_label("Simulations").fill("4")
            section.get_by_role("button", name="Measure the bullwhip").click()
        expect(chart).to_be_visible(timeout=LONG)
        rows = result_of(risky, "bullwhip", "ratios")["tables"]["ratios"]
        wanted = {"level": "echelon", "bucket": "week", "flow": "orders", "against": "customers", "echelon": 1}
        (first,) = [row for row in rows if wanted.items() <= row.items()]
        chart.focus()
        page.keyboard.press("Home")
        expect(chart).to_have_attribute("aria-valuetext", re.compile(f"{first['variance_ratio']:.1f}".removesuffix(".0")))
        section.locator("summary").last.click()
        section.evaluate("(node) => node.scrollIntoView({ block: 'start' })")
        picture(page, f"bullwhip-{theme}-{language[:2]}-{size[0]}", folder=tmp_path)
        is_sound(page, noted, risky)


def result_of(served: Served, kind: str, table: str, **asked: Any) -> dict[str, Any]:
    """Return a table of the latest job of a kind that was asked for with something."""
    job, *_ = jobs_of(served, kind, **asked)
    with served.client() as client:
        answer = client.get(f"/api/v1/jobs/{job['jobID']}/result", params={"table": table, "perPage": 1000})
        found: dict[str, Any] = answer.json()
        while link := answer.links.get("next"):
            answer = client.get(link["url"])
            found["tables"][table] += answer.json()["tables"][table]
    return found


def jobs_of(served: Served, kind: str, **asked: Any) -> list[dict[str, Any]]:
    """Return the jobs of a kind that were asked for with something, the latest first."""
    with served.client() as client:
        found = client.get("/api/v1/jobs", params={"kind": kind, "perPage": 100}).json()["member"]
    return [job for job in found if asked.items() <= job["asked"].items()]


def exported(page: Page, button: Locator) -> list[list[str]]:
    """Return the rows of the CSV that a chart exports, its head first."""
    button.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines()))


def figures(probability: float) -> str:
    """Return a probability as the page writes it, as a pattern."""
    return re.escape(f"{float(f'{100 * probability:.3g}'):g}")


def is_sound(page: Page, noted: Noted, served: Served) -> None:
    """Refuse faults that axe finds, a page that scrolls sideways, errors, and requests to elsewhere."""
    assert faults_of(page) == []
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    assert noted.errors == []
    assert noted.foreign(served.url) == []
