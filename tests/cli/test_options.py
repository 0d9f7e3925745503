"""Choices of the command line, which repeat names of heavier rooms, agree with them."""

from __future__ import annotations

from chaintwin.cli.commands.options import Layout, Shipped
from chaintwin.examples.loading import Example
from chaintwin.network.tables.writing import Layout as Written


def test_shipped__all_examples() -> None:
    assert [choice.value for choice in Shipped] == [example.value for example in Example]


def test_layout__all_layouts() -> None:
    assert {choice.value for choice in Layout} == {layout.value for layout in Written}
