"""Charts made of characters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from chaintwin.cli.terminal.output import DRAWN, TYPED, Glyphs
from chaintwin.cli.views.charts import Bar, bar_chart, bar_of, column_chart, resampled
from chaintwin.cli.views.world_map import MARKS, world_map
from chaintwin.network.tables.catalog import SITE_KINDS


def printed(renderable: object, width: int = 80) -> list[str]:
    console = Console(width=width, color_system=None, markup=False)
    with console.capture() as caught:
        console.print(renderable)
    return caught.get().splitlines()


@given(st.lists(st.none() | st.floats(allow_infinity=False), max_size=300), st.sampled_from([DRAWN, TYPED]), st.integers(30, 100))
def test_column_chart__fits_its_width(values: list[float | None], glyphs: Glyphs, width: int) -> None:
    bounded = [value if value is None or math.isnan(value) or abs(value) < 1e9 else 1.0 for value in values]
    lines = printed(column_chart(bounded, glyphs, width=width, label=lambda value: f"{value:.3g}"), width=200)
    assert max(map(len, lines), default=0) <= width
    assert len(lines) in (1, 4)


def test_column_chart__tallest_is_full_and_zero_is_a_line() -> None:
    lines = printed(column_chart([0.0, 1.0, 2.0], TYPED, width=20, height=2, label=str))
    assert lines[0].endswith("#")
    assert "." in lines[1]


def test_column_chart__nothing_known() -> None:
    assert printed(column_chart([None, math.nan], DRAWN, width=40, label=str)) == ["  nothing to show"]


@pytest.mark.parametrize(("share", "text"), [(0, ""), (1e-9, "▏"), (0.5, "██"), (1, "████"), (7, "████"), (-1, "")])
def test_bar_of__share(share: float, text: str) -> None:
    assert bar_of(share, DRAWN, width=4) == text


def test_bar_chart__aligned_in_eighty_columns() -> None:
    bars = [Bar("a label that is far too long to stand in one line of a chart", 3.0, "3"), Bar("b", 1.0, "1,000")]
    lines = printed(bar_chart(bars, DRAWN, width=80))
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].index("3") == lines[1].index("1,000") + 4


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 60))
def test_resampled__keeps_range(values: list[float], width: int) -> None:
    import numpy as np

    data = resampled(np.array(values), width)
    assert 1 <= data.size <= max(width, 1)
    assert min(values) - 1e-6 <= np.nanmin(data) <= np.nanmax(data) <= max(values) + 1e-6


def test_world_map__every_kind_has_a_mark() -> None:
    assert set(MARKS) == set(SITE_KINDS)


@pytest.mark.parametrize(
    "places",
    [
        [("plant", 48.8, 2.3), ("store", 48.9, 2.4)],
        [("plant", -89.0, -180.0), ("store", 89.0, 180.0)],
        [("hub", 1.3, 103.8), ("supplier", 31.2, 121.5), ("store", 35.7, 139.7)],
    ],
)
def test_world_map__holds_every_kind(places: list[tuple[str, float, float]]) -> None:
    lines = printed(world_map(places, TYPED, width=78))
    assert len(lines) <= 20
    drawing = "\n".join(lines[:-1])
    assert all(MARKS[kind][0] in drawing for kind, _, _ in places)
    assert all(kind in lines[-1] for kind, _, _ in places)
