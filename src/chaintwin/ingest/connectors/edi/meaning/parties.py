"""Who and where, of the segments of a head that name parties by their roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chaintwin.ingest.connectors.edi.meaning.naming import Code
from chaintwin.ingest.connectors.edi.meaning.records import Ends
from chaintwin.ingest.connectors.edi.syntax.segments import Segment

Roles = Sequence[str]


def ends_among(segments: Sequence[Segment], *, tag: str, roles: Sequence[Roles], party: Callable[[Segment], Code | None]) -> Ends:
    """Return origin, destination, seller and buyer of a message.

    Parameters
    ----------
    segments : of the head. tag : of those that name a party; their first element is its role, of which the first one counts.
    roles : of the origin, the destination, the seller and the buyer; the first role of each that has a code counts.
    party : gives the code of a party, or None.
    """
    found: dict[str, Segment] = {}
    for segment in segments:
        if segment.tag == tag:
            found.setdefault(segment.text(1), segment)

    def first(among: Roles) -> Code | None:
        for role in among:
            code = party(found[role]) if role in found else None
            if code is not None:
                return code
        return None

    origin, destination, seller, buyer = (first(among) for among in roles)
    return Ends(origin, destination, seller, buyer)
