"""What an event can be found by: terms ``name=value``, all values in canonical form.

==========================  ======================================================================================
Term                        Value
==========================  ======================================================================================
``type``                    ``ObjectEvent`` and so on; a type of our own by its name (``OrderPlaced``); else a full URI
``action``                  ``ADD``, ``OBSERVE`` or ``DELETE``
``bizStep``                 full URI (``https://ref.gs1.org/cbv/BizStep-shipping``)
``disposition``             full URI (``https://ref.gs1.org/cbv/Disp-in_transit``)
``persistentDisposition/set``, ``persistentDisposition/unset``  full URI of each
``readPoint``               canonical name
``bizLocation``             canonical name
``parentID``                canonical name
``epcList``, ``childEPCs``, ``inputEPCList``, ``outputEPCList``  canonical name of each object
``quantityList``, ``childQuantityList``, ``inputQuantityList``, ``outputQuantityList``  canonical name of each class or lot
``transformationID``        canonical name
``bizTransaction/<type>``   canonical name; ``<type>`` is a full URI, empty where the event gives none
``source/<type>``           canonical name; ``<type>`` is a full URI
``destination/<type>``      canonical name; ``<type>`` is a full URI
``eventID``                 the hash id, and the id its sender gave where that is another
``sensorType``              full URI of what a sensor report measures
``error``                   ``declared`` for a declaration of error
``errorReason``             full URI of the reason of a declaration
``correctiveEventID``       each id a declaration names
``has``                     name of a top-level field that is there: of EPCIS plain (``ilmd``), any other by its full URI
``field/<uri>``             text, number or truth of a top-level field of an extension, as text
``ilmd/<uri>``              the same of a field of instance or lot master data
==========================  ======================================================================================

The value of a text is what the event says; a number is written as in the hash id, a truth ``true`` or ``false``. A text of
more than 512 bytes gives no term. Fields that name a person give none either.

A quantity class with a serial pattern (``urn:epc:idpat:…``) has the canonical name of its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chaintwin.events.contexts import ERROR_REASON, Prefixes, full_name, word_uri
from chaintwin.events.facts import Facts
from chaintwin.events.identity.values import number_text
from chaintwin.events.names import canonical_name
from chaintwin.events.personal import is_personal

LENGTH_MAX: Final = 512
"""Longer terms are left out of the index, in bytes of UTF-8."""


def terms_of(event: Mapping[str, Any], facts: Facts, *, ids: tuple[str, ...], prefixes: Prefixes) -> tuple[str, ...]:
    """Return the terms of an event, each once.

    Parameters
    ----------
    event : checked event, without values that name a person. facts : of it. ids : its hash id and that of its sender.
    prefixes : those in force for it.
    """
    terms = [f"type={facts.kind}"]
    add = terms.append
    if facts.action:
        add("action=" + facts.action)
    if facts.step:
        add("bizStep=" + facts.step)
    if facts.disposition:
        add("disposition=" + facts.disposition)
    if facts.read_point:
        add("readPoint=" + facts.read_point)
    if facts.location:
        add("bizLocation=" + facts.location)
    for name in ids:
        add("eventID=" + name)
    for name, value in event.items():
        way = _WAYS.get(name)
        if way is None:
            if ":" not in name:
                add("has=" + name)
            elif not is_personal(name, prefixes):
                uri = full_name(name, prefixes)
                add("has=" + uri)
                terms += _values("field/" + uri, value)
        elif way == _OBJECTS:
            add("has=" + name)
            terms += [f"{name}={canonical_name(text)}" for text in value]
        elif way == _QUANTITIES:
            add("has=" + name)
            terms += [f"{name}={canonical_name(element['epcClass'])}" for element in value]
        elif way == _NAME:
            add("has=" + name)
            add(f"{name}={canonical_name(value)}")
    terms += [f"bizTransaction/{kind}={name}" for kind, name in facts.transactions]
    terms += [f"source/{kind}={name}" for kind, name in facts.sources]
    terms += [f"destination/{kind}={name}" for kind, name in facts.destinations]
    terms += [f"persistentDisposition/set={word}" for word in facts.set_dispositions]
    terms += [f"persistentDisposition/unset={word}" for word in facts.unset_dispositions]
    terms += [f"sensorType={reading.kind}" for reading in facts.readings]
    for uri, value in facts.master.items():
        terms += _values("ilmd/" + uri, value)
    if facts.declares_error:
        declaration = event["errorDeclaration"]
        add("error=declared")
        if reason := declaration.get("reason"):
            add("errorReason=" + word_uri(reason, ERROR_REASON, prefixes=prefixes))
        terms += [f"correctiveEventID={name}" for name in facts.corrected_by]
    # A letter takes four bytes at most, so most terms need no counting.
    short = [term for term in dict.fromkeys(terms) if len(term) <= _SHORT or len(term.encode()) <= LENGTH_MAX]
    return tuple(short)


_SHORT: Final = LENGTH_MAX // 4
_TOLD: Final = 0
_OBJECTS: Final = 1
_QUANTITIES: Final = 2
_NAME: Final = 3
_TOLD_FIELDS: Final = "@context type eventTime eventTimeZoneOffset action bizStep disposition readPoint bizLocation eventID"
_WAYS: Final = {
    **dict.fromkeys(_TOLD_FIELDS.split(), _TOLD),
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _OBJECTS),
    **dict.fromkeys(("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), _QUANTITIES),
    **dict.fromkeys(("parentID", "transformationID"), _NAME),
}
"""What is done with each field of EPCIS."""


def _values(name: str, value: Any) -> list[str]:
    """Return a term for each plain value of a field."""
    if isinstance(value, list):
        return [term for item in value if not isinstance(item, list | dict) for term in _values(name, item)]
    if isinstance(value, bool):
        return [f"{name}={'true' if value else 'false'}"]
    if isinstance(value, str):
        return [f"{name}={value}"]
    if isinstance(value, int | float):
        return [f"{name}={number_text(value)}"]
    return []
