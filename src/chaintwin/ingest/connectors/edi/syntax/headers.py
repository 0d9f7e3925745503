"""How an interchange begins, in either syntax: its separators, its character set, who sent it."""

from __future__ import annotations

from dataclasses import dataclass

from chaintwin.ingest.connectors.edi.syntax.scanning import Scanner
from chaintwin.ingest.connectors.edi.syntax.segments import EDIFACT_USUAL, Separators

ISA_BYTES = 106
"""The header of an X12 interchange has a fixed length, so that the separators can be read from their places."""

UNA_BYTES = 9

DECIMALS = ",."
"""Decimal marks of EDIFACT; neither of them ever separates thousands."""

CHARSETS = {
    "UNOA": "latin-1",
    "UNOB": "latin-1",
    "UNOC": "latin-1",
    "UNOD": "iso8859-2",
    "UNOE": "iso8859-5",
    "UNOF": "iso8859-7",
    "UNOG": "iso8859-3",
    "UNOH": "iso8859-4",
    "UNOI": "iso8859-6",
    "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9",
    "UNOW": "utf-8",
    "UNOX": "latin-1",
    "UNOY": "utf-8",
}
"""Character sets by syntax identifier; the first two are parts of the third."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A pair of segments around others.

    Parameters
    ----------
    open, close : their tags. what : its name for people. reference : element of the opening one that the closing one repeats.
    """

    open: str
    close: str
    what: str
    reference: int


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the two syntaxes.

    Parameters
    ----------
    name : for people. interchange, group, message : the envelopes inside each other; groups may be left out in EDIFACT.
    """

    name: str
    interchange: Envelope
    group: Envelope
    message: Envelope


EDIFACT = Dialect(
    "EDIFACT",
    Envelope("UNB", "UNZ", "interchange", 5),
    Envelope("UNG", "UNE", "group", 5),
    Envelope("UNH", "UNT", "message", 1),
)
X12 = Dialect(
    "X12",
    Envelope("ISA", "IEA", "interchange", 13),
    Envelope("GS", "GE", "functional group", 6),
    Envelope("ST", "SE", "transaction set", 2),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What an interchange says of itself.

    Parameters
    ----------
    dialect : its syntax. separators, charset : to read it with. sender : who sent it. is_test : whether it is one for trial.
    day, time : of the interchange or of its functional group, as written: YYMMDD or CCYYMMDD, HHMM and more.
    control : number that the sender gave the interchange. before : messages of the file before it.
    """

    dialect: Dialect
    separators: Separators
    charset: str = "latin-1"
    sender: str = ""
    is_test: bool = False
    day: str = ""
    time: str = ""
    control: str = ""
    before: int = 0


def begun(scanner: Scanner) -> Header | str | None:
    """Return the header that stands where a file is read, with its separators; what is wrong with it; None for no header.

    The scanner goes on behind the service string advice of EDIFACT, and stays before all else.

    Parameters
    ----------
    scanner : behind blanks.
    """
    mark = scanner.peek(3)
    if mark == b"UNA":
        head = scanner.peek(UNA_BYTES)
        if len(head) < UNA_BYTES:
            return "a service string advice that is cut off"
        component, element, decimal, release, repetition, terminator = list(head[3:].decode("latin-1"))
        marks = decimal if decimal in DECIMALS else DECIMALS
        separators = Separators(component, element, terminator, _sign(repetition), _sign(release), marks)
        if fault := _fault(separators):
            return fault
        scanner.go(scanner.at + UNA_BYTES)
        return Header(EDIFACT, separators)
    if mark == b"UNB":
        return Header(EDIFACT, EDIFACT_USUAL)
    if mark == b"ISA":
        head = scanner.peek(ISA_BYTES)
        text = head.decode("latin-1")
        parts = text.split(text[3]) if len(text) == ISA_BYTES else []
        if len(parts) != 17 or len(parts[16]) != 2:
            return f"a header ISA that has not 16 elements in {ISA_BYTES} bytes"
        # Before version 00402 the eleventh element named a standard; since then it is the separator of repetitions.
        repetition = parts[11] if parts[12] >= "00402" and not parts[11].isalnum() else ""
        separators = Separators(parts[16][0], text[3], parts[16][1], repetition, "", ".")
        fault = _fault(separators)
        return fault or Header(X12, separators)
    return None


def _sign(character: str) -> str:
    return "" if character == " " else character


def _fault(separators: Separators) -> str:
    twice = separators.twice()
    if twice:
        return f"the separator {twice!r} for two things"
    used = (separators.component, separators.element, separators.terminator, separators.repetition, separators.release)
    odd = [sign for sign in used if sign and (sign.isalnum() or sign == " " or not sign.isascii())]
    return f"the separator {odd[0]!r}" if odd else ""
