"""What the words of a header mean, English and German: synonyms of a few concepts, found in whole words and in compounds."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from chaintwin.ingest.shipment_log.cells.units import CURRENCY_SIGNS, HEADER_CURRENCIES, PIECE, find_unit
from chaintwin.ingest.shipment_log.mapping.nearest import header_key

SYNONYMS: Mapping[str, str] = {
    "from": "from von ab vom aus",
    "to": "to nach an zum zur",
    "place": "place location loc party ort standort stelle point city stadt town address adresse",
    "site": "site dc fc whse plant werk factory fabrik warehouse lager depot facility store shop filiale",
    "country": "country countries land ctry staat nation lkz landkz laenderkennzeichen landerkennzeichen",
    "ship": (
        "ship shipped shipping sent send dispatch dispatched despatch despatched versand versandt versendet verschickt gesendet"
    ),
    "leave": "atd left leaving departure departed departs abgang abfahrt abgegangen ausgang warenausgang",
    "load": "load loaded loading verladung verladen lade belade beladung pickup collected collection abhol abholung abgeholt",
    "arrive": "ata pod arrive arrived arrival arrives arriving ankunft angekommen eingang eingegangen eintreffen wareneingang",
    "receive": "received receipt receiving erhalten empfangen empfang",
    "deliver": (
        "deliver del lief anlief delivered delivery deliveries liefer lieferung geliefert zustellung zugestellt "
        "anlieferung ausgeliefert auslieferung"
    ),
    "unload": "unload unloading unloaded entlade entladung discharge",
    "sender": (
        "supplying delivering issuing liefernd liefernde lieferndes sender shipper consignor absender abs versender exporter"
    ),
    "receiver": (
        "receiver recipient consignee empfanger empfaenger empf warenempf customer kd client kunde kunden buyer abnehmer importer"
    ),
    "supplier": "kreditor kreditoren creditor supplier vendor seller lieferant lieferanten",
    "origin": "origin source start herkunft quelle",
    "destination": "destination dest ziel bestimmung bestimmungs market markt",
    "order": "order ordered po bestell bestellt bestellung auftrag beauftragt purchase",
    "promise": (
        "must need latest spatestens spaetestens req est estimated schedule sched plan bestatigt bestatigte bestatigter "
        "confirmed promised promise due requested request scheduled planned expected required wanted needed wunsch soll zugesagt "
        "zusage geplant eta deadline fallig faellig termin committed agreed vereinbart"
    ),
    "record": "recorded entered booked erfasst gebucht",
    "date": "date day datum dat tag on am when wann dt zeitpunkt",
    "number": "number no nr num id code key ref reference nummer kennung referenz",
    "shipment": "shipment sendung consignment",
    "line": "line zeile position pos row",
    "document": "note slip schein waybill awb frachtbrief cmr asn bol manifest",
    "product": (
        "mat matnr sach contents product item article material sku part good ware waren artikel produkt teil teile component"
    ),
    "description": "description desc kurztext name bezeichnung bez beschreibung benennung",
    "group": "group category family gruppe kategorie familie",
    "kind": "kind type art typ",
    "mode": "mode means method mittel trager traeger weise",
    "how": "how wie",
    "transport": "transport transported transportation carriage verkehr beforderung befoerderung",
    "freight": "frt freight fracht",
    "cost": "chg chgs cost charge fee kosten gebuhr bill",
    "carrier": "scac carrier forwarder spediteur spedition haulier frachtfuhrer frachtfuehrer transporteur",
    "company": "company firma unternehmen",
    "value": "value wert worth",
    "amount": "amount betrag summe sum",
    "price": "price preis",
    "unit": "unit einheit",
    "piece unit": "stuck stk pcs",
    "per": "per pro je each",
    "quantity": "quantity quantities qty menge mge anzahl",
    "weight": "weight gew gewicht masse mass wt wgt",
    "gross": "gross brutto",
    "net": "net netto",
    "total": "total gesamt all extended ext",
    "invoice": "invoice invoiced rechnung",
    "insurance": "insurance versicherung",
    "incoterm": "incot incoterm incoterms inco",
    "terms": "terms term bedingung bedingungen",
    "by": "by durch",
    "pack": "pack package packages packung colli kolli",
    "placed": "placed taken",
    "create": "created creation angelegt erstellt",
    "voucher": "document doc beleg",
    "etd": "etd",
    "sold": "sold",
    "service": "service",
    "declared": "declared",
    "retail": "retail",
    "currency": "currency currencies curr cur ccy wahrung waehrung wahrg waehrg whg waers",
    "other": (
        "status state user phone tel email mail fax zip plz postcode comment remark remarks bemerkung notiz payment "
        "zahlung paid pay bezahlt tax vat mwst ust steuer duty duties zoll customs tariff zolltarif hs batch lot serial "
        "seriennummer container vehicle truck lkw trailer kennzeichen plate driver fahrer temperature priority prio "
        "reason grund return returned returns retoure cancelled canceled storno damaged damage rejected reject stock "
        "bestand inventory backorder backordered forecast budget days tage hours stunden dauer duration transit lead "
        "late delay verspatung expiry expiration ablauf mhd valid validity gultig updated "
        "geandert modified printed contact person ansprechpartner manager managed managing project projekt department "
        "abteilung volume volumen cbm length width height lange breite hohe discount rabatt margin marge "
        "tracking seal port hafen region zone street strasse week woche month monat year jahr quarter "
        "sell sales vertrieb production produktion insured rate class level bank account konto approved "
        "revision version window zeitfenster ursprung reserved open outstanding loss surcharge "
        "dangerous hazard"
    ),
}
"""Words by concept, without accents. "other" holds words that turn a header into something no field means."""

_FILLERS = (
    "of the der die das des dem den de la in our unser unsere actual act final su ist real is was a and und at there it "
    "hauswahrung"
)
FILLERS = frozenset(_FILLERS.split())
"""Words that change nothing."""

PHRASES: Mapping[str, str] = {
    "got there": "arrived",
    "got here": "arrived",
    "came in": "arrived",
    "picked up": "pickup",
    "pick up": "pickup",
    "went out": "departed",
    "bill to": "sell",
    "arrive by": "promised arrival",
    "arrival by": "promised arrival",
    "deliver by": "promised delivery",
    "delivery by": "promised delivery",
    "need by": "promised",
    "needed by": "promised",
    "required by": "promised",
    "no later than": "promised",
    "not later than": "promised",
    "on or before": "promised",
    "arrive before": "promised arrival",
    "deliver before": "promised delivery",
    "lieferung bis": "promised delivery",
    "liefern bis": "promised delivery",
    "date time": "date",
    "dt tm": "date",
    "lt best": "promised",
    "lt bestellung": "promised",
    "we buchungsdatum": "eingang datum",
    "we menge": "geliefert menge",
    "wa menge": "geliefert menge",
    "house bill": "waybill",
    "goods issue": "departed",
    "pl gi": "planned departed",
    "gi": "departed",
    "pgi": "departed",
    "goods receipt": "received",
    "gr date": "received date",
    "gr wt": "gross weight",
    "gr weight": "gross weight",
    "gr kg": "gross kg",
    "lieferwerk": "abgang werk",
    "auslieferungswerk": "abgang werk",
    "from org": "from site",
    "to org": "to site",
    "selling price": "price",
    "inco t": "incoterm",
    "commodity code": "hs",
    "commodity": "product",
    "transactional curr": "curr",
    "country of origin": "ursprung",
    "proof of delivery": "arrived",
    "bill of lading": "waybill",
    "third party": "other",
    "best before": "expiry",
    "best dat": "bestell datum",
    "best datum": "bestell datum",
    "best nr": "bestell nummer",
    "we dat": "eingang datum",
    "we datum": "eingang datum",
    "wa dat": "ausgang datum",
    "wa datum": "ausgang datum",
    "lief dat": "liefer datum",
    "lief datum": "liefer datum",
    "vers dat": "versand datum",
    "vers datum": "versand datum",
    "ls nr": "lieferung schein nummer",
    "ep": "unit price",
    "gp": "total price",
    "art bez": "artikel bezeichnung",
    "art nr": "artikel",
    "art no": "artikel",
    "mat nr": "material",
    "mat no": "material",
}
"""Words that mean something together, and abbreviations, with the words they stand for."""

SPELLING_MIN = 0.86
"""From this likeness on a word is taken for a misspelled one."""

COMPOUND_MIN = 7
"""Shorter words are not taken apart: most of their parts would be chance."""

GLUE = ("", "s", "n", "en", "e", "es")
"""What German puts between the parts of a compound."""


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """The words of a header.

    Parameters
    ----------
    concepts : what its known words mean.
    unknown : words that mean nothing here.
    currency : ISO 4217 code in the header, empty if none.
    unit : unit word in the header, such as ``kg``, empty if none.
    is_misspelled : a word was taken for a known one that it only resembles.
    """

    concepts: frozenset[str]
    unknown: tuple[str, ...]
    currency: str = ""
    unit: str = ""
    is_misspelled: bool = False


@cache
def header_words(header: str) -> HeaderWords:
    """Return what the words of a header mean, currency and unit taken out.

    Parameters
    ----------
    header : as in the log.

    Example
    -------
    >>> words = header_words("Freight Bill EUR")
    >>> sorted(words.concepts), words.currency
    (['cost', 'freight'], 'EUR')
    >>> sorted(header_words("Empfängerland").concepts), header_words("Gross kg").unit
    (['country', 'receiver'], 'kg')
    """
    currency, rest = _without_currency(header)
    key = f" {header_key(rest)} "
    for phrase, word in PHRASES.items():
        key = key.replace(f" {phrase} ", f" {word} ")
    concepts: set[str] = set()
    unknown: list[str] = []
    unit, is_misspelled = "", False
    words = key.split()
    for place, word in enumerate(words):
        measure = find_unit(word) if _words().get(word, "piece unit") == "piece unit" else None
        # A single letter is a unit only behind other words: "Gewicht t", not "T".
        if measure is not None and (len(word) > 1 or place == len(words) - 1 > 0):
            unit = word
            concepts.add("mass unit" if measure.is_mass else "piece unit" if measure.name == PIECE else "count unit")
            continue
        if word in FILLERS or word.isdigit():
            continue
        found, resembles = _concepts_of(word)
        is_misspelled |= resembles
        concepts |= found
        if not found:
            unknown.append(word)
    return HeaderWords(frozenset(concepts), tuple(unknown), currency, unit, is_misspelled)


def _without_currency(header: str) -> tuple[str, str]:
    for sign, code in CURRENCY_SIGNS.items():
        if sign in header:
            return code, header.replace(sign, " ")
    for match in re.finditer(r"[A-Za-z]+", header):
        word = match[0]
        code = HEADER_CURRENCIES.get(word.casefold(), "")
        # Codes of other currencies are words as well, so that only capitals count.
        if code and (word.isupper() or word.casefold() in ("eur", "usd", "gbp", "chf", "euro", "euros", "dollar", "dollars")):
            return code, header[: match.start()] + " " + header[match.end() :]
    return "", header


def _concepts_of(word: str) -> tuple[frozenset[str], bool]:
    """Return the concepts of a word, and whether it only resembles a known one."""
    known = _words()
    for form in (word, word.removesuffix("s")):
        if form in known:
            return frozenset({known[form]}), False
    parts = _parts(word) if len(word) >= COMPOUND_MIN else None
    if parts is not None:
        return frozenset(known[part] for part in parts), False
    if len(word) >= 5:
        near = difflib.get_close_matches(word, known, n=1, cutoff=SPELLING_MIN)
        if near:
            return frozenset({known[near[0]]}), True
    return frozenset(), False


def _parts(word: str) -> tuple[str, ...] | None:
    """Return known words that a compound such as ``versanddatum`` consists of, longest first; None if it does not."""
    known = _words()
    for length in range(len(word) - 1, 2, -1):
        head = word[:length]
        if head not in known:
            continue
        for glue in GLUE:
            rest = word[length:]
            if not rest.startswith(glue):
                continue
            tail = rest[len(glue) :]
            if len(tail) > 2 and tail in known:
                return (head, tail)
            more = _parts(tail) if len(tail) >= COMPOUND_MIN else None
            if more is not None:
                return (head, *more)
    return None


@cache
def _words() -> Mapping[str, str]:
    return {word: concept for concept, words in SYNONYMS.items() for word in words.split()}
