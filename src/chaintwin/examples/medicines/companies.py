"""Companies, money, holidays and hazards of the medicines network; all figures are invented, of the usual size."""

from __future__ import annotations

from datetime import date

CURRENCIES: tuple[tuple[str, str, float, float], ...] = (
    ("EUR", "AT BE DE ES FR IT NL", 1.08, 1.10),
    ("INR", "IN", 0.0117, 0.0115),
    ("CNY", "CN", 0.139, 0.141),
    ("SEK", "SE", 0.096, 0.098),
    ("ZAR", "ZA", 0.055, 0.054),
    ("BRL", "BR", 0.18, 0.175),
)
"""Currency, countries paid in it, dollars for one from January and from July; everybody else is paid in dollars."""

PAYMENT_TERMS: tuple[tuple[str, int, str], ...] = (
    ("supplier", 60, "FCA"),
    ("plant", 45, "FCA"),
    ("port", 0, "FCA"),
    ("hub", 30, "DAP"),
    ("store", 90, "DAP"),
)
"""Kind of site, days until the company that runs it is paid, and incoterm."""

DUTY_RATES: tuple[tuple[str, float], ...] = (
    ("IN", 0.075),
    ("BR", 0.06),
    ("PK", 0.05),
    ("ID", 0.04),
    ("NG", 0.05),
    ("MA", 0.025),
    ("ET", 0.05),
)
"""Country and import duty there; none elsewhere."""

HOLDING_RATES: tuple[tuple[str, float], ...] = (
    ("supplier", 0.12),
    ("plant", 0.15),
    ("port", 0.25),
    ("hub", 0.20),
    ("store", 0.25),
)
"""Kind of site and what holding stock costs a year, as a share of its value."""

CALENDARS: tuple[tuple[str, str, tuple[tuple[date, date, str], ...]], ...] = (
    (
        "india",
        "sun",
        (
            (date(2026, 1, 26), date(2026, 1, 26), "Republic Day"),
            (date(2026, 8, 15), date(2026, 8, 15), "Independence Day"),
            (date(2026, 10, 2), date(2026, 10, 2), "Gandhi Jayanti"),
            (date(2026, 11, 8), date(2026, 11, 10), "Diwali"),
        ),
    ),
    (
        "china",
        "sun",
        (
            (date(2026, 1, 1), date(2026, 1, 1), "New Year"),
            (date(2026, 2, 16), date(2026, 2, 22), "Spring Festival"),
            (date(2026, 5, 1), date(2026, 5, 3), "Labor Day"),
            (date(2026, 10, 1), date(2026, 10, 7), "National Day week"),
        ),
    ),
    (
        "europe",
        "sat sun",
        (
            (date(2026, 1, 1), date(2026, 1, 1), "New Year"),
            (date(2026, 4, 3), date(2026, 4, 6), "Easter"),
            (date(2026, 5, 1), date(2026, 5, 1), "Labor Day"),
            (date(2026, 8, 3), date(2026, 8, 16), "Summer shutdown"),
            (date(2026, 12, 24), date(2026, 12, 31), "Christmas shutdown"),
        ),
    ),
    (
        "south-africa",
        "sat sun",
        (
            (date(2026, 1, 1), date(2026, 1, 1), "New Year"),
            (date(2026, 4, 3), date(2026, 4, 6), "Easter"),
            (date(2026, 4, 27), date(2026, 4, 27), "Freedom Day"),
            (date(2026, 9, 24), date(2026, 9, 24), "Heritage Day"),
            (date(2026, 12, 16), date(2026, 12, 16), "Day of Reconciliation"),
            (date(2026, 12, 25), date(2026, 12, 26), "Christmas"),
        ),
    ),
    (
        "brazil",
        "sat sun",
        (
            (date(2026, 1, 1), date(2026, 1, 1), "New Year"),
            (date(2026, 2, 16), date(2026, 2, 17), "Carnival"),
            (date(2026, 9, 7), date(2026, 9, 7), "Independence Day"),
            (date(2026, 12, 25), date(2026, 12, 25), "Christmas"),
        ),
    ),
    (
        "panama",
        "sun",
        (
            (date(2026, 2, 16), date(2026, 2, 17), "Carnival"),
            (date(2026, 11, 3), date(2026, 11, 5), "Separation Day"),
            (date(2026, 12, 25), date(2026, 12, 25), "Christmas"),
        ),
    ),
    (
        "gulf",
        "fri",
        ((date(2026, 3, 20), date(2026, 3, 22), "Eid al-Fitr"), (date(2026, 5, 27), date(2026, 5, 29), "Eid al-Adha")),
    ),
    (
        "singapore",
        "sun",
        ((date(2026, 2, 17), date(2026, 2, 18), "Chinese New Year"), (date(2026, 8, 9), date(2026, 8, 10), "National Day")),
    ),
    (
        "west-africa",
        "sun",
        ((date(2026, 3, 6), date(2026, 3, 6), "Independence Day"), (date(2026, 12, 25), date(2026, 12, 26), "Christmas")),
    ),
    (
        "east-africa",
        "sun",
        ((date(2026, 6, 1), date(2026, 6, 1), "Madaraka Day"), (date(2026, 12, 12), date(2026, 12, 12), "Jamhuri Day")),
    ),
    ("always", "", ((date(2026, 1, 1), date(2026, 1, 1), "New Year"),)),
)
"""Calendar, weekdays closed, and holidays: first day, last day, name."""

HAZARDS: tuple[tuple[str, str | None, str | None, str, float, str, float], ...] = (
    ("monsoon-flood-west-india", "West India", None, "flood", 0.25, "lognormal(mean=9, cv=0.8)", 0.8),
    ("cyclone-south-india", "South India", None, "storm", 0.20, "lognormal(mean=8, cv=0.7)", 1.0),
    ("power-rationing-china", None, "CN", "power", 0.15, "uniform(5, 20)", 0.5),
    ("environment-stop-north-china", "North China", None, "regulation", 0.10, "lognormal(mean=30, cv=0.6)", 1.0),
    ("earthquake-west-china", "West China", None, "earthquake", 0.03, "lognormal(mean=25, cv=1)", 1.0),
    ("typhoon-east-china", "East China", None, "storm", 0.30, "uniform(2, 7)", 1.0),
    ("heat-south-europe", "South Europe", None, "heat", 0.20, "uniform(3, 10)", 0.4),
    ("rhine-low-water", "West Europe", None, "drought", 0.20, "lognormal(mean=30, cv=0.5)", 0.3),
    ("strike-west-europe", "West Europe", None, "strike", 0.30, "uniform(2, 8)", 0.9),
    ("load-shedding-south-africa", None, "ZA", "power", 0.50, "lognormal(mean=20, cv=0.8)", 0.3),
    ("unrest-southern-africa", "Southern Africa", None, "unrest", 0.10, "uniform(3, 14)", 0.9),
    ("port-strike-east-africa", "East Africa", None, "strike", 0.20, "lognormal(mean=7, cv=0.6)", 1.0),
    ("flood-west-africa", "West Africa", None, "flood", 0.30, "lognormal(mean=10, cv=0.8)", 0.6),
    ("hurricane-central-america", "Central America", None, "storm", 0.15, "uniform(4, 15)", 1.0),
    ("drought-panama-canal", "Central America", "PA", "drought", 0.12, "lognormal(mean=60, cv=0.5)", 0.4),
    ("unrest-middle-east", "Middle East", None, "unrest", 0.10, "lognormal(mean=20, cv=1)", 0.7),
    ("typhoon-south-east-asia", "South-East Asia", None, "storm", 0.25, "uniform(2, 10)", 0.8),
    ("cyber-attack", None, None, "cyber attack", 0.04, "lognormal(mean=12, cv=0.9)", 1.0),
    ("fire", None, None, "fire", 0.01, "lognormal(mean=60, cv=0.8)", 1.0),
)
"""Id, region, country, kind, events a year, days down, share of capacity lost. A blank region or country means every one."""
