"""From a result to a picture in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from chaintwin.errors import UsageError
from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.simulation.pictures.band_picture import draw_bands
from chaintwin.simulation.pictures.bar_pictures import draw_bullwhip, draw_ranking
from chaintwin.simulation.pictures.canvas import Canvas
from chaintwin.simulation.pictures.cash_picture import draw_cash
from chaintwin.simulation.pictures.network_picture import draw_network
from chaintwin.simulation.results import Result

Kind = Literal["bands", "bullwhip", "network", "ranking", "cash"]
"""What a picture shows."""

ENDINGS = (".svg", ".png")
FONT_FILE = (Path(__file__).parent / "data" / "sans").with_suffix(".ttf")

ZOOM = 2
"""Pixels of a PNG for one of the picture, so that it is sharp in print."""


def draw(result: Result, kind: Kind = "bands", *, stock_points: Sequence[str] = ()) -> str:
    """Return a picture of a result as SVG.

    Parameters
    ----------
    result : what ``simulate`` returned or ``Result.read`` read.
    kind : ``bands`` of stock, backlog and service by period; ``bullwhip`` by stock point; the ``network`` with its flows on the
        world map; ``ranking`` of where service is lost and where money goes; ``cash`` of the owners by period.
    stock_points : for ``bands``: up to four ids; none shows the whole network.

    Raises
    ------
    UsageError
        There is no such kind, or the result lacks what it needs.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.simulation.simulating import simulate
    >>> draw(simulate(load(Example.BEER_GAME), periods=5, replications=2, bands=[]), "bands")[:4]
    '<svg'
    """
    if kind not in get_args(Kind):
        raise UsageError(f"kind: found {kind!r}; allowed: {', '.join(get_args(Kind))}")
    return _drawn(result, kind, stock_points=stock_points).svg()


def plot(result: Result, path: Path | str, *, kind: Kind = "bands", stock_points: Sequence[str] = ()) -> None:
    """Draw a result into a file that ends in ``.svg`` or ``.png``; a file that is there is replaced.

    Parameters
    ----------
    result, kind, stock_points : as for ``draw``.
    path : the file.

    Raises
    ------
    UsageError
        The file has another ending, cannot be written, or as for ``draw``.
    """
    check_picture(path)
    write_picture(path, draw(result, kind, stock_points=stock_points))


def write_picture(path: Path | str, svg: str) -> None:
    """Write a picture into a file that ends in ``.svg`` or ``.png``; a file that is there is replaced.

    Parameters
    ----------
    path : the file.
    svg : the picture.

    Raises
    ------
    UsageError
        The file has another ending, or cannot be written.
    """
    check_picture(path)
    data = svg.encode("utf-8") if Path(path).suffix.lower() == ".svg" else rasterized(svg)
    write_file(Path(path), lambda file: _written(file, data))


def check_picture(path: Path | str) -> None:
    """Refuse a file that a picture cannot be written to, before time is spent on computing one.

    Raises
    ------
    UsageError
        The ending is neither ``.svg`` nor ``.png``, the path is a folder, or its folder is not there.
    """
    target = Path(path)
    if target.suffix.lower() not in ENDINGS:
        found = f"a name that ends in {target.suffix!r}" if target.suffix else "a name without an ending"
        raise UsageError(f"{target}: found {found}; allowed: .svg or .png; fix: name {target.with_suffix('.svg')}")
    if target.is_dir():
        raise UsageError(f"{target}: found a folder; allowed: a file")
    if not target.absolute().parent.is_dir():
        raise UsageError(
            f"{target}: found no folder {target.absolute().parent}; allowed: a folder that is there; fix: make it first"
        )


def rasterized(svg: str) -> bytes:
    """Return a picture as PNG; text is set in the font that comes along, other scripts in what the machine has."""
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=ZOOM, font_files=[str(FONT_FILE)], font_family="DejaVu Sans"))


def _drawn(result: Result, kind: Kind, *, stock_points: Sequence[str]) -> Canvas:
    if kind == "bands":
        return draw_bands(result, stock_points)
    kinds = {"bullwhip": draw_bullwhip, "network": draw_network, "ranking": draw_ranking, "cash": draw_cash}
    return kinds[kind](result)


def _written(file: Path, data: bytes) -> None:
    file.write_bytes(data)
