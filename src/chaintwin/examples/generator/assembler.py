"""Networks shaped like those of car makers: few plants, thousands of sites that supply them, and fewer and fewer further up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from chaintwin.errors import UsageError
from chaintwin.examples.generator.draws import Draws
from chaintwin.examples.generator.generating import network_of
from chaintwin.examples.generator.layout import Layout, makers_of, recipe_of
from chaintwin.network.network import Network
from chaintwin.rng import check_seed

TIERS_MAX = 12

NARROWER = 0.6
"""Sites of a tier over those of the one it supplies."""

PARTS_PER_SITE = 1.5

EXTRA_INPUTS_MAX = 1
"""Most inputs of a part beyond the one it has for certain; what goes into it is one of each."""

VALUE = 20_000.0
"""About what a finished product is worth; parts are worth less, tier by tier."""


@dataclass(frozen=True, slots=True)
class AssemblerSize:
    """Size of a network of one company that assembles what thousands of suppliers send it.

    Parameters
    ----------
    suppliers : sites that supply plants, the first tier; each further tier has 0.6 times as many, but not less than 4.
    plants : sites that assemble. models : finished products of all plants together, at least one a plant.
    tiers : of suppliers, 1 to 12.
    regions : sites that sell all models.
    seed : 0 to 2**64 - 1; the same size and seed give the same bytes.

    Raises
    ------
    UsageError
        A number is out of range.
    """

    suppliers: int = 4_400
    plants: int = 50
    models: int = 100
    tiers: int = 10
    regions: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        limits = (
            ("suppliers", self.suppliers, 4, 20_000),
            ("plants", self.plants, 2, 1_000),
            ("models", self.models, self.plants, 10_000),
            ("tiers", self.tiers, 1, TIERS_MAX),
            ("regions", self.regions, 2, 1_000),
        )
        for name, value, low, high in limits:
            if not low <= value <= high:
                raise UsageError(f"{name}: found {value}; allowed: {low} to {high}")

    @property
    def supplier_tiers(self) -> tuple[int, ...]:
        """Sites of each tier of suppliers, from the first."""
        return tuple(max(4, round(self.suppliers * NARROWER**tier)) for tier in range(self.tiers))


def assembler(size: AssemblerSize) -> Network:
    """Return a network of plants and many tiers of suppliers, the same every time.

    The last tier buys material; every other one makes parts of those of the tier above, one or two into each; a third of the
    parts have a second maker. Plants assemble models of some dozen parts of the first tier and ship them to regions.

    Parameters
    ----------
    size : suppliers, plants, models, tiers, regions and seed.

    Example
    -------
    >>> network = assembler(AssemblerSize(suppliers=44, plants=2, models=4, tiers=3, regions=2))
    >>> network["sites"].height
    90

    Source
    ------
    Simchi-Levi et al. 2014, "From superstorms to factory fires", Harvard Business Review 92(1-2), 96-101: a car maker with about
    4,400 sites in the first tier, more than 50 plants and up to 10 tiers; sizes only, no data.
    """
    sites = (*reversed(size.supplier_tiers), size.plants)
    products = (*(round(count * PARTS_PER_SITE) for count in sites[:-1]), size.models)
    draws = Draws(size.seed)
    made = [
        makers_of(count, at, draws=draws, use=f"makers {level}")
        for level, (count, at) in enumerate(zip(products, sites, strict=True))
    ]
    inputs = [
        recipe_of(above, below, draws=draws, use=f"inputs {level}", extra=EXTRA_INPUTS_MAX)
        for level, (below, above) in enumerate(pairwise(products), start=1)
    ]
    layout = Layout(
        (*sites, size.regions),
        products,
        tuple(made),
        tuple(inputs),
        (),
        (np.zeros(size.regions, dtype=np.int64),),
        (np.full(size.regions, size.models, dtype=np.int64),),
        kinds=(*["supplier"] * size.tiers, "plant", "store"),
        quantity_max=1,
        value_growth=(VALUE / 2.0) ** (1 / size.tiers),
    )
    return network_of(layout, draws, name=f"assembler-{size.suppliers}")
