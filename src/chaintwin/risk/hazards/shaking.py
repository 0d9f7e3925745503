"""How strongly an earthquake is felt at a distance: Modified Mercalli intensity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

C0, C1, C2, C4 = 2.085, 1.428, -1.402, 0.078
M1, M2 = -0.209, 2.042
S1, S2, S3 = 0.82, 0.37, 22.9
"""Coefficients of Allen, Wald and Worden (2012), hypocentral form."""

REACH_KM = 300.0
"""Distance up to which the equation was fitted. Beyond it the estimate goes on falling and is said to be extrapolated."""

WEAKEST, STRONGEST = 5.0, 7.9
"""Magnitudes that the equation was fitted to; others are extrapolated."""

NEAREST_KM = 5.0
"""Distance from the hypocenter below which nothing grows stronger: depths are not known better, and faults are no points."""

DAMAGING = 6.0
"""Intensity from which buildings are damaged slightly and production is usually stopped and looked at (VI, "strong")."""


class Shaking(NamedTuple):
    """Intensity at some places.

    Parameters
    ----------
    mean, deviation : Floats: intensity, 1 to 12, and its standard deviation over earthquakes and places alike.
    """

    mean: Floats
    deviation: Floats

    def chance_of(self, intensity: float = DAMAGING) -> Floats:
        """Return Floats, 0 to 1: the probability of an intensity or more, normal around the mean."""
        found: Floats = ndtr((self.mean - intensity) / self.deviation)
        return found


def shaking(magnitude: float, distance_km: Floats, *, depth_km: float) -> Shaking:
    """Return the intensity that is to be expected at some distances from an earthquake in active shallow crust.

    Parameters
    ----------
    magnitude : moment magnitude; the equation was fitted from WEAKEST to STRONGEST.
    distance_km : Floats, over the surface from the epicenter, 0 or more.
    depth_km : of the hypocenter, 0 or more.

    Source
    ------
    Allen, T. I., Wald, D. J. and Worden, C. B. (2012), "Intensity attenuation for active crustal regions", Journal of Seismology
    16, 409-433, hypocentral form without site amplification.

    Example
    -------
    >>> shaking(7.0, np.array([100.0]), depth_km=0.0).mean.round(2).tolist()
    [5.66]
    """
    distance = np.maximum(np.hypot(distance_km, depth_km), NEAREST_KM)
    # Below magnitude 5 this term would vanish, and the intensity at the source grow without limit.
    size = M1 + M2 * np.exp(max(magnitude, WEAKEST) - 5.0)
    mean = C0 + C1 * magnitude + C2 * np.log(np.hypot(distance, size))
    mean = mean + np.where(distance > 50.0, C4 * np.log(np.maximum(distance, 50.0) / 50.0), 0.0)
    deviation = S1 + S2 / (1.0 + (distance / S3) ** 2)
    return Shaking(np.clip(mean, 1.0, 12.0), deviation)
