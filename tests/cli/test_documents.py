"""Answers for machines."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.cli.terminal.documents import to_json, to_plain
from chaintwin.errors import Finding, Severity

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES, st.booleans())
def test_to_json__is_strict(value: object, is_ascii: bool) -> None:
    text = to_json(value, is_ascii=is_ascii)
    assert json.loads(text, parse_constant=lambda name: 1 / 0) == to_plain(value)
    assert not is_ascii or text.isascii()


def test_to_plain__values_of_the_program() -> None:
    value = {
        "finding": Finding("a.b", "x", "y", severity=Severity.WARNING),
        "frame": pl.DataFrame({"share": [0.5, math.nan, None]}),
        "array": np.array([1.0, math.inf]),
        "scalar": np.float64(2.5),
        "day": date(2026, 1, 2),
        "path": Path("a") / "b",
        Severity.NOTE: (1, {2}),
    }
    plain = to_plain(value)
    assert isinstance(plain, dict)
    assert plain["finding"]["severity"] == "warning"
    assert plain["frame"] == [{"share": 0.5}, {"share": None}, {"share": None}]
    assert (plain["array"], plain["scalar"], plain["day"], plain["path"], plain["note"]) == (
        [1.0, None],
        2.5,
        "2026-01-02",
        "a/b",
        [1, [2]],
    )
