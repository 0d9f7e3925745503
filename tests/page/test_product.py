"""Products in a browser: how they stand everywhere, what they are made of and what they go into."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.page.browsing import faults_of, opened, picture
from tests.page.test_map import is_live
from tests.serve.commanded import Served

pytestmark = pytest.mark.slow


def test_product__is_reached_from_the_list_and_leads_through_the_tree(lived: Served, chromium: Browser, tmp_path: Path) -> None:
    with lived.client() as client:
        network = client.get("/api/v1/network").json()
    names = {one["product"]: one["name"] for one in network["products"]}
    recipe = next(one for one in network["recipes"] if one["product"] == "amox")
    part = recipe["inputs"][0]["product"]
    with opened(chromium, lived.url, address="/sites") as (page, noted):
        is_live(page)
        page.get_by_role("link", name="Products").click()
        expect(page.locator("tbody tr")).to_have_count(len(names))
        picture(page, "products", folder=tmp_path)
        page.get_by_role("link", name=names["amox"], exact=True).click()
        expect(page).to_have_url(re.compile("#/product\\?product=amox"))
        expect(page.get_by_role("heading", name=names["amox"], exact=True)).to_be_visible()
        made = page.locator("section").filter(has=page.get_by_role("heading", name="What it is made of"))
        expect(made.get_by_role("link", name=names[part], exact=True).first).to_be_visible()
        picture(page, "product", folder=tmp_path)
        # Down the tree, and up again.
        made.get_by_role("link", name=names[part], exact=True).first.click()
        expect(page.get_by_role("heading", name=names[part], exact=True)).to_be_visible()
        used = page.locator("section").filter(has=page.get_by_role("heading", name="What it goes into"))
        used.get_by_role("link", name=names["amox"], exact=True).first.click()
        expect(page.get_by_role("heading", name=names["amox"], exact=True)).to_be_visible()
        page.get_by_role("button", name="Show it alone on the map").click()
        expect(page).to_have_url(re.compile("#/map\\?product=amox"))
    assert noted.foreign(lived.url) == []
    assert noted.errors == []
    assert noted.violations == []


def test_product__that_is_not_there_leads_to_the_list(lived: Served, chromium: Browser) -> None:
    with opened(chromium, lived.url, address="/product?product=nothing") as (page, _):
        expect(page.get_by_text("No product is called so")).to_be_visible()
        page.get_by_role("link", name="All products").click()
        expect(page.get_by_role("heading", name="Products", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("theme", "language", "size"),
    [("dark", "en-US", (1280, 900)), ("light", "zh-CN", (1280, 900)), ("light", "en-US", (390, 844))],
)
def test_product__is_open_to_all_and_fits(
    lived: Served, chromium: Browser, tmp_path: Path, theme: str, language: str, size: tuple[int, int]
) -> None:
    for name, address, whole in (("products", "/products", "tbody tr"), ("product", "/product?product=amox", ".tiles")):
        how = {"theme": theme, "language": language, "size": size, "address": address}
        with opened(chromium, lived.url, is_examined=True, **how) as (page, _):
            expect(page.locator(whole).first).to_be_visible()
            picture(page, f"{name}-{theme}-{language[:2]}-{size[0]}", folder=tmp_path)
            assert faults_of(page) == []
            assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
