"""Changes of a parameter at a date, as a person writes them: ``rotterdam>*: lead_time*1.3 from day 60``."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from fnmatch import fnmatchcase

from chaintwin.errors import UsageError
from chaintwin.network.disruptions.disruption import Cause, Disruption, Impact, Where
from chaintwin.network.network import Network
from chaintwin.network.tables.cells.keys import names_by_rule

ALLOWED = "PLACES: PARAMETER*FACTOR from day N, such as 'rotterdam>*: lead_time*1.3 from day 60'"

PARAMETERS = {"lead_time": Impact.LEAD_TIME, "demand": Impact.DEMAND, "capacity": Impact.CAPACITY}
"""What can shift: lead times of lanes, demand and capacity at sites."""

_TEXT = re.compile(
    r"\s*(?P<places>.+?)\s*:\s*(?P<what>[a-z_]+)\s*\*\s*(?P<factor>[0-9.eE+-]+)\s+from\s+(?P<begin>day\s+\d+|\d{4}-\d\d-\d\d)"
    r"(?:\s+until\s+(?P<end>day\s+\d+|\d{4}-\d\d-\d\d))?\s*"
)


def shift_of(text: str, network: Network, *, number: int) -> Disruption:
    """Return the change that a text means.

    Parameters
    ----------
    text : places, parameter, factor, begin and perhaps end. Places are a glob: of lane ids for ``lead_time``, of site ids for
        ``demand`` and ``capacity``. Days count from the first of the project.
    network : that has the places. number : of the shift, from 1; two may be on one place.

    Raises
    ------
    UsageError
        The text is none, or nothing has such a name.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> str(shift_of("*>retailer*: lead_time*1.3 from day 14", load(Example.BEER_GAME), number=1))
    'shift 1: other, lane wholesaler>retailer: lead time 1.3'
    """
    found = _TEXT.fullmatch(text)
    if found is None or found["what"] not in PARAMETERS:
        what = "" if found is None else f" with the parameter {found['what']}"
        raise UsageError(f"--shift: found {text!r}{what}; allowed: {ALLOWED}; parameters are {', '.join(PARAMETERS)}")
    try:
        factor = float(found["factor"])
    except ValueError:
        factor = math.nan
    if not 0.0 <= factor <= 100.0:
        raise UsageError(f"--shift: found the factor {found['factor']} in {text!r}; allowed: a number from 0 to 100")
    begin = _day(found["begin"], network)
    duration = ""
    if found["end"]:
        days = (_day(found["end"], network) - begin).days
        if days < 1:
            raise UsageError(f"--shift: found an end before the begin in {text!r}; allowed: a later day")
        duration = str(days)
    impact = PARAMETERS[found["what"]]
    return Disruption(
        f"shift {number}",
        cause=Cause.OTHER,
        where=_where(impact, found["places"], network),
        effect={impact: factor},
        start=begin,
        duration=duration,
        file=f"--shift {number}",
    )


def _day(text: str, network: Network) -> date:
    if text.startswith("day"):
        return network.settings.start + timedelta(days=int(text.split()[1]))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--shift: found the day {text}; allowed: day N, or a day written YYYY-MM-DD") from None


def _where(impact: Impact, glob: str, network: Network) -> Where:
    is_lane = impact is Impact.LEAD_TIME
    known = names_by_rule("lanes", network["lanes"])["lane_id"].to_list() if is_lane else network["sites"]["site_id"].to_list()
    names = tuple(name for name in dict.fromkeys(known) if fnmatchcase(name, glob))
    if not names:
        what = "lane" if is_lane else "site"
        some = ", ".join(known[:3]) or "none"
        raise UsageError(f"--shift: found no {what} {glob!r}; allowed: a name or a glob of {what}s, such as {some}")
    return Where(lane=names) if is_lane else Where(site=names)
