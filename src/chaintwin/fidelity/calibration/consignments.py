"""Consignments between their shipping and their receipt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaintwin.fidelity.calibration.lanes import Lane

DUST = 1e-9
"""What is left of a consignment below this share of it has arrived."""

Key = tuple[str | int, ...]
Row = tuple[Lane, str, int, int, bool]
"""Lane, name, when it was shipped and when it ended, whether it arrived."""


class _Out:
    """What is on its way under one key."""

    __slots__ = ("at", "lane", "left", "units")

    def __init__(self, lane: Lane, at: int, units: float) -> None:
        self.lane, self.at, self.units, self.left = lane, at, units, units


class Consignments:
    """What is on its way, by what it is known by, and how long all that came was.

    A consignment has arrived when all of it has; of a named paper or item the first receipt is enough.
    """

    def __init__(self) -> None:
        self._out: dict[Key, list[_Out]] = {}
        self._held: dict[Key, float] = {}
        self._ended: list[Row] = []

    def depart(self, key: Key, units: float, *, at: int, lane: Lane, again: bool = True) -> None:
        """Note that units left.

        Parameters
        ----------
        key : of the consignment. units : more than 0. at : microseconds. lane : that they go by.
        again : whether more under the same key belongs to the same consignment; else an item left twice has come unseen in
            between and its first way is forgotten, and amounts queue up behind each other.
        """
        waiting = self._out.get(key)
        if waiting is None:
            self._out[key] = [_Out(lane, at, units)]
        elif again:
            waiting[0].units += units
            waiting[0].left += units
        elif len(key) == 1:
            self._out[key] = [_Out(lane, at, units)]
        else:
            waiting.append(_Out(lane, at, units))

    def hold(self, key: Key, units: float) -> None:
        """Note that units which had arrived wait outside; their coming in is no new arrival."""
        self._held[key] = self._held.get(key, 0.0) + units

    def arrive(self, key: Key, units: float, *, at: int) -> float:
        """Note that units of a consignment arrived, and return how many of them had not been held; of what nobody saw leave the
        time is ignored.
        """
        held = min(self._held.get(key, 0.0), units)
        if held > 0:
            self._held[key] -= held
            if self._held[key] <= DUST * units:
                del self._held[key]
        self._take(key, units - held, at=at, arrived=True)
        return units - held

    def lose(self, key: Key, units: float, *, at: int) -> None:
        """Note that units were lost on their way; a consignment that is lost to the last was at least so long."""
        self._take(key, units, at=at, arrived=False)

    def come(self, keys: Sequence[Key], *, lane: Lane, quantity: float, at: int) -> Lane | None:
        """Note a real receipt, and return the lane it came by, or None where nothing that fits is out.

        Parameters
        ----------
        keys : what the consignment may be known by, the surest first; the last is the two ends and the product.
        lane : with what the receipt knows of it. quantity : received. at : microseconds.
        """
        is_named = len(keys) > 1 or len(keys[0]) == 1
        if not is_named:
            return self._first_in(lane, quantity, at=at)
        for key in keys[:-1] if len(keys) > 1 else keys:
            waiting = self._out.get(key)
            if waiting:
                for out in self._out.pop(key):
                    self._end(key, out, at=at, destination=lane.destination)
                return _known(waiting[0].lane, lane)
        # Papers that name another shipment speak of none of those that are known.
        return None

    def forget(self, keys: Sequence[Key]) -> None:
        """Take back the last shipping under the surest key that is known."""
        for key in keys:
            waiting = self._out.get(key)
            if waiting:
                waiting.pop()
                if not waiting:
                    del self._out[key]
                return

    def rows(self, now: int) -> Iterator[Row]:
        """Yield all that ended, and what is still out as of now."""
        yield from self._ended
        for key, waiting in self._out.items():
            for out in waiting:
                yield out.lane, _name(key), out.at, now, False

    def _first_in(self, lane: Lane, quantity: float, *, at: int) -> Lane | None:
        """Let an amount without papers come off what left first for the same site with the same product."""
        fitting = [
            (waiting[0].at, str(key), key)
            for key, waiting in self._out.items()
            if len(key) == 2 and waiting and _fits(waiting[0].lane, lane)
        ]
        found: Lane | None = None
        left = quantity
        for _, _, key in sorted(fitting, key=lambda entry: entry[:2]):
            waiting = self._out[key]
            while waiting and left > DUST * quantity:
                out = waiting[0]
                found = found or _known(out.lane, lane)
                part = min(out.left, left)
                out.left -= part
                left -= part
                if out.left <= DUST * out.units:
                    self._end(key, waiting.pop(0), at=at, destination=lane.destination)
            if not waiting:
                del self._out[key]
        return found

    def _take(self, key: Key, units: float, *, at: int, arrived: bool) -> None:
        waiting = self._out.get(key)
        if not waiting or units <= 0:
            return
        out = waiting[0]
        out.left -= units
        if out.left <= DUST * out.units:
            del self._out[key]
            self._ended.append((out.lane, _name(key), out.at, at, arrived))

    def _end(self, key: Key, out: _Out, *, at: int, destination: str) -> None:
        lane = out.lane._replace(destination=destination or out.lane.destination)
        self._ended.append((lane, _name(key), out.at, at, True))


def _fits(sent: Lane, received: Lane) -> bool:
    return (
        sent.product == received.product
        and not sent.activity
        and (not sent.destination or not received.destination or sent.destination == received.destination)
        and (not sent.origin or not received.origin or sent.origin == received.origin)
    )


def _known(sent: Lane, received: Lane) -> Lane:
    """Return a lane with what both of its ends know."""
    return Lane(sent.origin or received.origin, received.destination or sent.destination, sent.product, sent.activity)


def _name(key: Key) -> str:
    return " ".join(str(part) for part in key)
