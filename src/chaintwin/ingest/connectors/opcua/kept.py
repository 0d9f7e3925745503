"""Where a source of an OPC UA server stands: its subscription, what of it is durable, and the last value of each variable."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable

import msgspec

from chaintwin.ingest.connectors.opcua.protocol.values import DIGEST_BYTES

SAME_MOMENT_MOST = 255
"""Values of a variable at one moment that are remembered."""


class OpcuaCursor(msgspec.Struct, omit_defaults=True, frozen=True):
    """Where a source stands.

    Parameters
    ----------
    subscription : its number at the server, 0 for none. started : when the server was started that gave it, microseconds.
    made : the settings that it was made with. sequence : number of the last message all of whose values are durable.
    part : values of the message behind it that are durable.
    addresses : of its variables, in the order of the handles by which the server tells of them, packed.
    last : what was told last of each of them, or from when on it is watched, packed.
    memory : what is remembered of signals. told : whether the source was last said to be there; None for never.
    was_open : whether there ever was a subscription. owes : whether what was so before it has still to be read.
    """

    subscription: int = 0
    started: int = 0
    made: str = ""
    sequence: int = 0
    part: int = 0
    addresses: str = ""
    last: str = ""
    memory: msgspec.Raw = msgspec.Raw(b"{}")
    told: bool | None = None
    was_open: bool = False
    owes: bool = False


class Last:
    """The last value of each variable that became durable: when it was so, and digests of all that it was at that moment.

    So a value that comes again in another way is known: by the history that a server keeps, or as the first value of a new
    subscription. Of a variable without such a value it is kept from when on it is watched, which has no digest.

    Parameters
    ----------
    addresses : of variables. packed : what ``packed`` gave for them.
    """

    def __init__(self, addresses: Iterable[str] = (), packed: str = "") -> None:
        self._kept: dict[str, bytes] = {}
        content, place = b64decode(packed), 0
        for address in addresses:
            if place >= len(content):
                break
            at, count = _HEAD.unpack_from(content, place)
            end = place + _HEAD.size + count * DIGEST_BYTES
            if at or count:
                self._kept[address] = content[place:end]
            place = end

    def at(self, address: str) -> int | None:
        """Return when the last value was so, microseconds; None where none was told."""
        kept = self._kept.get(address)
        return None if kept is None or len(kept) == _HEAD.size else int(_HEAD.unpack_from(kept)[0])

    def since(self, address: str) -> int | None:
        """Return when the last value was so, or from when on one is awaited, microseconds; None where neither is known."""
        kept = self._kept.get(address)
        return None if kept is None else int(_HEAD.unpack_from(kept)[0])

    def watched(self) -> frozenset[str]:
        """Return the variables of which ``since`` knows a moment."""
        return frozenset(self._kept)

    def watch(self, address: str, at: int) -> None:
        """Note from when on values of a variable are awaited; one of which more is known stays as it is.

        Parameters
        ----------
        address : of the variable. at : microseconds.
        """
        self._kept.setdefault(address, _HEAD.pack(at, 0))

    def is_known(self, address: str, *, at: int, digest: bytes) -> bool:
        """Return whether a value is one of the last.

        Parameters
        ----------
        address : of the variable. at : when it is so, microseconds. digest : of it.
        """
        kept = self._kept.get(address)
        if kept is None or _HEAD.unpack_from(kept)[0] != at:
            return False
        return any(kept[place : place + DIGEST_BYTES] == digest for place in range(_HEAD.size, len(kept), DIGEST_BYTES))

    def is_same(self, address: str, digest: bytes) -> bool:
        """Return whether the last value was equal, whenever that was."""
        kept = self._kept.get(address)
        return kept is not None and len(kept) > _HEAD.size and kept[-DIGEST_BYTES:] == digest

    def note(self, address: str, *, at: int, digest: bytes) -> None:
        """Note a value; an older one than the last is none to be remembered.

        Parameters
        ----------
        address : of the variable. at : when it is so, microseconds. digest : of it.
        """
        kept = self._kept.get(address)
        before, count = _HEAD.unpack_from(kept) if kept is not None else (-1, 0)
        if at > before or not count:
            self._kept[address] = _HEAD.pack(at, 1) + digest
        elif at == before and kept is not None:
            # Who has more at one moment than are remembered tells the first of them again.
            told = kept[_HEAD.size :] if count < SAME_MOMENT_MOST else kept[_HEAD.size + DIGEST_BYTES :]
            self._kept[address] = _HEAD.pack(at, min(count + 1, SAME_MOMENT_MOST)) + told + digest

    def packed(self, addresses: Iterable[str]) -> str:
        """Return all of it as text, in the order of addresses."""
        kept = self._kept
        return b64encode(b"".join([kept.get(address, _NOTHING) for address in addresses])).decode()


def packed_addresses(addresses: Iterable[str]) -> str:
    """Return addresses as one short text."""
    content = "\n".join(addresses).encode("utf-8", "surrogatepass")
    return b64encode(zlib.compress(content, 6)).decode() if content else ""


def unpacked_addresses(text: str) -> list[str]:
    """Return addresses from their text."""
    return zlib.decompress(b64decode(text)).decode("utf-8", "surrogatepass").split("\n") if text else []


_HEAD = struct.Struct(">qB")
_NOTHING = _HEAD.pack(0, 0)
