"""The entries and sections of a mapping file: what each says, how it looks, what may stand in it."""

from __future__ import annotations

from dataclasses import dataclass

SERIES_KEYS = ("date", "production", "factory_issue", "delivery_to_distributor", "sales_order")
PLACES_KEYS = ("file", "product", "plant", "storage")


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a mapping file, or one entry above the sections.

    Parameters
    ----------
    name : as it stands in the file; ``words.FIELD`` has a section for each field.
    meaning : what it says, for people.
    example : one line of it.
    keys : the entries it may have; empty where they are words or headers of the log.
    needed : those of them that must be there.
    """

    name: str
    meaning: str
    example: str
    keys: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()


ENTRIES: tuple[Section, ...] = (
    Section("name", "Name of the mapping, and of the project unless another is given. Required.", 'name = "deliveries"'),
    Section("kind", "`transactions` (one row is one delivery line) or `daily_series`. Required.", 'kind = "transactions"'),
    Section(
        "currency",
        "ISO 4217 code of every amount. Without it the one found in headers and cells is taken, else USD with a warning.",
        'currency = "EUR"',
    ),
    Section("period", "`day` or `week`; chosen from the lead times by default.", 'period = "week"'),
    Section(
        "sheet",
        "Name, or list of names, of the sheets of a workbook to be read as one log. Without it the sheet with most columns "
        "that mean something is read, and every other visible one that has them too.",
        'sheet = ["Q1", "Q2"]',
    ),
    Section("country", "Country code of every site of which the log tells none.", 'country = "AT"'),
)
"""Entries above the first section."""

SECTIONS: tuple[Section, ...] = (
    Section("columns", "The header that holds each field; `ordered` may name several, the best first.", 'product = "Part No"'),
    Section(
        "date_formats",
        "Format of a date column in which day and month could be mistaken for each other, or of a form that is not known, "
        "by header; a clock time behind the day may be left out of it.",
        '"Left On" = "%d/%m/%Y"',
    ),
    Section(
        "numbers",
        "`decimal_commas`: headers of columns written like `1.234,5`.",
        'decimal_commas = ["Gewicht"]',
        ("decimal_commas",),
    ),
    Section(
        "units.FIELD",
        "How much one of a word beside a number counts for in the unit of the column: pieces on a pallet, kilograms in a bag, "
        "the rate of a foreign currency. Words of weight need none.",
        "pallet = 480",
    ),
    Section("modes", 'The means of transport a word stands for; `""` says that the word means "not known".', 'LKW = "road"'),
    Section(
        "routes",
        "`hub`: words of the column `route` that say the goods came out of a hub rather than straight from the vendor.",
        'hub = ["From RDC"]',
        ("hub",),
    ),
    Section(
        "references",
        "`pattern`: how a cell points to the line that carries the weight or freight of several; it has a group `id`.",
        "pattern = '^siehe (?P<id>\\d+)$'",
        ("pattern",),
    ),
    Section(
        "words.FIELD",
        "What a word in place of a number, date or name means, in small letters; `included` counts as zero, every other "
        "name as unknown.",
        'inklusive = "included"',
    ),
    Section("place_words", "Country code by a word in the name of a site.", 'Nashik = "IN"'),
    Section(
        "countries",
        'Country code by a word in a country column that the table of countries does not know; `""` says "not known".',
        'D = "DE"',
    ),
    Section(
        "duplicates",
        "`lines`, of lines equal in every column, used or not: `by_id` (default: the second is left out where it carries a "
        "shipment "
        "id), `drop` or `keep`. `ids`, of lines that repeat a shipment id and product with other content: `keep` (default), "
        "`first` or `last`.",
        'lines = "drop"',
        ("lines", "ids"),
    ),
    Section(
        "spellings",
        "`sites` and `products`: `merge` (default) takes names that differ only in letter case, spaces or signs for one "
        "(of products: not where signs stand in other places); "
        "`keep` tells them apart.",
        'products = "keep"',
        ("sites", "products"),
    ),
    Section(
        "series",
        "Daily series: file pattern of each point of the chain, and the header of the day.",
        'sales_order = "sales_order*"',
        SERIES_KEYS,
        SERIES_KEYS,
    ),
    Section(
        "places",
        "Daily series: file and headers of the table of plants and storage locations.",
        'plant = "Plant"',
        PLACES_KEYS,
        PLACES_KEYS,
    ),
    Section(
        "groups",
        "Daily series: file and headers of the table of product groups.",
        'group = "Group"',
        ("file", "product", "group"),
    ),
    Section("weights", "Daily series: file and unit of the weight of one unit.", 'unit = "t"', ("file", "unit")),
    Section("aliases", "Daily series: the product that a second series belongs to, by the header of that series.", '"A.1" = "A"'),
)
"""Sections in the order of the reference."""

SECTION_NAMES: tuple[str, ...] = tuple(section.name.partition(".")[0] for section in SECTIONS)


def section(name: str) -> Section:
    """Return the section of that name; KeyError if there is none."""
    for candidate in SECTIONS:
        if candidate.name.partition(".")[0] == name:
            return candidate
    raise KeyError(name)
