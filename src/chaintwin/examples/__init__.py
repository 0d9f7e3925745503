"""Networks used by demo, docs, tests and benchmarks alike. Names load on first use: a list of names needs no geography."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chaintwin.examples.generator.assembler import AssemblerSize, assembler
    from chaintwin.examples.generator.generating import generate
    from chaintwin.examples.generator.look_alike import look_alike
    from chaintwin.examples.generator.size import GeneratorSize
    from chaintwin.examples.loading import NAMES, Example, describe, load

__all__ = ["NAMES", "AssemblerSize", "Example", "GeneratorSize", "assembler", "describe", "generate", "load", "look_alike"]

_HOME = {
    "AssemblerSize": "generator.assembler",
    "NAMES": "loading",
    "Example": "loading",
    "GeneratorSize": "generator.size",
    "assembler": "generator.assembler",
    "describe": "loading",
    "generate": "generator.generating",
    "load": "loading",
    "look_alike": "generator.look_alike",
}


def __getattr__(name: str) -> object:
    """Import the module of a public name when the name is first used (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
