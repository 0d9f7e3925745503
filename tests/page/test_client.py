"""What the page is made with: a client that says what the server says, and units that are right."""

from __future__ import annotations

import re

import pytest

import hatch_build
from tests.page.client import MARK, SCHEMA, described, digest
from tests.shared_data import REPOSITORY


def test_client__is_that_of_the_description() -> None:
    found = MARK.search(SCHEMA.read_text(encoding="utf-8"))
    assert found is not None
    assert found[1] == digest(described()), "the routes have changed; run make client"


def test_description__of_the_page_names_only_what_it_holds() -> None:
    document = described()
    assert set(document["paths"]) >= {"/api/v1/network", "/api/v1/network/routes", "/api/v1/state", "/api/v1/changes"}
    assert all(path.startswith("/api/v1") for path in document["paths"])
    changed = {**document, "paths": {}}
    assert digest(changed) != digest(document)


@pytest.mark.slow
def test_units__of_the_page() -> None:
    done = hatch_build.run_script(REPOSITORY, "test")
    assert done.returncode == 0, done.stdout + done.stderr


def test_words__are_in_the_catalogue_only() -> None:
    # Text between tags that holds letters would be seen in every language.
    faults = []
    for path in sorted((REPOSITORY / "web" / "src").rglob("*.svelte")):
        text = path.read_text(encoding="utf-8")
        markup = re.sub(r"<(script|style)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
        markup = re.sub(r"\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", "", markup)
        faults += [f"{path.name}: {found.strip()}" for found in re.findall(r">([^<>]*[A-Za-z]{2}[^<>]*)<", markup)]
    assert faults == []
