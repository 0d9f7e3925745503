"""Pictures are well-formed, hold what they should, keep labels apart, and become PNG on a machine without fonts."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
import pytest

from chaintwin.cli.commands.options import Kind as Offered
from chaintwin.errors import UsageError
from chaintwin.examples import Example, load
from chaintwin.simulation import Result, draw, plot, simulate
from chaintwin.simulation.pictures.axes import short_number, ticks
from chaintwin.simulation.pictures.bar_pictures import ALIKE, LESS, MORE
from chaintwin.simulation.pictures.canvas import Canvas, shortened, text_width
from chaintwin.simulation.pictures.coast import coastlines
from chaintwin.simulation.pictures.drawing import FONT_FILE, Kind, rasterized

SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def result() -> Result:
    return simulate(load(Example.MEDICINES), periods=30, replications=8, bands=["sto-ug/al", "sto-id/met"])


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SPACE}text")]


def boxes(svg: str) -> list[tuple[float, float, float, float, str]]:
    """Return left, top, right and bottom of every text."""
    found = []
    for element in ET.fromstring(svg).iter(f"{SPACE}text"):
        x, y, size = (float(element.get(name) or 0) for name in ("x", "y", "font-size"))
        width = text_width(element.text or "", size)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[element.get("text-anchor") or "start"]
        found.append((left, y - 0.75 * size, left + width, y + 0.2 * size, element.text or ""))
    return found


@pytest.mark.parametrize("kind", get_args(Kind))
def test_draw__no_two_labels_overlap_and_none_leaves_the_picture(result: Result, kind: Kind) -> None:
    svg = draw(result, kind)
    root = ET.fromstring(svg)
    width, height = float(root.get("width") or 0), float(root.get("height") or 0)
    labels = boxes(svg)
    for number, (left, top, right, bottom, text) in enumerate(labels):
        assert left >= 0 and top >= 0 and right <= width and bottom <= height, text
        for other in labels[number + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, (text, other[4])


def test_draw__bands_hold_median_and_three_shades(result: Result) -> None:
    root = ET.fromstring(draw(result, "bands", stock_points=["sto-ug/al"]))
    assert len(list(root.iter(f"{SPACE}polygon"))) in (3, 6)
    assert any("sto-ug/al" in text for text in texts(draw(result, "bands", stock_points=["sto-ug/al"])))


def test_draw__a_name_cannot_break_out_of_the_picture(result: Result) -> None:
    evil = '</text><script>alert("x")</script>'
    points = result.bullwhip.with_columns(buffer_id=pl.lit(evil))
    svg = draw(replace(result, bullwhip=points), "bullwhip")
    assert "<script" not in svg
    assert not [element for element in ET.fromstring(svg).iter() if element.tag.endswith("script")]


def test_draw__bullwhip_near_one_is_neither_amplified_nor_damped(result: Result) -> None:
    ratios = [1.2, 1.06, 1.05, 1.0, 0.95, 0.94]
    points = pl.DataFrame(
        {
            "buffer_id": [f"a/{number}" for number in range(6)],
            "bullwhip": ratios,
            "bullwhip_half_width": pl.Series([None] * 6, dtype=pl.Float64),
        }
    )
    svg = draw(replace(result, bullwhip=points), "bullwhip")
    bars = [element for element in ET.fromstring(svg).iter(f"{SPACE}rect") if element.get("height") == "14.00"]
    assert [bar.get("fill") for bar in bars] == [MORE, MORE, ALIKE, ALIKE, ALIKE, LESS]
    assert "as much, within 5 %" in texts(svg)


def test_draw__says_what_is_missing(result: Result) -> None:
    bare = replace(result, bands=pl.DataFrame(), bullwhip=pl.DataFrame(), sites=pl.DataFrame(), accounts=pl.DataFrame())
    for kind in ("bands", "bullwhip", "network", "cash"):
        with pytest.raises(UsageError, match="fix: "):
            draw(bare, kind)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="the nearest is 'sto-ug/al'"):
        draw(result, "bands", stock_points=["sto-ug/all"])
    with pytest.raises(UsageError, match="it holds those of"):
        draw(result, "bands", stock_points=["sto-ug/aml"])
    with pytest.raises(UsageError, match="at most 4"):
        draw(result, "bands", stock_points=["sto-ug/al"] * 5)
    with pytest.raises(UsageError, match="allowed: bands"):
        draw(result, "pie")  # type: ignore[arg-type]
    nowhere = replace(result, sites=result.sites.with_columns(latitude=pl.lit(None, dtype=pl.Float64)))
    with pytest.raises(UsageError, match="coordinates"):
        draw(nowhere, "network")


def test_plot__writes_svg_and_png_and_refuses_other_endings(result: Result, tmp_path: Path) -> None:
    plot(result, tmp_path / "a.svg", kind="ranking")
    ET.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    plot(result, tmp_path / "a.png", kind="ranking")
    data = (tmp_path / "a.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, _ = struct.unpack(">II", data[16:24])
    assert width == 2 * 920
    for name, found in (("a.jpg", "fix: name .*a.svg"), ("a", "without an ending"), ("none/a.svg", "make it first")):
        with pytest.raises(UsageError, match=found):
            plot(result, tmp_path / name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "a.svg"]


def test_rasterized__text_needs_no_font_of_the_machine() -> None:
    import resvg_py

    def drawn(text: str) -> bytes:
        canvas = Canvas(120, 30, title="")
        canvas.text((5, 20), text)
        options = {"skip_system_fonts": True, "font_files": [str(FONT_FILE)], "font_family": "DejaVu Sans"}
        return bytes(resvg_py.svg_to_bytes(svg_string=canvas.svg(), **options))

    assert len({drawn(text) for text in ("", "Zürich", "Łódź", "Москва", "1 %…")}) == 5
    assert rasterized(Canvas(10, 10, title="").svg())[:4] == b"\x89PNG"


def test_kinds__the_command_offers_all() -> None:
    assert get_args(Offered) == get_args(Kind)


def test_ticks__are_round_and_inside() -> None:
    for low, high in ((0, 1), (0.93, 1.0), (0, 870), (-3, 12), (0, 4.2e6), (1e-4, 9e-4)):
        found = ticks(low, high, count=5)
        assert 3 <= len(found) <= 9
        assert low - 1e-9 <= found[0] and found[-1] <= high + 1e-9
        assert all(re.fullmatch(r"-?\d+(\.\d+)?[kMG]?|-?\d+e-\d+", short_number(value)) for value in found)
    assert ticks(5, 5) == [5]


def test_shortened__fits() -> None:
    for width in (20, 60, 200):
        assert text_width(shortened("warehouse-hamburg/paracetamol", 12, width=width), 12) <= width


def test_coastlines__are_closed_and_do_not_jump() -> None:
    lines = coastlines()
    assert len(lines) > 500
    closed = [line for line in lines if np.allclose((line[0] - line[-1]) % 360, 0, atol=1e-5)]
    assert len(closed) > 0.9 * len(lines)
    assert all(np.abs(np.diff(line[:, 0])).max() <= 180 for line in lines)
