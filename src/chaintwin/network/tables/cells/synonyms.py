"""Words people write for the choices and numbers of a table, in English and German: only to suggest the right one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from chaintwin.network.tables.cells.nearest import names_of, plain_name

WORDS: Mapping[str, str] = MappingProxyType(
    {
        # Means of transport
        "sea": "ship vessel ocean boat container fcl lcl maritime see seefracht schiff hochsee seeweg",
        "air": "plane airplane aircraft airfreight air_freight flight luft luftfracht flugzeug flug",
        "road": "truck trucks lorry van ltl ftl highway car trailer lkw lastwagen strasse landweg spedition",
        "rail": "train railway railroad bahn zug schiene eisenbahn güterzug",
        "inland_water": "barge river canal inland_waterway binnenschiff binnenschifffahrt fluss kanal",
        "courier": "parcel express post mail kep paket kurier kurierdienst paketdienst",
        "pipeline": "pipe rohr rohrleitung leitung",
        "internal": "in_house transfer intern innerbetrieblich umlagerung",
        # Kinds of sites
        "supplier": "vendor lieferant zulieferer hersteller",
        "plant": "factory manufacturer production_site mill fab werk fabrik produktion produktionsstätte fertigungsstätte",
        "warehouse": "depot storage dc rdc distribution_center distribution_centre distributor lager lagerhaus zentrallager "
        "distributionszentrum verteilzentrum logistikzentrum",
        "hub": "crossdock cross_dock terminal umschlag umschlagplatz drehkreuz",
        "port": "harbor harbour seaport hafen seehafen",
        "airport": "flughafen",
        "store": "shop retailer retail outlet branch supermarket filiale laden geschäft einzelhandel",
        "customer": "client consumer kunde endkunde verbraucher",
        # Ordering rules
        "base_stock": "order_up_to (r,s) r,s (s-1,s) basestock sollbestand bestellniveau",
        "min_max": "minmax min/max min_max_bestand",
        "s_S": "(s,s) s,s (s,_s) (t,s,s) reorder_point_order_up_to",
        "R_nQ": "rop reorder_point (r,q) r,q (r,nq) (s,q) s,q (s,nq) fixed_quantity fixed_order_quantity eoq meldebestand "
        "bestellpunkt bestellpunktverfahren",
        "none": "no keine ohne off",
        # Sources, bills and rules
        "move": "transfer transport ship lane transportieren umlagern",
        "make": "produce manufacture production build assemble herstellen fertigen produzieren eigenfertigung",
        "buy": "purchase procure external order kaufen einkauf zukauf fremdbezug beschaffen",
        "share": "split quota anteil quote aufteilung",
        "contingency": "backup emergency reserve notfall ersatz",
        "substitute": "substitution replacement alternative ersatzprodukt austausch",
        "input": "component ingredient part komponente einsatz einsatzstoff zutat",
        "by_product": "byproduct coproduct co_product output nebenprodukt kuppelprodukt",
        "crossing": "independent random unabhängig",
        # Things with identifiers
        "site": "location plant warehouse standort",
        "product": "item article material sku artikel produkt",
        "partner": "company supplier customer firma",
        # Periods and quantities
        "hour": "hours hourly h stunde stunden stündlich",
        "day": "days daily d tag tage täglich",
        "week": "weeks weekly w woche wochen wöchentlich",
        "integer": "whole whole_units discrete int ganz ganzzahlig stück",
        "continuous": "real float decimal stetig kontinuierlich dezimal",
        # Weekdays
        "mon": "monday mo montag",
        "tue": "tuesday tues di dienstag",
        "wed": "wednesday mi mittwoch",
        "thu": "thursday thur thurs do donnerstag",
        "fri": "friday fr freitag",
        "sat": "saturday sa samstag sonnabend",
        "sun": "sunday so sonntag",
    }
)
"""What else each choice is called, separated by spaces; a word may stand for choices of several columns."""

NUMBERS: Mapping[str, int] = MappingProxyType(
    {
        word: number
        for words in (
            "zero one two three four five six seven eight nine ten eleven twelve",
            "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        )
        for number, word in enumerate(words.split())
        # A blank cell is often written null.
        if word != "null"
    }
)
"""Small numbers in words."""


def suggested(text: str, choices: Sequence[str]) -> str:
    """Return the choice a word most likely means, by what it is also called or by its letters; an empty string if none.

    Parameters
    ----------
    text : the word met.
    choices : what is allowed.

    Example
    -------
    >>> suggested("LKW", ("sea", "air", "road")), suggested("raod", ("sea", "road")), suggested("spoon", ("sea", "road"))
    ('road', 'road', '')
    """
    word = plain_name(text).replace(" ", "")
    # An underscore stands for a space around a comma, as in (s, S).
    compact = word.replace(",_", ",")
    for choice in choices:
        if {word, compact} & set(WORDS.get(choice, "").split()):
            return choice
    return names_of(choices).nearest(text.strip())
