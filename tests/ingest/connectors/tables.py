"""Tables for tests of connectors."""

from __future__ import annotations

from pathlib import Path

EVENT_MAPPING = """
name = "making"
blank = ["n/a"]

[[events]]
when = "Day"
type = "ObjectEvent"
action = "ADD"
step = "commissioning"
disposition = "active"
location = "{Plant}"
product = "{Item}"
quantity = "{Pieces}"
at = "06:00"
[events.own]
shift = "{Shift}"
cost = { number = "{Cost}" }

[[events]]
when = "Sold"
type = "ct:DemandPlaced"
location = "{Plant}"
product = "{Item}"
quantity = "{Pieces}"
[events.own]
stream = "{Plant}/{Item}"
"""


def event_rows(folder: Path, count: int) -> str:
    """Write a table whose rows give two events, but for one with a bad number and one with a bad day."""
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Day,Sold,Plant,Item,Pieces,Shift,Cost\n")
        file.write("2026-01-01,n/a,Wien,screw,many,1,2.5\n2026-13-45,n/a,Wien,screw,3,1,2.5\n")
        for number in range(count // 2):
            day = f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}"
            # Two rows may say the same, and are two events.
            file.write(f"{day},{day},Wien,item {number % 7},{1 + number % 5},{number % 3},n/a\n")
    return str(path)


def shipment_log(folder: Path, count: int) -> str:
    """Write a shipment log with three events a line, one line without a quantity and one without a product."""
    path = folder / "log.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Shipment ID,Product,From,To,Order Date,Ship Date,Delivery Date,Promised Date,Quantity,Value\n")
        file.write("bad1,milk,Linz,Graz,2026-01-02,2026-01-03,2026-01-05,2026-01-05,,1\n")
        file.write("bad2,,Linz,Graz,2026-01-02,2026-01-03,2026-01-05,2026-01-05,4,1\n")
        for number in range(count // 3):
            month, day = 1 + number // 20 % 12, 1 + number % 20
            days = ",".join(f"2026-{month:02}-{day + later:02}" for later in (0, 2, 4, 5))
            file.write(f"s{number},{('milk', 'tea')[number % 2]},Linz,Graz,{days},{1 + number % 9},{10 + number}\n")
    return str(path)
