"""Which lead-time laws were in use when: a forecast is judged by what was believed when it was made."""

from __future__ import annotations

from bisect import bisect_right

from chaintwin.fidelity.calibration.lanes import Lane
from chaintwin.fidelity.versions.lead_laws import LaneLaw, LeadLaws
from chaintwin.fidelity.versions.looking import Described
from chaintwin.fidelity.versions.shelf import kept_versions, version_of
from chaintwin.store.interface import Store


class LawHistory:
    """Lead-time laws by lane and moment.

    Parameters
    ----------
    store : the log. described : the network in force. until : versions of later data are left out, microseconds.
    """

    def __init__(self, store: Store, described: Described, *, until: int) -> None:
        used = [one for one in kept_versions(store) if one.accepted and one.made_at <= until]
        self._moments = [one.made_at for one in used]
        versions = [None, *(version_of(store, one.id) for one in used)]
        self._laws = [LeadLaws(described.graph, described.layout, version=version) for version in versions]

    @property
    def now(self) -> LeadLaws:
        """The laws in use at the end."""
        return self._laws[-1]

    def of(self, lane: Lane, at: int) -> LaneLaw | None:
        """Return the law in use for a lane at a moment, microseconds; None where the network has no such lane."""
        return self._laws[bisect_right(self._moments, at)].of(lane)
