"""Mappings for the recorded histories that tests replay."""

from __future__ import annotations

SUPPLYGRAPH = """
name = "supplygraph"

[[events]]
file = "production*"
when = "Date"
at = "06:00"
each = "cell"
type = "ObjectEvent"
action = "ADD"
step = "commissioning"
location = "plant"
product = "{@column}"
quantity = "{@cell}"

[[events]]
file = "sales_order*"
when = "Date"
at = "08:00"
each = "cell"
type = "ct:DemandPlaced"
location = "market"
product = "{@column}"
quantity = "{@cell}"
[events.own]
stream = "market/{@column}/all"

[[events]]
file = "factory_issue*"
when = "Date"
at = "12:00"
each = "cell"
type = "ObjectEvent"
action = "OBSERVE"
step = "shipping"
read_point = "plant"
source = "plant"
destination = "store"
product = "{@column}"
quantity = "{@cell}"
[events.own]
shipment = "issue {Date} {@column}"

[[events]]
file = "factory_issue*"
when = "Date"
at = "13:00"
each = "cell"
type = "ObjectEvent"
action = "OBSERVE"
step = "receiving"
location = "store"
source = "plant"
destination = "store"
product = "{@column}"
quantity = "{@cell}"
[events.own]
shipment = "issue {Date} {@column}"

[[events]]
file = "delivery_to_distributor*"
when = "Date"
at = "18:00"
each = "cell"
type = "ObjectEvent"
action = "OBSERVE"
step = "retail_selling"
disposition = "retail_sold"
read_point = "store"
product = "{@column}"
quantity = "{@cell}"
[events.own]
stream = "market/{@column}/all"
"""
