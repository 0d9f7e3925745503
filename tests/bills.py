"""Random payments for random networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from chaintwin.network.graph import Basis

BASES = {"activities": (Basis.STARTED, Basis.RECEIVED, Basis.COUNTED), "demands": (Basis.SHIPPED,), "resources": (Basis.USED,)}


def lawful(network: dict[str, Any], *, at_once: bool = False) -> dict[str, Any]:
    """Return a network whose lead times that come one after the other in the plain engine are drawn from a law.

    With ``at_once`` the law may give no lead time, which a network with loops cannot have.
    """
    drawn = network.get("leads", {})
    law = "pmf(0:0.3, 1:0.3, 3:0.4)" if at_once else "pmf(1:0.3, 2:0.4, 4:0.3)"
    activities = [item | {"lead": law} if item["id"] in drawn else item for item in network["activities"]]
    return {name: value for name, value in network.items() if name != "leads"} | {"activities": activities}


def with_payments(network: dict[str, Any], draw: np.random.Generator) -> dict[str, Any]:
    """Return a network whose flows are paid between five accounts at random prices and terms."""
    names = [f"p{number}" for number in range(5)]
    ids = {
        "activities": [item["id"] for item in network["activities"]],
        "demands": [item.get("id", f"d{number:04d}") for number, item in enumerate(network["demands"])],
        "resources": list(network.get("resources", {})),
    }
    payments = []
    for kind, bases in BASES.items():
        for entity in ids[kind]:
            for basis in bases:
                if draw.random() < 0.7:
                    payer, payee = draw.choice(names, 2, replace=False)
                    bill = {"payer": str(payer), "payee": str(payee), "term": int(draw.choice([0, 0, 1, 3, 40]))}
                    series = draw.integers(1, 9, 5).astype(float).tolist() if draw.random() < 0.4 else None
                    payments.append(bill | {"basis": basis, "entity_id": entity, "price": 2.5, "price_series": series})
    accounts = [{"account_id": name, "is_owner": number < 3} for number, name in enumerate(names)]
    return network | {"accounts": accounts, "payments": payments}


def trader(said: dict[str, Any]) -> dict[str, Any]:
    """Return who receives and ships what a case says, with stock enough to do so."""
    duty = said["duty_rate"] * said["unit_cost"]
    bills = (
        ("own", "supplier", said["supplier_term"], Basis.RECEIVED, "buy", said["unit_cost"]),
        ("own", "customs", 0, Basis.RECEIVED, "buy", duty),
        ("own", "carrier", 0, Basis.RECEIVED, "buy", said["freight_per_unit"]),
        ("customer", "own", said["customer_term"], Basis.SHIPPED, "d", said["price"]),
    )
    columns = ("payer", "payee", "term", "basis", "entity_id", "price")
    rest = [0] * (said["horizon"] - len(said["shipments"]))
    return {
        "buffers": [{"id": "b", "init": sum(said["shipments"])}],
        "activities": [{"id": "buy", "in": {}, "out": {"b": 1}, "lead": len(said["receipts"]), "pipeline": said["receipts"]}],
        "demands": [{"id": "d", "buffer": "b", "series": [*said["shipments"], *rest]}],
        "accounts": [{"account_id": name} for name in ("own", "supplier", "customs", "carrier", "customer")],
        "payments": [dict(zip(columns, bill, strict=True)) for bill in bills],
    }
