"""The sources of events in a project file: no part of the network, and kept whatever is written over it."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.errors import InputError, UsageError
from chaintwin.examples import Example, load
from chaintwin.network import Layout, read, write
from chaintwin.network.doctor import check
from chaintwin.network.tables.feeds.feeds import feeds_of_text, feeds_text
from chaintwin.network.tables.feeds.reading import read_feeds
from chaintwin.network.tables.files.workbook_safety import inspect_workbook

FEEDS = """
[[sources]]
name = "dock"
source = "drops"   # where the scanner puts its files
every = 2

[sources.options]
after = "move"

[[sources]]
name = "far"
source = "https://epcis.example.org/v2"
options = { per-page = 100, query = "EQ_bizStep=shipping" }
enabled = false
"""

PLAIN = st.none().flatmap(lambda _: st.text(max_size=20) | st.integers(-(2**31), 2**31) | st.booleans())
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "beer"
    write(load(Example.BEER_GAME), place)
    with (place / "chaintwin.toml").open("a") as file:
        file.write(FEEDS)
    return place


def test_read__leaves_them_to_who_takes_events(project: Path) -> None:
    network = read(project)
    assert network == load(Example.BEER_GAME)
    assert check(project).ok
    assert network.feeds is not None
    assert [feed["name"] for feed in network.feeds] == ["dock", "far"]
    (dock, far) = read_feeds(project).tables
    lines = (project / "chaintwin.toml").read_text().splitlines()
    assert lines[dock.row - 1] == lines[far.row - 1] == "[[sources]]"
    assert lines[dock.rows["options.after"] - 1] == 'after = "move"'
    assert lines[far.rows["enabled"] - 1] == "enabled = false"


@pytest.mark.parametrize("layout", list(Layout))
def test_write__every_layout_keeps_them(project: Path, layout: Layout) -> None:
    target = project.parent / ("again.xlsx" if layout is Layout.XLSX else "again")
    network = read(project)
    write(network, target, layout=layout)
    kept = read(target).feeds
    assert kept == tuple(feed.values for feed in read_feeds(target).tables)
    assert kept is not None
    expected: list[dict[str, Any]] = tomllib.loads(FEEDS)["sources"]
    if layout is Layout.XLSX:
        # A sheet has texts.
        expected = [
            {key: value if isinstance(value, dict) else str(value).lower() if isinstance(value, bool) else str(value)}
            for table in expected
            for key, value in table.items()
        ]
        told = {key: value for feed in kept for key, value in feed.items() if key != "options"}
        assert told == {key: value for one in expected for key, value in one.items() if key != "options"}
        assert kept[1]["options"] == {"per-page": "100", "query": "EQ_bizStep=shipping"}
    else:
        assert list(kept) == expected
    # A network that no project file was read for is written over a project: its sources stay.
    write(load(Example.BEER_GAME), target, layout=layout)
    assert read(target).feeds == kept
    # One that was read and has none replaces it as a whole.
    plain = project.parent / "plain"
    write(load(Example.BEER_GAME), plain)
    write(read(plain), target, layout=layout)
    assert read(target).feeds == ()


def test_write__refuses_to_lose_those_that_cannot_be_read(project: Path) -> None:
    settings = project / "chaintwin.toml"
    settings.write_text(settings.read_text() + "\nname = [")
    with pytest.raises(UsageError, match=r"\[\[sources\]\].*would be lost"):
        write(load(Example.BEER_GAME), project)
    assert "drops" in settings.read_text()
    # Without any there is nothing to lose.
    settings.write_text("name = [")
    write(load(Example.BEER_GAME), project)
    assert read(project).feeds == ()


def test_write__refuses_to_lose_a_sheet_that_cannot_be_read(project: Path) -> None:
    target = project.parent / "again.xlsx"
    write(read(project), target, layout=Layout.XLSX)
    (part,) = (sheet.part for sheet in inspect_workbook(target).sheets if sheet.name == "event_sources")
    with zipfile.ZipFile(target) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content[: len(content) // 2] if name == part else content)
    before = target.read_bytes()
    with pytest.raises(UsageError, match=r"event_sources.*would be lost"):
        write(load(Example.BEER_GAME), target, layout=Layout.XLSX)
    assert target.read_bytes() == before


def test_read__what_is_no_list_of_tables(project: Path) -> None:
    settings = project / "chaintwin.toml"
    for text in ("sources = 3\n", "sources = [1]\n", "[sources]\nname = 'x'\n"):
        settings.write_text(f'name = "mine"\n{text}')
        with pytest.raises(InputError) as caught:
            read(project)
        (finding,) = caught.value.findings
        assert (finding.code, finding.column) == ("settings.value", "sources")
        assert "[[sources]]" in finding.allowed
    settings.write_text('[[source]]\nname = "x"\n')
    with pytest.raises(InputError, match="did you mean sources"):
        read(project)


@given(feeds=st.lists(st.dictionaries(st.text(min_size=1, max_size=8), VALUES, max_size=4), max_size=3))
def test_feeds_text__reads_back(feeds: list[dict[str, Any]]) -> None:
    assert [feed.values for feed in feeds_of_text('name = "mine"\n' + feeds_text(feeds))] == feeds
