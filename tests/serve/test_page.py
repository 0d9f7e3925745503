"""The page as a browser gets it: without a token, under a strict policy, and kept where that is safe."""

from __future__ import annotations

import gzip
import re

import httpx
import pytest

from chaintwin.serve.page import files
from tests.serve.running import Running

FIRST_VIEW_BYTES_MAX = 350_000
"""Bytes of JavaScript, by gzip, that a browser needs for the first view."""


@pytest.fixture
def stranger(running: Running) -> httpx.Client:
    return httpx.Client(base_url=running.url)


def assets(html: str) -> list[str]:
    """Return the paths of all files that a document names."""
    return re.findall(r'(?:src|href)="(/[^"]+)"', html)


def test_page__is_for_everybody_and_holds_nothing_of_the_twin(stranger: httpx.Client) -> None:
    answer = stranger.get("/")
    assert answer.status_code == 200, "no page was built: make web"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert stranger.get("/api/v1/network").status_code == 401


def test_page__policy_lets_nothing_in_the_document_run(stranger: httpx.Client) -> None:
    answer = stranger.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert len(answer.headers.get_list("content-security-policy")) == 1
    html = answer.text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert "<style" not in html
    assert " style=" not in html
    assert not re.search(r"https?://", html)


def test_page__files_with_a_hash_are_kept_for_ever(stranger: httpx.Client) -> None:
    found = [path for path in assets(stranger.get("/").text) if path.startswith("/assets/")]
    assert found
    for path in found:
        answer = stranger.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = stranger.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


def test_page__is_zipped_for_who_takes_it(stranger: httpx.Client) -> None:
    for path in assets(stranger.get("/").text):
        plain = stranger.get(path, headers={"Accept-Encoding": "identity"})
        with stranger.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            zipped = b"".join(answer.iter_raw())
            if answer.headers.get("content-encoding") == "gzip":
                assert len(zipped) < len(plain.content)
                zipped = gzip.decompress(zipped)
        assert zipped == plain.content


def test_page__javascript_of_the_first_view_is_small(stranger: httpx.Client, record_property: object) -> None:
    scripts = [path for path in assets(stranger.get("/").text) if path.endswith(".js")]
    size = sum(len(gzip.compress(stranger.get(path).content)) for path in scripts)
    print(f"JavaScript of the first view: {size:,} bytes by gzip in {len(scripts)} files")
    assert 0 < size <= FIRST_VIEW_BYTES_MAX


@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/../index.html", "/assets/%2e%2e/index.html", "/assets/a/b.js", "/assets/"]
)
def test_page__what_is_not_there_is_told_in_one_form(running: Running, path: str) -> None:
    with running.client() as client:
        answer = client.get(path)
    assert answer.status_code == 404, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors")


def test_page__may_be_opened_from_a_link_elsewhere_but_asked_for_by_its_own_only(stranger: httpx.Client) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert stranger.get("/", headers=link).status_code == 200
    assert stranger.get("/", headers={**link, "Sec-Fetch-Dest": "iframe"}).status_code == 403
    assert stranger.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}).status_code == 403
    assert stranger.get("/api/v1/health", headers=link).status_code == 403
    assert stranger.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert stranger.post("/").status_code == 401, "what no rule opens needs a token"


def test_page__an_installation_without_one_says_so(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FOLDER", "_no_such_folder")
    files.page_files.cache_clear()
    try:
        assert files.page_files() == {}
    finally:
        monkeypatch.undo()
        files.page_files.cache_clear()
    assert "/" in files.page_files()
