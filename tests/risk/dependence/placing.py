"""Random networks with countries."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.network.random_networks import Tables

COUNTRIES = ("CN", "DE", "VN", "US")


@st.composite
def placed(draw: st.DrawFn, tables: Tables) -> Tables:
    """The network with a country for most sites."""
    sites = [row | {"country": draw(st.none() | st.sampled_from(COUNTRIES))} for row in tables["sites"]]
    return tables | {"sites": sites}
