"""Back from a Digital Link to the EPC URN."""

from __future__ import annotations

from chaintwin.errors import UsageError
from chaintwin.events.names.canonical import canonical_name, split_link
from chaintwin.events.names.schemes import Scheme, check_digit, escaped, schemes


def urn_of(digital_link: str, *, company_prefix_length: int) -> str | None:
    """Return the EPC URN that says the same as a Digital Link.

    A class without serial number gives the pattern (``urn:epc:idpat:sgtin:0614141.107346.*``), as CBV wants it.

    Parameters
    ----------
    digital_link : a Digital Link of any domain, or a URN, which is first made canonical.
    company_prefix_length : how many digits of the number are the company prefix, 6 to 12; a link does not tell.

    Returns
    -------
    str or None
        None where no URN can say it: not a Digital Link, a wrong check digit, a GTIN of 8 digits, a lot of an ITIP,
        a location extension of ``0``, a service relation instance, or a reference too short for such a prefix.

    Raises
    ------
    UsageError
        A prefix length outside 6 to 12.

    Example
    -------
    >>> urn_of("https://id.gs1.org/414/0614141073467/254/1234", company_prefix_length=7)
    'urn:epc:id:sgln:0614141.07346.1234'
    """
    if not 6 <= company_prefix_length <= 12:
        raise UsageError(f"company_prefix_length: found {company_prefix_length}; allowed: 6 to 12")
    split = split_link(canonical_name(digital_link))
    if split is None:
        return None
    key, value, found = split
    qualifier, serial = found[-1] if found else ("", "")
    for (kind, _), scheme in schemes().items():
        if scheme.ai == key.ai and (scheme.serial == qualifier or (not found and (scheme.serial == "+" or kind == "id"))):
            body = _body(scheme, value, length=company_prefix_length)
            if body is None:
                return None
            number, glued = body
            return _urn(kind, scheme, number=number, serial=serial or glued)
    return None


def _urn(kind: str, scheme: Scheme, *, number: str, serial: str) -> str | None:
    head = f"{scheme.name}:{number}"
    if not scheme.serial:
        return f"urn:epc:{kind}:{head}"
    if scheme.omitted:
        return None if serial == scheme.omitted else f"urn:epc:{kind}:{head}.{escaped(serial or scheme.omitted)}"
    return f"urn:epc:{kind}:{head}.{escaped(serial)}" if serial else f"urn:epc:idpat:{head}.*"


def _body(scheme: Scheme, value: str, *, length: int) -> tuple[str, str] | None:
    """Return company prefix and reference as a URN writes them, and the serial that was glued to the key."""
    if scheme.reference_pattern is not None:
        company, reference = value[:length], value[length:]
        return (f"{company}.{escaped(reference)}", "") if company.isdigit() and reference else None
    size = len(scheme.pad) + scheme.digits
    number, checked, rest = value[:size], value[size : size + 1], value[size + 1 :]
    if check_digit(number) != checked or not number.startswith(scheme.pad):
        return None
    number = number[len(scheme.pad) :]
    if scheme.ai in ("01", "8006") and number.startswith("00000"):
        return None
    if scheme.leading:
        number = number[1 : length + 1] + "." + number[0] + number[length + 1 :]
    else:
        number = number[:length] + "." + number[length:]
    if scheme.pieces:
        return f"{number}.{rest[:2]}.{rest[2:]}", ""
    return number, rest
