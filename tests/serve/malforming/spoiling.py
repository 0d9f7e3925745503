"""Valid texts with faults in them: of JSON by its parts, of XML by its tags, of both by their bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

ODD_VALUES = (
    *(b"null", b"true", b"false", b"0", b"-1", b"-0", b"1.5", b"1e308", b"5e-324", b'""', b'" "', b'"x"', b'"\xc3\xa4"', b'"::"'),
    *(b"[]", b"{}", b"[[]]", b"[null]", b'{"":""}', b'{"@context":1}', b'"urn:"', b'"http://"', b'"%"', b'"../.."', b'"\\u0001"'),
    *(b'"0000-00-00T00:00:00Z"', b'"9999-12-31T23:59:59.999Z"', b'"2026-02-30T00:00:00Z"', b'"2026-03-01T00:00:00"'),
    *(b'"' + b"a" * 3_000 + b'"', b'"urn:epc:id:sgtin:' + b"1" * 600 + b'"', b"[" + b"0," * 700 + b"0]", b'"\xf0\x9f\x9a\xa2"'),
    *(b'"https://id.gs1.org/01/1"', b'"urn:epc:class:lgtin:..."', b"9007199254740993", b"123456789012345678901234567890"),
)
"""Values of JSON that mean little where they stand."""

NO_VALUES = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e400", b"01", b"+1", b".5", b"1.", b"0x10", b"1" * 5_000, b"nul", b"'x'"),
    *(b'"\xff\xfe"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\\ud800"', b'"\\u00"', b'"\\x"', b'"\x00"', b'"\\u0000"', b'"\n"', b""),
    *(
        b"[" * 70 + b"]" * 70,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b"[" * 20_000,
        b'{"a":' * 2_000,
        b"[1,]",
        b'{"a":1,}',
        b'{"a"}',
        b"/**/1",
    ),
)
"""What stands where a value could and is none, or none that is taken."""

XML_PIECES = (
    *(
        b"<a>",
        b"</a>",
        b"<a/>",
        b"<",
        b">",
        b"&",
        b"&amp;",
        b"&#0;",
        b"&#x10FFFF;",
        b"&nothing;",
        b"]]>",
        b"<![CDATA[x]]>",
        b"<?x y?>",
    ),
    *(
        b"<!-- x -->",
        b"<!-- -- -->",
        b"<a b='1' b='2'/>",
        b"<x:y/>",
        b'<a xmlns:x=""/>',
        b"\x00",
        b"\xff",
        b"\xef\xbf\xbf",
        b"<a" * 300,
    ),
    *(
        b"<a>" * 150 + b"</a>" * 150,
        b"<a>" * 20_000,
        b"x" * 3_000,
        b"<!DOCTYPE a>",
        b"<eventTime/>",
        b"<action>SHIP</action>",
        b"<?xml ?>",
    ),
)
"""What does no XML document good."""

DOCUMENT_TYPES = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]><a>&e;</a>',
    b'<!DOCTYPE a [<!ENTITY a "' + b"x" * 20_000 + b'">]><a>' + b"&a;" * 2_000 + b"</a>",
    b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><a>&a;</a>',
    b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    b'<!DOCTYPE a [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a"> %a;]><a/>',
    b'<!DOCTYPE a [<!ENTITY a "&b;"><!ENTITY b "&a;">]><a>&a;</a>',
    b'<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>',
)
"""Entities that grow without end, that read files and that ask a network."""

ENCODINGS = (b"UTF-7", b"UTF-16", b"UTF-32", b"EBCDIC-CP-US", b"ISO-8859-1", b"none", b"", b"x" * 200)

Place = tuple[int, int]


class Text:
    """A JSON text and where its parts are.

    Parameters
    ----------
    value : what it says.
    """

    def __init__(self, value: Any) -> None:
        self.values: list[Place] = []
        self.members: list[Place] = []
        self.names: list[Place] = []
        written = bytearray()
        self._write(value, written)
        self.content = bytes(written)

    def _write(self, value: Any, to: bytearray) -> None:
        begin = len(to)
        if isinstance(value, dict):
            to += b"{"
            for name, part in value.items():
                if len(to) > begin + 1:
                    to += b","
                start = len(to)
                to += json.dumps(name).encode()
                self.names.append((start, len(to)))
                to += b":"
                self._write(part, to)
                self.members.append((start, len(to)))
            to += b"}"
        elif isinstance(value, list):
            to += b"["
            for number, part in enumerate(value):
                to += b"," if number else b""
                self._write(part, to)
            to += b"]"
        else:
            to += json.dumps(value).encode()
        self.values.append((begin, len(to)))


def spoiled(text: Text, chance: Random) -> bytes:
    """Return a JSON text with one to three faults; few of the results are valid still."""
    content = chance.choices(_OF_JSON, _WEIGHTS)[0](text, chance)
    while chance.random() < 0.3:
        content = spoiled_bytes(content, chance)
    return content


def spoiled_xml(content: bytes, chance: Random) -> bytes:
    """Return an XML text with one to three faults."""
    draw = chance.random()
    if draw < 0.04:
        content = DOCUMENT_TYPES[chance.randrange(len(DOCUMENT_TYPES))]
    elif draw < 0.08:
        content = content.replace(b"UTF-8", chance.choice(ENCODINGS), 1)
    elif draw < 0.12:
        content = content.decode().encode(chance.choice(["utf-16", "utf-32", "utf-7"]))
    elif draw < 0.5:
        places = [found.start() for found in _TAG.finditer(content)]
        at = chance.choice(places)
        content = content[:at] + chance.choice(XML_PIECES) + content[at:]
    elif draw < 0.8:
        # A tag, with or without what is between it and another, goes or comes twice.
        places = [found.span() for found in _TAG.finditer(content)]
        begin, end = chance.choice(places)[0], chance.choice(places)[1]
        content = content[:begin] + content[end:] if begin < end else content[:begin] + content[end:begin] * 2 + content[begin:]
    else:
        content = spoiled_bytes(content, chance)
    while chance.random() < 0.3:
        content = spoiled_bytes(content, chance)
    return content


def spoiled_bytes(content: bytes, chance: Random) -> bytes:
    """Return bytes some of which are others, are gone, or came in between."""
    draw, size = chance.random(), len(content)
    if draw < 0.2:
        return content[: chance.randrange(size + 1)]
    found = bytearray(content)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(size + 1)
        if draw < 0.6 and at < len(found):
            found[at] = found[at] ^ 1 << chance.randrange(8)
        elif draw < 0.8:
            found[at : at + chance.randrange(40)] = b""
        else:
            found[at:at] = chance.randbytes(chance.randrange(1, 6))
    return bytes(found)


def _put(text: Text, place: Place, piece: bytes) -> bytes:
    return text.content[: place[0]] + piece + text.content[place[1] :]


def _other_value(text: Text, chance: Random) -> bytes:
    return _put(text, chance.choice(text.values), chance.choice(ODD_VALUES))


def _no_value(text: Text, chance: Random) -> bytes:
    return _put(text, chance.choice(text.values), chance.choice(NO_VALUES))


def _swapped(text: Text, chance: Random) -> bytes:
    begin, end = chance.choice(text.values)
    return _put(text, chance.choice(text.values), text.content[begin:end])


def _without_member(text: Text, chance: Random) -> bytes:
    begin, end = chance.choice(text.members)
    content = text.content
    if content[end : end + 1] == b",":
        end += 1
    elif content[begin - 1 : begin] == b",":
        begin -= 1
    return content[:begin] + content[end:]


def _member_twice(text: Text, chance: Random) -> bytes:
    begin, end = chance.choice(text.members)
    return _put(text, (end, end), b"," + text.content[begin:end])


def _other_name(text: Text, chance: Random) -> bytes:
    begin, end = chance.choice(text.names)
    names = (b'"new"', b'"ct:x"', b'""', b'"@context"', b'"epcList"', b'"a:b:c"', b'"\\u0000"', text.content[begin:end])
    return _put(text, chance.choice(text.names), chance.choice(names))


def _wrapped(text: Text, chance: Random) -> bytes:
    before, behind = chance.choice(
        ((b"[", b"]"), (b'{"a":', b"}"), (b"\xef\xbb\xbf", b""), (b"", b"{}"), (b"", b"\x00"), (b"x", b""))
    )
    return before + text.content + behind


def _encoded(text: Text, chance: Random) -> bytes:
    return text.content.decode().encode(chance.choice(["utf-16", "utf-32", "utf-16-le", "utf-7"]))


def _many(text: Text, chance: Random) -> bytes:
    """Return a list of some hundred events with a fault each."""
    piece = chance.choice((b"null", b"{}", b'{"type":"ObjectEvent"}', b'{"type":"ObjectEvent","eventTime":1,"epcList":[1,2]}'))
    return b"[" + b",".join([piece] * chance.randrange(50, 400)) + b"]"


_OF_JSON: tuple[Callable[[Text, Random], bytes], ...] = (
    *(_other_value, _no_value, _swapped, _without_member, _member_twice, _other_name, _wrapped, _encoded, _many),
    lambda text, chance: spoiled_bytes(text.content, chance),
)
_WEIGHTS = (20, 20, 15, 10, 8, 8, 4, 3, 0.3, 12)
_TAG = re.compile(rb"<[^>]*>")
