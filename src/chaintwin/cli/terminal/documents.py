"""Answers for machines: strict JSON, one document."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from pathlib import PurePath


def to_json(value: object, *, is_ascii: bool) -> str:
    """Return a value as strict JSON: what is not a finite number is null.

    Parameters
    ----------
    value : dictionaries, lists, dataclasses, structs, frames, numbers, dates, text.
    is_ascii : write other characters as escapes.
    """
    return json.dumps(to_plain(value), ensure_ascii=is_ascii, allow_nan=False, indent=1)


def to_plain(value: object) -> object:
    """Return a value built only from dictionaries, lists, text, numbers, booleans and None."""
    if value is None or (isinstance(value, bool | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
    if hasattr(value, "__struct_fields__"):
        return {name: to_plain(getattr(value, name)) for name in value.__struct_fields__}
    if hasattr(value, "to_dicts"):
        return [to_plain(row) for row in value.to_dicts()]
    if hasattr(value, "tolist"):
        return to_plain(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [to_plain(item) for item in value]
    return str(value)
