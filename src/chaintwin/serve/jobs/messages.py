"""What a server and its process of jobs say to each other, as MessagePack."""

from __future__ import annotations

from typing import Any

import msgspec

from chaintwin.serve.jobs.asking import AnyAsked


class Prepare(msgspec.Struct, frozen=True, tag=True):
    """Asks to load a network, so that the first job of it does not wait for that.

    Parameters
    ----------
    network : hash; empty to load the engine alone. place : folder of the network.
    parameters : id of a version of parameters and what is kept of it; empty for those of the tables.
    period : that is under way, 0 before the first; a look ahead begins there.
    """

    network: str = ""
    place: str = ""
    parameters: tuple[str, bytes] = ("", b"")
    period: int = 0


class Order(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Asks for a job.

    Parameters
    ----------
    asked : what for. folder : of the job. part : number of the last result that is there.
    network, place : hash and folder of the network. upload : file that was uploaded, with the name it had.
    cells : of the live state to start from, packed; None for the start of the model. time, head : of that state.
    parameters : as of ``Prepare``. threads : to use at once.
    """

    asked: AnyAsked
    folder: str
    part: int
    threads: int
    network: str = ""
    place: str = ""
    upload: tuple[str, str] = ("", "")
    cells: bytes | None = None
    time: int = 0
    head: int = 0
    parameters: tuple[str, bytes] = ("", b"")


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Asks to stop the job that is worked on."""


class Ready(msgspec.Struct, frozen=True, tag=True):
    """Says that kernels and network are loaded."""


class Progressed(msgspec.Struct, frozen=True, tag=True):
    """Says how far a job is, 0 to 1."""

    share: float


class Found(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Says that there is a result, the last one or one that gets sharper.

    Parameters
    ----------
    part : its number. tables : rows of each. about : what it was run with. replications : that it rests on; 0 for none.
    is_last : whether it is the whole result.
    """

    part: int
    tables: dict[str, int]
    about: dict[str, Any]
    replications: int
    is_last: bool


class Failed(msgspec.Struct, frozen=True, tag=True):
    """Says that a job came to nothing.

    Parameters
    ----------
    kind : word of the problem. detail : what is wrong. faults : one by one.
    """

    kind: str
    detail: str
    faults: list[dict[str, str]] = []


class Stopped(msgspec.Struct, frozen=True, tag=True):
    """Says that a job was stopped, as it was asked."""


Said = Ready | Progressed | Found | Failed | Stopped
Asking = Prepare | Order | Stop


def written(message: Said | Asking) -> bytes:
    """Return a message as bytes."""
    return _ENCODER.encode(message)


def said_of(content: bytes) -> Said:
    """Return what the process of jobs said."""
    return _SAID.decode(content)


def asking_of(content: bytes) -> Asking:
    """Return what the server asks for."""
    return _ASKING.decode(content)


def _plain(value: Any) -> Any:
    """Return a number of an array as one of Python."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be said")


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_plain)
_SAID: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(Said)
_ASKING: msgspec.msgpack.Decoder[Asking] = msgspec.msgpack.Decoder(Asking)
