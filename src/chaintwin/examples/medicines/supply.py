"""Who makes what, and who sends it to whom by which mode.

Where a product has one maker here, the world has few: the lists are simplified from how these medicines are really made.
"""

from __future__ import annotations

MAKERS: tuple[tuple[str, str], ...] = (
    ("int-6apa", "int-hohhot"),
    ("int-7aca", "int-hohhot"),
    ("int-pap", "int-anqing"),
    ("api-amoxicillin", "api-shijiazhuang api-milan"),
    ("api-artemether", "api-chongqing api-hyderabad"),
    ("api-lumefantrine", "api-chongqing api-hyderabad"),
    ("api-amlodipine", "api-ahmedabad api-hangzhou"),
    ("api-ceftriaxone", "api-shijiazhuang api-visakhapatnam"),
    ("api-tenofovir", "api-hyderabad api-visakhapatnam"),
    ("api-lamivudine", "api-hyderabad api-hangzhou"),
    ("api-dolutegravir", "api-hyderabad"),
    ("api-metformin", "api-ahmedabad api-shijiazhuang"),
    ("api-omeprazole", "api-visakhapatnam api-hangzhou"),
    ("api-oxytocin", "api-malmo"),
    ("api-paracetamol", "api-ahmedabad api-shijiazhuang"),
    ("api-salbutamol", "api-milan"),
    ("api-zinc", "api-ahmedabad api-hangzhou"),
    ("filler", "mat-zwolle mat-nashik"),
    ("glucose", "mat-zwolle mat-nashik"),
    ("capsules", "mat-strasbourg"),
    ("vials", "mat-mainz mat-suzhou"),
    ("ampoules", "mat-mainz"),
    ("canisters", "mat-suzhou"),
    ("laminate", "mat-suzhou mat-nashik"),
    ("foil", "mat-nashik mat-suzhou"),
)
"""Product and the sites that make it; a buyer in the country of a maker takes most from there, else the first gets most."""

FLOWN = frozenset({"api-oxytocin", "api-dolutegravir", "api-salbutamol", "api-artemether"})
"""Ingredients so dear or so sensitive that they fly between countries."""

FORMULATION: tuple[tuple[str, str], ...] = (
    ("for-pune", "al aml tld met par"),
    ("for-vadodara", "amox al ome ors zin"),
    ("for-chennai", "cef oxy sal"),
    ("for-barcelona", "amox aml met ome"),
    ("for-cape-town", "tld par ors zin"),
    ("for-anapolis", "met par ors"),
)
"""Plant and the medicines it formulates."""

PACKAGING: tuple[tuple[str, str, str, str, float], ...] = (
    ("pak-mumbai", "al", "for-pune", "road", 0.6),
    ("pak-mumbai", "al", "for-vadodara", "road", 0.4),
    ("pak-mumbai", "aml tld met par", "for-pune", "road", 1.0),
    ("pak-mumbai", "amox ome ors zin", "for-vadodara", "road", 1.0),
    ("pak-mumbai", "cef oxy sal", "for-chennai", "road", 1.0),
    ("pak-liege", "amox aml met ome", "for-barcelona", "road", 1.0),
    ("pak-liege", "cef sal", "for-chennai", "sea", 1.0),
    ("pak-liege", "oxy", "for-chennai", "air", 1.0),
    ("pak-johannesburg", "tld par ors zin", "for-cape-town", "road", 1.0),
    ("pak-panama", "met par ors", "for-anapolis", "sea", 1.0),
    ("pak-panama", "amox aml ome", "for-barcelona", "sea", 1.0),
)
"""Packaging site, medicines, where their bulk comes from, mode, share."""

HUBS: tuple[tuple[str, str, str, str, float], ...] = (
    ("hub-accra", "amox aml met ome", "pak-mumbai", "sea", 0.6),
    ("hub-accra", "amox aml met ome", "pak-liege", "sea", 0.4),
    ("hub-accra", "al tld ors par zin", "pak-mumbai", "sea", 1.0),
    ("hub-accra", "cef sal", "pak-liege", "sea", 1.0),
    ("hub-accra", "oxy", "pak-liege", "air", 1.0),
    ("port-mombasa", "amox al aml cef tld met ome ors par sal zin", "pak-mumbai", "sea", 1.0),
    ("hub-nairobi", "amox al aml cef tld met ome ors par sal zin", "port-mombasa", "road", 1.0),
    ("hub-nairobi", "oxy", "pak-mumbai", "air", 1.0),
    ("port-durban", "amox al aml cef met ome sal tld", "pak-mumbai", "sea", 1.0),
    ("hub-johannesburg", "amox al aml cef met ome sal", "port-durban", "road", 1.0),
    ("hub-johannesburg", "tld", "pak-johannesburg", "road", 0.7),
    ("hub-johannesburg", "tld", "port-durban", "road", 0.3),
    ("hub-johannesburg", "par ors zin", "pak-johannesburg", "road", 1.0),
    ("hub-johannesburg", "oxy", "pak-mumbai", "air", 1.0),
    ("hub-panama", "amox aml met ome ors par", "pak-panama", "road", 1.0),
    ("hub-panama", "tld zin", "pak-mumbai", "sea", 1.0),
    ("hub-panama", "cef sal", "pak-liege", "sea", 1.0),
    ("hub-panama", "oxy", "pak-liege", "air", 1.0),
    ("hub-dubai", "amox aml cef tld met ome ors par sal zin", "pak-mumbai", "sea", 1.0),
    ("hub-dubai", "oxy", "pak-mumbai", "air", 1.0),
    ("hub-singapore", "amox al aml cef tld met ome ors par sal zin", "pak-mumbai", "sea", 1.0),
    ("hub-singapore", "oxy", "pak-mumbai", "air", 1.0),
    ("hub-antwerp", "amox aml cef met ome oxy sal", "pak-liege", "road", 1.0),
    ("hub-antwerp", "tld ors par zin", "pak-mumbai", "sea", 1.0),
)
"""Hub or port, medicines, where packs come from, mode, share."""

EMERGENCY: tuple[tuple[str, str, str], ...] = (
    ("hub-accra", "al amox", "pak-mumbai"),
    ("hub-nairobi", "al amox cef tld", "pak-mumbai"),
    ("hub-johannesburg", "tld amox", "pak-mumbai"),
    ("hub-panama", "amox", "pak-liege"),
)
"""Hub, medicines and packaging site of the flights that are only used in an emergency."""

COLD = frozenset({"oxy"})
"""Medicines that must stay between 2 and 8 °C, which only flights and trucks promise."""

LINES: tuple[tuple[str, str, str, str, float, float, float], ...] = (
    ("line-pune-tablets", "for-pune", "make", "al aml tld met par", 80, 0.0200, 90),
    ("line-vadodara-solids", "for-vadodara", "make", "amox al ome zin", 48, 0.0200, 85),
    ("line-vadodara-sachets", "for-vadodara", "make", "ors", 20, 0.1200, 60),
    ("line-chennai-sterile", "for-chennai", "make", "cef oxy", 24, 0.4500, 210),
    ("line-chennai-inhalers", "for-chennai", "make", "sal", 8, 4.5000, 180),
    ("line-barcelona-solids", "for-barcelona", "make", "amox aml met ome", 20, 0.0200, 160),
    ("line-cape-town-tablets", "for-cape-town", "make", "tld par zin", 8, 0.0200, 120),
    ("line-cape-town-sachets", "for-cape-town", "make", "ors", 6, 0.3000, 80),
    ("line-anapolis-tablets", "for-anapolis", "make", "met par", 6, 0.0200, 100),
    ("line-anapolis-sachets", "for-anapolis", "make", "ors", 5, 0.3000, 70),
    ("line-mumbai-packs", "pak-mumbai", "pack", "amox al aml cef tld met ome ors oxy par sal zin", 112, 0.0012, 55),
    ("line-liege-packs", "pak-liege", "pack", "amox aml cef met ome oxy sal", 12, 0.0012, 150),
    ("line-johannesburg-packs", "pak-johannesburg", "pack", "tld par ors zin", 9, 0.0012, 90),
    ("line-panama-packs", "pak-panama", "pack", "amox aml met ome ors par", 7, 0.0012, 85),
)
"""Line, site, step, medicines, hours a working day, hours for a thousand units (make) or a pack (pack), dollars an hour."""
