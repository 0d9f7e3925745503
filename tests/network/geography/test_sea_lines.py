"""Lines of lanes by sea: through ports, over open water, once for all lanes that share them."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from chaintwin.network.geography import Passage, SeaGraph, find_port, great_circle_km
from chaintwin.network.geography.sea_lines import sea_lines

SITES = pl.DataFrame(
    {
        "site_id": ["mumbai", "hamburg", "nairobi", "tokyo", "los-angeles", "lost"],
        "latitude": [19.1, 53.6, -1.3, 35.7, 34.1, None],
        "longitude": [72.9, 10.0, 36.8, 139.7, -118.2, None],
        "country": ["IN", "DE", "KE", "JP", "US", None],
    }
)


def lanes(*pairs: tuple[str, str], mode: str = "sea") -> pl.DataFrame:
    return pl.DataFrame({"from_site": [a for a, _ in pairs], "to_site": [b for _, b in pairs], "mode": [mode] * len(pairs)})


def test_sea_lines__begin_and_end_at_the_sites_and_pass_the_strait() -> None:
    (line,) = sea_lines(SITES, lanes(("mumbai", "hamburg")), period_hours=24)
    assert line.points[0] == (19.1, 72.9)
    assert line.points[-1] == (53.6, 10.0)
    assert Passage.SUEZ in line.passages
    legs = pairwise(line.points)
    # No step is longer than one of the graph: nothing jumps over land.
    assert max(float(great_circle_km(a[0], a[1], latitude_2=b[0], longitude_2=b[1])) for a, b in legs) < 1_500


def test_sea_lines__lanes_between_the_same_sites_share_one() -> None:
    found = sea_lines(SITES, lanes(("mumbai", "nairobi"), ("mumbai", "hamburg"), ("mumbai", "nairobi")), period_hours=24)
    assert sorted(line.lanes for line in found) == [(0, 2), (1,)]


def test_sea_lines__run_on_past_the_date_line() -> None:
    (line,) = sea_lines(SITES, lanes(("tokyo", "los-angeles")), period_hours=24)
    longitudes = [longitude for _, longitude in line.points]
    assert max(abs(a - b) for a, b in pairwise(longitudes)) < 90
    assert longitudes[-1] > 180


def test_sea_lines__leaves_out_what_does_not_sail_or_has_no_place() -> None:
    assert sea_lines(SITES, lanes(("mumbai", "hamburg"), mode="air"), period_hours=24) == ()
    assert sea_lines(SITES, lanes(("mumbai", "lost"), ("mumbai", "mumbai")), period_hours=24) == ()


def test_routes__are_those_of_one_search_each() -> None:
    sea = SeaGraph.load()
    origin, *ends = (find_port(code) for code in ("CNSHA", "NLRTM", "USLAX", "CNSHA", "BRSSZ"))
    assert sea.routes(origin, ends) == tuple(sea.route(origin, end) for end in ends)
