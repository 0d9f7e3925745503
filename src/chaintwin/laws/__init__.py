"""Probability laws: their grammar, formulas, engine tables and fits. Names load on first use; scipy is not light."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaintwin.laws.grammar import parse, parse_many
    from chaintwin.laws.law import Law
    from chaintwin.laws.parameters import LawError, LawKind
    from chaintwin.laws.tables import PackedKind, PackedLaws, pack_laws

__all__ = ["Law", "LawError", "LawKind", "PackedKind", "PackedLaws", "pack_laws", "parse", "parse_many"]

_HOME = {
    "Law": "law",
    "LawError": "parameters",
    "LawKind": "parameters",
    "PackedKind": "tables",
    "PackedLaws": "tables",
    "pack_laws": "tables",
    "parse": "grammar",
    "parse_many": "grammar",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'chaintwin.laws' has no attribute {name!r}")
    return getattr(import_module(f"chaintwin.laws.{_HOME[name]}"), name)
