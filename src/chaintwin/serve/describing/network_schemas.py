"""Schemas of the network as a page reads it."""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string"}
KNOWN: dict[str, Any] = {"type": ["string", "null"]}
NUMBER: dict[str, Any] = {"type": ["number", "null"]}


def network_schemas() -> dict[str, Any]:
    """Return the schemas of a network and of the lines of its lanes, by name."""
    parts: dict[str, tuple[str, dict[str, Any]]] = {
        "Site": (
            "A place. `tier` counts the lanes between it and the nearest site that serves demand.",
            {"site": TEXT, "name": TEXT, "kind": KNOWN, "country": KNOWN, "region": KNOWN, "owner": KNOWN}
            | {"latitude": NUMBER, "longitude": NUMBER, "tier": {"type": ["integer", "null"], "minimum": 0}},
        ),
        "Owner": ("A partner that owns sites.", {"owner": TEXT, "name": TEXT}),
        "Bought": ("A product that a site buys.", {"site": TEXT, "product": TEXT}),
        "Supplier": ("A partner that something is bought of.", {"supplier": TEXT, "name": TEXT, "points": _list("Bought")}),
        "Product": ("`value` is money a unit.", {"product": TEXT, "name": TEXT, "unit": KNOWN, "value": NUMBER}),
        "Flow": (
            "A product on a lane. `activity` is its name in the state, `mean` units a period if nothing is ever short.",
            {"product": TEXT, "activity": TEXT, "mean": NUMBER},
        ),
        "Lane": (
            "A directed link between two sites.",
            {"lane": TEXT, "origin": TEXT, "destination": TEXT, "mode": KNOWN, "distanceKm": NUMBER, "flows": _list("Flow")},
        ),
        "Part": ("So much of a product for one unit that is begun.", {"product": TEXT, "quantity": {"type": "number"}}),
        "Recipe": (
            "How a site makes a product. `yield` is the share of what is begun that is good; `beside` what comes of it besides.",
            {"activity": TEXT, "site": TEXT, "product": TEXT, "yield": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}}
            | {"inputs": _list("Part"), "beside": _list("Part")},
        ),
        "StockPoint": (
            "A product at a site. `demand` is what passes through, units a period; `planned` the stock the model starts with; "
            "`ways` how it is filled; `isListed` whether the table `sources` lists these ways.",
            {"site": TEXT, "product": TEXT, "demand": NUMBER, "planned": NUMBER}
            | {"ways": {"type": "array", "items": {"enum": ["move", "make", "buy"]}}, "isListed": {"type": "boolean"}},
        ),
        "Route": (
            "A line that lanes follow: longitude and latitude of its first point, then of each step; `scale` to a degree.",
            {
                "lanes": {"type": "array", "items": TEXT},
                "passages": {"type": "array", "items": TEXT},
                "points": {"type": "array", "items": {"type": "integer"}, "minItems": 2},
            },
        ),
        "Routes": ("Lines of lanes by sea.", {"scale": {"type": "integer", "minimum": 1}, "routes": _list("Route")}),
        "Network": (
            "The network in force.",
            {
                "name": TEXT,
                "period": {"enum": ["hour", "day", "week"]},
                "periodHours": {"type": "integer", "minimum": 1},
                "start": {"type": "string", "format": "date"},
                "currency": TEXT,
                "sites": _list("Site"),
                "owners": _list("Owner"),
                "suppliers": _list("Supplier"),
                "products": _list("Product"),
                "lanes": _list("Lane"),
                "recipes": _list("Recipe"),
                "stockPoints": _list("StockPoint"),
            },
        ),
    }
    return {name: _whole(words, properties) for name, (words, properties) in parts.items()}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _whole(words: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "description": words, "properties": properties, "required": list(properties)}
