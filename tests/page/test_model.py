"""The view of the model: the network by tier, what the doctor says, and another network by dropping a file on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chaintwin.examples import Example, load
from tests.page.browsing import faults_of, opened, picture
from tests.serve.commanded import Served, serving
from tests.serve.jobbing import written_log

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def modelled(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("model")
    with serving(folder / "served", load(Example.MEDICINES), workers=0, jobs=1, more=("--ahead", "0")) as served:
        yield served


@pytest.mark.parametrize(
    ("theme", "language", "size"),
    [("dark", "en-US", (1440, 1600)), ("light", "zh-CN", (1280, 1600)), ("light", "en-US", (390, 844))],
)
def test_model__shows_the_network_by_tier_and_the_doctors_findings(
    modelled: Served, chromium: Browser, tmp_path: Path, theme: str, language: str, size: tuple[int, int]
) -> None:
    how = {"theme": theme, "language": language, "size": size, "address": "/model"}
    with opened(chromium, modelled.url, is_examined=True, **how) as (page, noted):
        boxes = page.locator("svg g.box")
        expect(boxes).to_have_count(64)
        with modelled.client() as client:
            found = client.get("/api/v1/network/findings").json()
        assert found["count"] == len(found["member"]) > 0
        expect(page.get_by_text(found["member"][0]["fix"]).first).to_be_visible()
        picture(page, f"model-{theme}-{language[:2]}-{size[0]}", folder=tmp_path)
        assert faults_of(page) == []
        assert noted.errors == []
        boxes.first.focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("#/map\\?site="))


def test_model__a_file_that_is_dropped_becomes_a_network_to_be_put_to_the_test(
    modelled: Served, chromium: Browser, tmp_path: Path
) -> None:
    with opened(chromium, modelled.url, address="/model", size=(1440, 1600), is_examined=True) as (page, noted):
        page.get_by_label("Choose a file").set_input_files(written_log(tmp_path))
        expect(page.get_by_text("from log.csv")).to_be_visible(timeout=240_000)
        mapping = page.get_by_label(re.compile("What its columns mean"))
        expect(mapping).to_have_value(re.compile("ordered"))
        again = page.get_by_role("button", name="Import again with this mapping")
        expect(again).to_be_disabled()
        picture(page, "model-imported", folder=tmp_path)
        assert faults_of(page) == []
        # A correction is taken, and one that is none is told with its cure.
        right = mapping.input_value()
        mapping.fill(right.replace("ordered", "oredred", 1))
        again.click()
        expect(page.get_by_role("alert")).to_contain_text("oredred", timeout=240_000)
        page.get_by_label("Choose a file").set_input_files(tmp_path / "log.csv")
        expect(page.get_by_text("from log.csv")).to_be_visible(timeout=240_000)
        page.get_by_role("button", name="Put it to the stress test").click()
        expect(page).to_have_url(re.compile("#/risk\\?network="))
        # Such a log tells no prices, so what is lost is counted in units.
        expect(page.get_by_label("Lost")).to_have_value("units")
        page.get_by_role("button", name="Run the stress test").click()
        expect(page.get_by_role("heading", name="Time to survive and time to recover")).to_be_visible(timeout=240_000)
        expect(page.get_by_role("status").filter(has_text="exposed")).to_contain_text("of 2")
        page.get_by_role("button", name="Back to the network of the project").click()
        expect(page.get_by_text("Nothing was put to the test yet")).to_be_visible()
        assert noted.violations == []


def test_model__a_file_that_is_none_is_told_and_leaves_nothing(modelled: Served, chromium: Browser, tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04 this is no workbook")
    with opened(chromium, modelled.url, address="/model") as (page, _):
        page.get_by_label("Choose a file").set_input_files(broken)
        expect(page.get_by_role("alert")).to_contain_text("broken.xlsx cannot be used", timeout=240_000)
