"""Random networks as rows, for property tests of lowering and of the doctor."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Tables = dict[str, list[dict[str, Any]]]

CHAIN = ("supplier", "plant", "warehouse", "store")


@st.composite
def networks(draw: st.DrawFn) -> Tables:
    """Random networks in layers, with bills, capacities, listed sources and the odd way back."""
    sites = [(kind, number) for kind in CHAIN for number in range(draw(st.integers(1, 3)))]
    names = [f"{kind} {number}" for kind, number in sites]
    products = [f"P{number}" for number in range(draw(st.integers(1, 4)))]
    pick_site, pick_product = st.sampled_from(names), st.sampled_from(products)
    small = st.integers(0, 5)
    lanes = draw(
        st.lists(st.tuples(pick_site, pick_site, small, st.none() | pick_product, st.none() | st.just(50.0)), max_size=12)
    )
    demand = draw(st.lists(st.tuples(pick_site, pick_product, st.integers(0, 20)), max_size=6))
    bom = draw(st.lists(st.tuples(pick_product, pick_product, st.integers(1, 3)), max_size=4, unique_by=lambda row: row[:2]))
    # Products are made of later ones only, so that no recipe needs itself.
    bom = [row for row in bom if row[0] < row[1]]
    tables: Tables = {
        "sites": [{"site_id": name, "kind": kind} for name, (kind, _) in zip(names, sites, strict=True)],
        "products": [{"product_id": name, "value": 2.0} for name in products],
        "lanes": [
            {
                "lane_id": f"L{n}",
                "from_site": a,
                "to_site": b,
                "lead_time": str(lead),
                "product_id": product,
                "capacity": capacity,
            }
            for n, (a, b, lead, product, capacity) in enumerate(lanes)
        ],
        "demand": [
            {"stream_id": f"D{n}", "site_id": s, "product_id": p, "quantity": f"poisson({q})" if q else "0"}
            for n, (s, p, q) in enumerate(demand)
        ],
        "bom": [{"product_id": a, "other_product_id": b, "quantity": float(q)} for a, b, q in bom],
    }
    listed = draw(st.lists(st.tuples(pick_site, pick_product, st.sampled_from(("buy", "make", "move")), small), max_size=4))
    tables["sources"] = [{"site_id": s, "product_id": p, "kind": kind, "share": float(share)} for s, p, kind, share in listed]
    return tables
