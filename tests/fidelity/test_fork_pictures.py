"""Pictures of forks and reports say dates, and draw what there is."""

from __future__ import annotations

from datetime import date

from chaintwin.fidelity.forking.picture import dates_of
from chaintwin.network.network import Period, Settings
from chaintwin.simulation.pictures.axes import Panel
from chaintwin.simulation.pictures.canvas import Canvas


def test_dates_of__first_moments_of_periods() -> None:
    start = date(2026, 1, 1)
    assert dates_of(Settings(start=start))(31) == "2026-02-01"
    assert dates_of(Settings(start=start, period=Period.WEEK))(2) == "2026-01-15"
    assert dates_of(Settings(start=start, period=Period.HOUR))(30) == "01-02 06:00"


def test_panel__scale_along_the_bottom_in_words() -> None:
    canvas = Canvas(400, 200, title="a")
    panel = Panel(canvas, 50, 20, 300, 100, (0.0, 8.0), (0.0, 1.0))
    panel.draw_frame(title="a", unit="b", named=dates_of(Settings(start=date(2026, 1, 1))))
    assert "2026-01-03" in canvas.svg()
    assert ">2</text>" not in canvas.svg()
