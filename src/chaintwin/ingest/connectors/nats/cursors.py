"""Where a source of a stream stands."""

from __future__ import annotations

import msgspec


class NatsCursor(msgspec.Struct, omit_defaults=True, frozen=True):
    """Where a source of a stream stands.

    Parameters
    ----------
    client : name of the consumer at the server. clock : latest time that was given by our own clock, microseconds.
    stream : when the stream was made, as the server says; empty where none was ever seen.
    sequence : of the last message that is durable, 0 for none.
    tick : millisecond of that message. spoken : how often each address spoke in it so far.
    memory : what is remembered of signals. told : whether the source was last said to be there; None for never.
    """

    client: str
    clock: int = 0
    stream: str = ""
    sequence: int = 0
    tick: int = 0
    spoken: dict[str, int] = {}
    memory: msgspec.Raw = msgspec.Raw(b"{}")
    told: bool | None = None
