"""Topics of Sparkplug B: who speaks, and of what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NAMESPACE = "spBv1.0"


class Verb(StrEnum):
    """Kinds of messages."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    NDATA = "NDATA"
    DDATA = "DDATA"
    NCMD = "NCMD"
    DCMD = "DCMD"
    STATE = "STATE"


_OF_DEVICES = frozenset({Verb.DBIRTH, Verb.DDEATH, Verb.DDATA, Verb.DCMD})


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic.

    Parameters
    ----------
    verb : kind of message. group, node : of the edge node; for STATE the node is the host application.
    device : empty for the node itself.
    """

    verb: Verb
    group: str
    node: str
    device: str = ""

    @property
    def edge(self) -> str:
        """Group and node."""
        return f"{self.group}/{self.node}"

    @property
    def id(self) -> str:
        """Group, node, and device where there is one."""
        return f"{self.edge}/{self.device}" if self.device else self.edge

    def __str__(self) -> str:
        if self.verb is Verb.STATE:
            return f"{NAMESPACE}/STATE/{self.node}"
        return "/".join(part for part in (NAMESPACE, self.group, self.verb.value, self.node, self.device) if part)


def topic_of(text: str) -> Topic | None:
    """Return what a topic says, or None where it is none of Sparkplug B.

    Example
    -------
    >>> topic_of("spBv1.0/north/DDATA/line1/press")
    Topic(verb=<Verb.DDATA: 'DDATA'>, group='north', node='line1', device='press')
    """
    parts = text.split("/")
    if parts[0] != NAMESPACE:
        return None
    if len(parts) == 3 and parts[1] == Verb.STATE:
        return Topic(Verb.STATE, "", parts[2])
    if len(parts) not in (4, 5) or parts[2] not in frozenset(Verb) or parts[2] == Verb.STATE:
        return None
    verb = Verb(parts[2])
    if (verb in _OF_DEVICES) != (len(parts) == 5):
        return None
    return Topic(verb, parts[1], parts[3], parts[4] if len(parts) == 5 else "")
