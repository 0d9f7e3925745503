"""What makes events of the signals of a source: its mapping, with what was remembered of earlier signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Item, Option, Problem
from chaintwin.ingest.connectors.signals.memory import Memory
from chaintwin.ingest.connectors.signals.signal_mapping import read_signal_mapping
from chaintwin.ingest.connectors.signals.turning import Made, SignalTurner

MAPPING = Option("mapping", "Mapping file (TOML) that says what events the signals give.", is_file=True)


def turner_of(connector: str, mapping: str, *, memory: msgspec.Raw | None) -> SignalTurner:
    """Return what makes events of signals, with what it remembered.

    Parameters
    ----------
    connector : name, for messages. mapping : path of the mapping file. memory : as a cursor holds it; None for a new source.

    Raises
    ------
    UsageError
        There is no mapping.
    InputError
        The mapping has faults.
    """
    if not mapping:
        raise UsageError(f"{connector}: found no mapping; allowed: the option mapping with a TOML file of signals")
    kept: dict[str, Any] = msgspec.json.decode(memory) if memory else {}
    return SignalTurner(read_signal_mapping(mapping), Memory(kept))


def parted(made: Sequence[Made]) -> tuple[tuple[Item, ...], tuple[Problem, ...]]:
    """Return what became events, and what did not, each in its order."""
    items = tuple([one for one in made if isinstance(one, Item)])
    return items, tuple([one for one in made if isinstance(one, Problem)])


def memory_of(turner: SignalTurner) -> msgspec.Raw:
    """Return what is remembered of signals, as a cursor holds it."""
    return msgspec.Raw(_ENCODER.encode(turner.memory.plain()))


_ENCODER = msgspec.json.Encoder()
