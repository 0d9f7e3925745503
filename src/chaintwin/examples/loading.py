"""The shipped networks by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from types import MappingProxyType

from chaintwin.network.network import Network


class Example(StrEnum):
    """A shipped network; the value is its name on the command line."""

    BEER_GAME = "beer-game"
    MEDICINES = "medicines"
    ELECTRONICS = "electronics"


NAMES: tuple[str, ...] = tuple(example.value for example in Example)
"""The names of the shipped networks."""

_ABOUT: Mapping[Example, tuple[str, str]] = MappingProxyType(
    {
        Example.BEER_GAME: (
            "beer_game.beer_game",
            "Four stages in a row with the delays, stocks and costs of the beer distribution game; demand doubles in week 5.",
        ),
        Example.MEDICINES: (
            "medicines.building.medicines",
            "Twelve medicines from active ingredients to 30 national stores over sea, air and road; figures are invented.",
        ),
        Example.ELECTRONICS: (
            "electronics.building.electronics",
            "Devices from wafers over dies, chips, boards and modules to 194 city stores, dual-sourced; figures are invented.",
        ),
    }
)


def load(name: Example) -> Network:
    """Return a shipped network; the same every time.

    Parameters
    ----------
    name : which one; ``Example("medicines")`` turns a name into one.

    Example
    -------
    >>> load(Example.BEER_GAME)["sites"]["site_id"].to_list()
    ['brewery', 'distributor', 'wholesaler', 'retailer']
    """
    # Only what is asked for is imported: a command that lists names should not read geography.
    module, _, function = _ABOUT[name][0].rpartition(".")
    make: Callable[[], Network] = getattr(import_module(f"chaintwin.examples.{module}"), function)
    return make()


def describe(name: Example) -> str:
    """Return one sentence about a shipped network.

    Example
    -------
    >>> describe(Example.BEER_GAME).split(",")[0]
    'Four stages in a row with the delays'
    """
    return _ABOUT[name][1]
