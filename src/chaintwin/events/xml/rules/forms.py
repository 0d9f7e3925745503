"""The plain values of EPCIS in XML: which texts are a time, a number, a URI and so on."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chaintwin.events.names.remembering import remembering


@dataclass(frozen=True, slots=True)
class Form:
    """What a plain value may be.

    Parameters
    ----------
    accepts : whether a text is one. allowed : the form in words. fix : what to do about a text that is none.
    """

    accepts: Callable[[str], bool]
    allowed: str
    fix: str


def is_moment(text: str) -> bool:
    """Tell whether a text is a date and time of XML Schema; an offset may be missing."""
    found = _MOMENT.match(text)
    if found is None or text.strip() != text:
        return False
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if year == 0 or not 1 <= month <= 12:
        return False
    # Leap years repeat every 400 years, also before the year 1.
    return 1 <= day <= monthrange(2000 + year % 400, month)[1]


@remembering()
def is_stamp(text: str) -> bool:
    """Tell whether a text is a date and time of EPCIS 2.0: four digits of the year, and an offset."""
    return _STAMP.match(text) is not None and is_moment(text)


@remembering()
def is_uri(text: str) -> bool:
    """Tell whether a text is a URI or a reference relative to one; letters of all alphabets may stand in it.

    Source
    ------
    RFC 3986, appendix A, with the signs that XML Schema lets stand unescaped.
    """
    collapsed = " ".join(text.split())
    return _URI.match(_UNESCAPED.sub("_", collapsed)) is not None and _BAD_PERCENT.search(collapsed) is None


@lru_cache(maxsize=1)
def forms() -> dict[str, Form]:
    """Return the forms by name."""
    number = r"[+-]?(?:\d+\.?\d*|\.\d+)"
    example = "2026-01-31T12:00:00.000+01:00"
    return {
        "string": Form(lambda _: True, "text", ""),
        "stamp": Form(is_stamp, "a date and time with an offset", f"write it like {example}"),
        "dateTime": Form(is_moment, "a date and time", f"write it like {example}"),
        "uri": Form(is_uri, "a URI", "write it without blanks, and other signs as %20"),
        "decimal": Form(_whole(number), "a decimal number", "write it with a decimal point and without an exponent"),
        "double": Form(_whole(rf"{number}(?:[eE][+-]?\d*)?|-?INF|NaN"), "a number", "write it with a decimal point"),
        "integer": Form(_whole(r"[+-]?\d+"), "a whole number", "write it without a decimal point"),
        "int": Form(_is_int, "a whole number of 32 bits", "write it without a decimal point"),
        "boolean": Form(_whole("true|false|1|0"), "true or false", "write true or false"),
        "hexBinary": Form(
            _whole("(?:[0-9A-Fa-f]{2})*"), "pairs of the digits 0 to 9 and a to f", "write two digits for each byte"
        ),
        "action": Form(frozenset({"ADD", "OBSERVE", "DELETE"}).__contains__, "ADD, OBSERVE or DELETE", "choose one of them"),
        "service": Form(
            frozenset({"RequestingServiceTransaction", "RespondingServiceTransaction"}).__contains__,
            "RequestingServiceTransaction or RespondingServiceTransaction",
            "choose one of them",
        ),
    }


def _is_int(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d+", text.strip(), re.ASCII) is not None and -(2**31) <= int(text) < 2**31


def _whole(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(rf"[ \t\r\n]*(?:{pattern})[ \t\r\n]*\Z", re.ASCII)
    return lambda text: compiled.match(text) is not None


_OFFSET: Final = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_MOMENT: Final = re.compile(
    rf"(-?(?:[1-9]\d{{3,9}}|0\d{{3}}))-(\d\d)-(\d\d)T(?:(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?|24:00:00(?:\.0+)?){_OFFSET}?\Z",
    re.ASCII,
)
_STAMP: Final = re.compile(rf"\d{{4}}-\d\d-\d\dT(?!24).*?{_OFFSET}\Z", re.ASCII)

_UNESCAPED: Final = re.compile(r"[^\x21-\x7e]|[<>\"{}|\\^`]")
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SIGN: Final = r"[A-Za-z0-9\-._~!$&'()*+,;=%]"
_STEP: Final = r"[A-Za-z0-9\-._~!$&'()*+,;=%:@]"
_AUTHORITY: Final = rf"//(?:(?:{_SIGN}|:)*@)?(?:\[[^\]]*\]|{_SIGN}*)(?::\d{{1,9}})?(?:/{_STEP}*)*"
_PATH: Final = rf"(?:{_STEP}|/)*"
_URI: Final = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+\-.]*:(?:{_AUTHORITY}|(?!//){_PATH})|{_AUTHORITY}|(?!//)/{_PATH}|(?:(?!:){_STEP})+(?:/{_PATH})?|)"
    rf"(?:\?(?:{_STEP}|[/?])*)?(?:#(?:{_STEP}|[/?\[\]])*)?\Z",
    re.ASCII,
)
