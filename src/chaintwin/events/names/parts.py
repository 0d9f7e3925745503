"""What a name is made of, and how the table of identifiers of a project says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from chaintwin.events.names.canonical import canonical_name, split_link
from chaintwin.events.names.remembering import remembering
from chaintwin.events.names.schemes import keys


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a Digital Link, without percent-encoding.

    Parameters
    ----------
    key : application identifier (``01``, ``00``, ``414``, ...). value : the number; GRAI, GDTI and coupon without their serial.
    qualifiers : (application identifier, value) of lot, serial and the like, at most one in a canonical name.
    glued : serial of a GRAI, GDTI or coupon, which stands in one piece with the number; empty for none.
    """

    key: str
    value: str
    qualifiers: tuple[tuple[str, str], ...] = ()
    glued: str = ""

    @property
    def lot(self) -> str:
        """Lot, or empty."""
        return dict(self.qualifiers).get("10", "")

    @property
    def serial(self) -> str:
        """Serial number of the object, or empty."""
        found = dict(self.qualifiers)
        return self.glued or next((found[ai] for ai in ("21", "235", "8011", "8019") if ai in found), "")

    @property
    def extension(self) -> str:
        """Place inside a location, or empty."""
        return dict(self.qualifiers).get("254", "")


class Identifier(NamedTuple):
    """A name as a project's table of identifiers has it.

    Parameters
    ----------
    scheme : GTIN, GLN, SSCC, GRAI, GIAI, GSRN, GSRNP, GDTI, CPI, GCN, GINC, GSIN or ITIP.
    value : the number, a GTIN with 14 digits.
    lot : lot, or empty. serial : serial number, for a GLN the extension, or empty.
    """

    scheme: str
    value: str
    lot: str = ""
    serial: str = ""


@remembering()
def parts_of(name: str) -> Parts | None:
    """Return the parts of a URN or Digital Link, or None for any other name.

    Example
    -------
    >>> parts_of("urn:epc:class:lgtin:4012345.012345.Lot987")
    Parts(key='01', value='04012345123456', qualifiers=(('10', 'Lot987'),), glued='')
    """
    split = split_link(canonical_name(name))
    if split is None:
        return None
    key, value, found = split
    if key.ai in ("253", "255", "8003"):
        return Parts(key.ai, value[: key.checked], found, value[key.checked :])
    return Parts(key.ai, value, found)


@remembering()
def identifier_of(name: str) -> Identifier | None:
    """Return a name as a table of identifiers has it, or None where it is no GS1 name.

    Parameters
    ----------
    name : canonical name; a URN or a link of another domain is first made canonical.

    Example
    -------
    >>> identifier_of("https://id.gs1.org/414/0614141073467/254/1234")
    Identifier(scheme='GLN', value='0614141073467', lot='', serial='1234')
    """
    parts = parts_of(name)
    if parts is None:
        return None
    return Identifier(keys()[parts.key].scheme, parts.value, parts.lot, parts.serial or parts.extension)


def identifier_key(scheme: str, value: str) -> tuple[str, str]:
    """Return scheme and value of a row of the table of identifiers as ``identifier_of`` spells them, so that both meet.

    Blanks and dashes in numbers are left out; EAN, UPC and GTIN-8 to GTIN-14 are GTIN with 14 digits; a value may be
    a URN or a link. Schemes that are not of GS1 come back as they are.

    Example
    -------
    >>> identifier_key("ean-13", "4 012345 123456")
    ('GTIN', '04012345123456')
    """
    plain = re.sub(r"[\s_-]", "", scheme).upper()
    found = identifier_of(value.strip())
    if found is not None:
        return found.scheme, found.value
    if _GTIN.fullmatch(plain):
        digits = re.sub(r"[\s-]", "", value)
        return "GTIN", digits.zfill(14) if digits.isdigit() else digits
    if plain in _DIGITS:
        return plain, re.sub(r"[\s-]", "", value)
    if plain == "GRAI":
        digits = value.strip()
        return plain, "0" + digits if re.fullmatch(r"\d{13}", digits, re.ASCII) else digits
    return scheme, value


_GTIN: Final = re.compile(r"GTIN(8|12|13|14)?|EAN(8|13|14)?|UPC(A|12)?|ITF14")
_DIGITS: Final = frozenset({"GLN", "SSCC", "GSRN", "GSRNP", "GSIN"})
