"""Fractions where quantities are whole units, as findings."""

from __future__ import annotations

from chaintwin.errors import Finding
from chaintwin.network.doctor.marks import MOST, number, remark
from chaintwin.network.doctor.structure.subject import Structure
from chaintwin.network.whole import fractions

FIX = "write a whole number, count the product in a smaller unit, or set quantities to continuous"


def check_whole(structure: Structure) -> list[Finding]:
    """Report every fraction that the engine would have to round in whole-unit mode, where its books must balance exactly."""
    rows = fractions(structure.lowered.graph).rows()
    return [
        remark(
            "quantity.fraction",
            found=f"{name}: {number(value)}",
            fix=FIX,
            count=1 + (len(rows) - MOST if place == MOST - 1 else 0),
        )
        for place, (name, value) in enumerate(rows[:MOST])
    ]
