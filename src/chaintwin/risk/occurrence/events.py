"""Events in time: the moments at which something happened, for many replications."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from chaintwin.errors import UsageError
from chaintwin.laws.checking import check_whole


@dataclass(frozen=True, slots=True)
class Events:
    """The moments of the events of one process, replication after replication.

    Parameters
    ----------
    offsets : int64[replications + 1]; the events of replication r are times[offsets[r]:offsets[r + 1]].
    times : float64[events], ascending within a replication; in the unit of time of the process.

    Example
    -------
    >>> events = Events(np.array([0, 2, 2]), np.array([1.5, 7.0]))
    >>> events.counts.tolist(), events.of(0).tolist()
    ([2, 0], [1.5, 7.0])
    """

    offsets: NDArray[np.int64]
    times: NDArray[np.float64]

    @property
    def replication_count(self) -> int:
        """Return how many replications there are, those without events among them."""
        return self.offsets.size - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        """Return the number of events of each replication, int64[replications]."""
        return np.diff(self.offsets)

    @property
    def replications(self) -> NDArray[np.int64]:
        """Return the replication of each event, int64[events], counted from the first one sampled."""
        return np.repeat(np.arange(self.replication_count), self.counts)

    def of(self, replication: int) -> NDArray[np.float64]:
        """Return the moments of one replication, float64[events of it].

        Raises
        ------
        UsageError : there is no such replication.
        """
        check_whole("replication", replication, high=self.replication_count - 1)
        return self.times[self.offsets[replication] : self.offsets[replication + 1]]

    def kept(self, is_kept: NDArray[np.bool_]) -> Events:
        """Return the events that a mask, bool[events], keeps."""
        return events_from_pairs(self.replications[is_kept], self.times[is_kept], replication_count=self.replication_count)


def events_from_pairs(replications: NDArray[np.int64], times: NDArray[np.float64], *, replication_count: int) -> Events:
    """Return events in order, from replication and moment of each in any order.

    Parameters
    ----------
    replications, times : int64[events] from 0 and float64[events].
    replication_count : how many replications there are in all.

    Example
    -------
    >>> events_from_pairs(np.array([1, 0, 1]), np.array([5.0, 2.0, 4.0]), replication_count=2).times.tolist()
    [2.0, 4.0, 5.0]
    """
    order = np.lexsort((times, replications))
    counts = np.bincount(replications, minlength=replication_count)
    return Events(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), times[order])


def merge_events(*parts: Events) -> Events:
    """Return the events of several processes as those of one.

    Raises
    ------
    UsageError : no process, or processes with different numbers of replications.

    Example
    -------
    >>> one, other = Events(np.array([0, 1]), np.array([3.0])), Events(np.array([0, 1]), np.array([2.0]))
    >>> merge_events(one, other).times.tolist()
    [2.0, 3.0]
    """
    sizes = {part.replication_count for part in parts}
    if len(sizes) != 1:
        raise UsageError(f"parts: found processes with {sorted(sizes)} replications; allowed: one and the same number")
    return events_from_pairs(
        np.concatenate([part.replications for part in parts]),
        np.concatenate([part.times for part in parts]),
        replication_count=sizes.pop(),
    )
