"""A small canvas for SVG: shapes and text, with widths of text known, so that labels need not overlap."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

INK, FAINT, GRID = "#1a1a1a", "#5f6368", "#dadce0"
"""Colors of text and axes, of what explains them, and of lines behind the data."""

FONT = "DejaVu Sans, Verdana, sans-serif"

_WIDTHS = (
    "318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 636 636 636 636 337 "
    "337 838 838 838 531 1000 684 686 698 770 632 575 775 752 295 295 656 557 863 748 787 603 787 695 635 611 732 "
    "684 989 685 611 685 390 337 390 838 500 500 613 635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 "
    "635 411 521 392 634 592 818 592 592 525 636 337 636 838"
)
_ADVANCE = dict(zip(map(chr, range(32, 127)), map(int, _WIDTHS.split()), strict=True))
_WIDEST = 1000

Points = Iterable[tuple[float, float]]


def text_width(text: str, size: float) -> float:
    """Return how wide a text is in DejaVu Sans of a size, in pixels; letters that are not in ASCII count as 0.65.

    Example
    -------
    >>> round(text_width("Stock", 10), 1)
    28.3
    """
    return sum(_ADVANCE.get(letter, _WIDEST if ord(letter) > 0x2E80 else 650) for letter in text) * size / 1000


def shortened(text: str, size: float, *, width: float) -> str:
    """Return the text, cut in the middle where it is wider than allowed: ids differ at both ends.

    Example
    -------
    >>> shortened("warehouse-hamburg/paracetamol", 10, width=100)
    'warehous…cetamol'
    """
    if text_width(text, size) <= width:
        return text
    for kept in range(len(text) - 1, 1, -1):
        cut = text[: (kept + 1) // 2] + "…" + text[len(text) - kept // 2 :]
        if text_width(cut, size) <= width:
            return cut
    return "…"


class Canvas:
    """Collects shapes; ``svg`` returns the picture.

    Parameters
    ----------
    width, height : size in pixels.
    title : what the picture shows, for those who cannot see it.
    """

    def __init__(self, width: float, height: float, *, title: str) -> None:
        self.width, self.height, self.title = width, height, title
        self._parts: list[str] = []

    def rect(self, corner: tuple[float, float], size: tuple[float, float], *, fill: str, stroke: str = "none") -> None:
        """Draw a rectangle from its upper left corner."""
        (x, y), (width, height) = corner, size
        box = f'x="{x:.2f}" y="{y:.2f}" width="{max(width, 0):.2f}" height="{max(height, 0):.2f}"'
        self._add(f'<rect {box} fill="{fill}" stroke="{stroke}"/>')

    def line(self, points: Points, *, color: str = INK, width: float = 1.0, dash: str = "", opacity: float = 1.0) -> None:
        """Draw a line through points."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        seen = f' stroke-opacity="{opacity:g}"' if opacity < 1 else ""
        self._add(
            f'<polyline points="{_listed(points)}" fill="none" stroke="{color}" stroke-width="{width:.2f}" '
            f'stroke-linejoin="round"{dashed}{seen}/>'
        )

    def area(self, points: Points, *, fill: str) -> None:
        """Fill a polygon."""
        self._add(f'<polygon points="{_listed(points)}" fill="{fill}"/>')

    def path(self, data: str, *, fill: str = "none", stroke: str = "none", width: float = 1.0, opacity: float = 1.0) -> None:
        """Draw a path given in SVG's own words; where it is filled, what lies inside twice is outside."""
        self._add(
            f'<path d="{data}" fill="{fill}" fill-rule="evenodd" stroke="{stroke}" stroke-width="{width:.2f}" '
            f'stroke-linecap="round" stroke-opacity="{opacity:g}"/>'
        )

    def circle(self, center: tuple[float, float], radius: float, *, fill: str, stroke: str = "#ffffff", name: str = "") -> None:
        """Draw a circle; a browser shows its name when pointed at."""
        hint = f"<title>{escape(name)}</title>" if name else ""
        self._add(
            f'<circle cx="{center[0]:.2f}" cy="{center[1]:.2f}" r="{radius:.2f}" fill="{fill}" stroke="{stroke}">{hint}</circle>'
        )

    def text(
        self,
        place: tuple[float, float],
        text: str,
        *,
        size: float = 12,
        color: str = INK,
        anchor: str = "start",
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """Write a text whose baseline begins (``start``), has its middle or ends at a place; a halo sets it off from a map."""
        weight = ' font-weight="bold"' if bold else ""
        around = ' stroke="#ffffff" stroke-width="3" paint-order="stroke" stroke-linejoin="round"' if halo else ""
        clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
        where = f'x="{place[0]:.2f}" y="{place[1]:.2f}" text-anchor="{anchor}"'
        self._add(f'<text {where} font-size="{size:g}" fill="{color}"{weight}{around}>{escape(clean)}</text>')

    def clip(self, corner: tuple[float, float], size: tuple[float, float]) -> None:
        """Draw what follows, until ``unclip``, only inside a rectangle."""
        name = f"clip{len(self._parts)}"
        (x, y), (width, height) = corner, size
        self._add(f'<clipPath id="{name}"><rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"/></clipPath>')
        self._add(f'<g clip-path="url(#{name})">')

    def unclip(self) -> None:
        """End what ``clip`` began."""
        self._add("</g>")

    def svg(self) -> str:
        """Return the picture."""
        size = f'width="{self.width:g}" height="{self.height:g}" viewBox="0 0 {self.width:g} {self.height:g}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family={quoteattr(FONT)} role="img">'
        ground = f'<rect width="{self.width:g}" height="{self.height:g}" fill="#ffffff"/>'
        return "\n".join([head, f"<title>{escape(self.title)}</title>", ground, *self._parts, "</svg>", ""])

    def _add(self, part: str) -> None:
        self._parts.append(part)


def _listed(points: Points) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
