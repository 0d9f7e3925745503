"""The examples in the docstrings of the tables run."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = ("reading", "writing", "template", "explaining", "cells.cells", "cells.nearest")


@pytest.mark.parametrize("name", MODULES)
def test_docstrings__examples_run(name: str) -> None:
    result = doctest.testmod(import_module(f"chaintwin.network.tables.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
