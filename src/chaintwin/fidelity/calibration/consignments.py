"""Consignments between their shipping and their receipt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chaintwin.fidelity.calibration.lanes import Lane

DUST = 1e-9
"""What is left of a consignment below this share of it has arrived."""

Key = tuple[str | int, ...]
Row = tuple[Lane, str, int, int, bool, str]
"""Lane, name, when it was shipped and when it ended, whether it arrived, and the load that it went with."""

CLOSED_MOST = 20_000
"""So many receipts are remembered, so that more of them under the same name is known for that."""


def ends_key(lane: Lane) -> Key:
    """Return the key of what leaves without papers."""
    return f"{lane.origin}>{lane.destination}", lane.product


class _Out:
    """What is on its way under some keys."""

    __slots__ = ("at", "keys", "lane", "left", "load", "units")

    def __init__(self, keys: tuple[Key, ...], *, lane: Lane, at: int, units: float, load: str) -> None:
        self.keys, self.lane, self.at, self.units, self.left, self.load = keys, lane, at, units, units, load

    @property
    def is_named(self) -> bool:
        """Whether it left with papers: else its only key is that of its two ends."""
        return self.keys[0] != ends_key(self.lane)


class Consignments:
    """What is on its way, by what it is known by, and how long all that came was.

    A consignment has arrived when all of it has; of a named paper or item the first receipt is enough.
    """

    def __init__(self) -> None:
        self._out: dict[Key, list[_Out]] = {}
        self._amounts: dict[str, list[_Out]] = {}
        self._held: dict[Key, float] = {}
        self._closed: dict[Key, Lane] = {}
        self._ended: list[Row] = []

    def start(self, key: Key, units: float, *, at: int, lane: Lane) -> None:
        """Note that units of a consignment of a compiled network left; more under the same key belongs to the same one.

        Parameters
        ----------
        key : activity and period of the start. units : more than 0. at : microseconds. lane : that they go by.
        """
        waiting = self._out.get(key)
        if waiting is None:
            self._out[key] = [_Out((key,), lane=lane, at=at, units=units, load=_name(key))]
        else:
            waiting[0].units += units
            waiting[0].left += units

    def depart(self, keys: tuple[Key, ...], units: float, *, at: int, lane: Lane, load: str) -> None:
        """Note that real goods left.

        Parameters
        ----------
        keys : all that the goods are known by, the surest first: an item, or papers with the product; without any the two ends.
            An item that leaves twice has come unseen in between and its first way is forgotten; amounts queue up.
        units, at, lane : as for ``start``. load : that they went with; what went with one load had one lead time.
        """
        if len(keys[0]) == 1:
            for before in list(self._out.get(keys[0], ())):
                self._drop(before)
        out = _Out(keys, lane=lane, at=at, units=units, load=load)
        for key in keys:
            self._out.setdefault(key, []).append(out)
        if len(keys[0]) > 1:
            self._amounts.setdefault(lane.product, []).append(out)

    def is_out(self, keys: Sequence[Key]) -> bool:
        """Return whether something is on its way under one of some keys."""
        return any(key in self._out for key in keys)

    def is_awaited(self, keys: Sequence[Key], place: str) -> bool:
        """Return whether goods are on their way to a place, or to nobody knows where and were not received there."""
        for key in keys:
            for out in self._out.get(key, ()):
                if out.lane.destination:
                    return not place or out.lane.destination == place
                return key not in self._closed or self._closed[key].destination != place
        return not any(key in self._closed for key in keys)

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
        keys : what the consignment may be known by, the surest first; the last is the two ends and the product, unless the only
            one is an item. lane : with what the receipt knows of it. quantity : received. at : microseconds.
        """
        is_item = len(keys[0]) == 1
        named = keys if is_item else keys[:-1]
        for key in named:
            waiting = self._out.get(key)
            if waiting:
                known = _known(waiting[0].lane, lane)
                for out in list(waiting):
                    self._drop(out)
                    self._end(key, out, at=at, destination=lane.destination)
                self._close(named, known)
                return known
        for key in named:
            if key in self._closed:
                return _known(self._closed[key], lane)
        if is_item:
            return None
        # Papers that no sender named may be those of goods that left without any.
        found = self._first_in(lane, quantity, at=at, is_unnamed=bool(named))
        if found is not None:
            self._close(named, found)
        return found

    def forget(self, keys: Sequence[Key]) -> None:
        """Take back the last shipping under the surest key that is known."""
        for key in keys:
            waiting = self._out.get(key)
            if waiting:
                self._drop(waiting[-1])
                return

    def rows(self, now: int) -> Iterator[Row]:
        """Yield all that ended, and what is still out as of now."""
        yield from self._ended
        for key, waiting in self._out.items():
            for out in waiting:
                if key == out.keys[0]:
                    yield out.lane, _name(key), out.at, now, False, out.load

    def _first_in(self, lane: Lane, quantity: float, *, at: int, is_unnamed: bool) -> Lane | None:
        """Let an amount come off what left first for the same site with the same product, by its two ends."""
        found: Lane | None = None
        left = quantity
        for out in list(self._amounts.get(lane.product, ())):
            if left <= DUST * quantity:
                break
            if not _fits(out.lane, lane) or (is_unnamed and out.is_named):
                continue
            found = found or _known(out.lane, lane)
            part = min(out.left, left)
            out.left -= part
            left -= part
            if out.left <= DUST * out.units:
                self._drop(out)
                self._end(out.keys[0], out, at=at, destination=lane.destination)
        return found

    def _drop(self, out: _Out) -> None:
        """Take what is on its way away under all of its keys."""
        for key in out.keys:
            _without(self._out, key, out)
        _without(self._amounts, out.lane.product, out)

    def _close(self, keys: Sequence[Key], lane: Lane) -> None:
        for key in keys:
            self._closed[key] = lane
        while len(self._closed) > CLOSED_MOST:
            del self._closed[next(iter(self._closed))]

    def _take(self, key: Key, units: float, *, at: int, arrived: bool) -> None:
        waiting = self._out.get(key)
        if not waiting or units <= 0:
            return
        out = waiting[0]
        out.left -= units
        if out.left <= DUST * out.units:
            del self._out[key]
            self._ended.append((out.lane, _name(key), out.at, at, arrived, out.load))

    def _end(self, key: Key, out: _Out, *, at: int, destination: str) -> None:
        lane = out.lane._replace(destination=destination or out.lane.destination)
        self._ended.append((lane, _name(key), out.at, at, True, out.load))


def _without(held: dict[Any, list[_Out]], key: Any, out: _Out) -> None:
    """Take an entry out of a list by its identity, and an empty list away."""
    waiting = held.get(key)
    if waiting is None:
        return
    for place, one in enumerate(waiting):
        if one is out:
            del waiting[place]
            break
    if not waiting:
        del held[key]


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
