from __future__ import annotations

import numpy as np

from chaintwin.examples.generator.draws import Draws
from chaintwin.rng import uniform


def test_uniforms__are_those_of_the_stream() -> None:
    drawn = Draws(9).uniforms("sizes", 5)
    named = [uniform(9, "generator", entity="sizes", replication=place, period=0) for place in range(5)]
    assert drawn.tolist() == named


def test_uniforms__a_longer_draw_begins_the_same() -> None:
    assert (Draws(1).uniforms("x", 100)[:10] == Draws(1).uniforms("x", 10)).all()
    assert (Draws(1).uniforms("x", 10) != Draws(2).uniforms("x", 10)).all()


def test_choices__stay_below_their_bounds() -> None:
    below = np.arange(1, 2_000)
    drawn = Draws(3).choices("c", below=below)
    assert ((drawn >= 0) & (drawn < below)).all()


def test_order__is_a_permutation() -> None:
    assert sorted(Draws(3).order("o", 50).tolist()) == list(range(50))
