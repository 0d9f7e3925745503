"""Names of things in events: EPC URNs and GS1 Digital Links, one spelling for each."""

from chaintwin.events.names.canonical import canonical_name
from chaintwin.events.names.parts import Identifier, Parts, identifier_key, identifier_of, parts_of
from chaintwin.events.names.patterns import matches_pattern
from chaintwin.events.names.problems import problems_of
from chaintwin.events.names.schemes import check_digit
from chaintwin.events.names.urns import urn_of

__all__ = [
    "Identifier",
    "Parts",
    "canonical_name",
    "check_digit",
    "identifier_key",
    "identifier_of",
    "matches_pattern",
    "parts_of",
    "problems_of",
    "urn_of",
]
