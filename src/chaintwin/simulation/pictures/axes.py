"""Axes: round ticks, numbers for people, and a panel that places values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from chaintwin.simulation.pictures.canvas import FAINT, GRID, INK, Canvas


def ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """Return round numbers from ``low`` to ``high``, about ``count`` of them.

    Example
    -------
    >>> ticks(0, 870, count=4)
    [0.0, 200.0, 400.0, 600.0, 800.0]
    """
    if not high > low:
        return [low]
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = min((factor * power for factor in (1, 2, 2.5, 5, 10)), key=lambda one: abs(math.log(one / rough)))
    first = math.ceil(low / step - 1e-9)
    return [number * step for number in range(first, math.floor(high / step + 1e-9) + 1)]


def short_number(value: float) -> str:
    """Return a number with at most three digits and a unit of thousands.

    Example
    -------
    >>> [short_number(one) for one in (0, 0.25, 950, 12500, 3.2e6)]
    ['0', '0.25', '950', '12.5k', '3.2M']
    """
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.3g}"


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle in which values are drawn.

    Parameters
    ----------
    canvas : where it is.
    left, top, width, height : of the rectangle, in pixels.
    x, y : least and greatest value along it and up it.
    """

    canvas: Canvas
    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a value."""
        across = (x - self.x[0]) / ((self.x[1] - self.x[0]) or 1.0)
        up = (y - self.y[0]) / ((self.y[1] - self.y[0]) or 1.0)
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def draw_frame(
        self, *, title: str, unit: str, is_share: bool = False, below: str = "", named: Callable[[int], str] | None = None
    ) -> None:
        """Draw grid, scales, the title above, the unit of the values, and what runs along the bottom.

        Parameters
        ----------
        title, unit : texts. is_share : whether values are shares, shown as percentages. below : what runs along the bottom.
        named : writes a whole number of the scale along the bottom, such as the date of a period; by default as it is.
        """
        canvas, bottom = self.canvas, self.top + self.height
        canvas.text((self.left, self.top - 10), title, size=13, bold=True)
        canvas.text((self.left + self.width, self.top - 10), unit, size=11, color=FAINT, anchor="end")
        for value in ticks(*self.y, count=4):
            _, y = self.at(self.x[0], value)
            canvas.line([(self.left, y), (self.left + self.width, y)], color=GRID)
            label = f"{100 * value:.4g} %" if is_share else short_number(value)
            canvas.text((self.left - 8, y + 4), label, size=11, color=FAINT, anchor="end")
        for value in ticks(*self.x, count=8):
            if abs(value - round(value)) > 1e-9:
                continue
            x, _ = self.at(value, self.y[0])
            canvas.line([(x, bottom), (x, bottom + 4)], color=INK)
            label = f"{value:.0f}" if named is None else named(round(value))
            canvas.text((x, bottom + 17), label, size=11, color=FAINT, anchor="middle")
        canvas.line([(self.left, bottom), (self.left + self.width, bottom)], color=INK)
        if below:
            canvas.text((self.left + self.width / 2, bottom + 34), below, size=11, color=FAINT, anchor="middle")
