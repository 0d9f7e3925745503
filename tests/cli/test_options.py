"""Choices of the command line, which repeat names of heavier rooms, agree with them."""

from __future__ import annotations

from typing import get_args

from chaintwin.cli.commands.options import Layout, ResultFormat, Shipped
from chaintwin.cli.commands.simulate import HOW
from chaintwin.examples.loading import Example
from chaintwin.network.tables.writing import Layout as Written
from chaintwin.simulation import Format


def test_shipped__all_examples() -> None:
    assert [choice.value for choice in Shipped] == [example.value for example in Example]


def test_layout__all_layouts() -> None:
    assert {choice.value for choice in Layout} == {layout.value for layout in Written}


def test_result_format__all_formats() -> None:
    assert get_args(ResultFormat) == get_args(Format)
    assert set(HOW) == set(get_args(Format))
