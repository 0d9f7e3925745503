"""Segments and their separators: what is written is read again, however it is cut into blocks, as the naive oracle reads it."""

from __future__ import annotations

import io
from unittest import mock

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.edi.syntax import scanning
from chaintwin.ingest.connectors.edi.syntax.headers import EDIFACT, X12, Header, begun
from chaintwin.ingest.connectors.edi.syntax.scanning import SEGMENT_BYTES_MAX, Scanner
from chaintwin.ingest.connectors.edi.syntax.segments import EDIFACT_USUAL, Segment, Separators, read_segment, write_segment
from tests.ingest.connectors.edi.samples import ORDER, X12_NOTICE, edifact, x12
from tests.oracles.plain_edi import plain_segments
from tests.sizes import scaled

SIGNS = "!\"#$%&'()*+,-./:;<=>?@[]^_{|}~"
TEXTS = st.text(st.characters(codec="latin-1", exclude_categories=("Cc", "Zs")) | st.sampled_from(SIGNS), max_size=8)
"""Texts without blanks at their ends, which mean nothing in either syntax."""

COMPONENTS = st.lists(TEXTS, min_size=1, max_size=3).map(tuple)
ELEMENTS = st.lists(st.lists(COMPONENTS, min_size=1, max_size=3).map(tuple), max_size=5).map(tuple)
SEGMENTS = st.builds(Segment, st.just(1), st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True), ELEMENTS)
SEPARATORS = st.permutations(SIGNS).map(lambda signs: Separators(*signs[:6]))


def normal(segment: Segment) -> Segment:
    """Return a segment without empty ends, as it is written."""
    elements = [[_cut(list(one)) or [""] for one in repeats] for repeats in segment.elements]
    while elements and all(one == [""] for one in elements[-1]) and len(elements[-1]) == 1:
        elements.pop()
    return Segment(segment.number, segment.tag, tuple(tuple(tuple(one) for one in repeats) for repeats in elements))


def _cut(parts: list[str]) -> list[str]:
    while parts and not parts[-1]:
        parts.pop()
    return parts


def plain(segment: Segment) -> tuple[str, tuple[tuple[tuple[str, ...], ...], ...]]:
    return segment.tag, tuple(tuple(tuple(one) for one in repeats) for repeats in segment.elements)


def scanned(content: bytes, separators: Separators) -> list[Segment]:
    scanner, found = Scanner(io.BytesIO(content)), []
    while (raw := scanner.segment(separators)) is not None:
        assert raw.is_whole
        found.append(read_segment(raw.content.decode("latin-1"), separators))
    return found


@settings(max_examples=scaled(ci=150, full=3_000), deadline=None)
@given(st.lists(SEGMENTS, min_size=1, max_size=6), SEPARATORS, st.integers(1, 40), st.sampled_from(["", "\n", "\r\n"]))
def test_write_segment__comes_back(segments: list[Segment], separators: Separators, block: int, ends: str) -> None:
    text = "".join(write_segment(segment, separators) + ends for segment in segments)
    with mock.patch.object(scanning, "CHUNK_BYTES", block):
        found = scanned(text.encode("latin-1"), separators)
    assert [plain(one) for one in found] == [plain(normal(one)) for one in segments]
    told = plain_segments(
        text.replace("\r", "").replace("\n", ""),
        component=separators.component,
        element=separators.element,
        terminator=separators.terminator,
        repetition=separators.repetition,
        release=separators.release,
    )
    assert [plain(one) for one in found] == told


@settings(max_examples=scaled(ci=150, full=3_000), deadline=None)
@given(st.text("AB+:'?*", max_size=60), st.integers(1, 30))
def test_scanner__reads_anything_as_the_oracle_does(text: str, block: int) -> None:
    separators = Separators(repetition="*")
    # Behind the last terminator stands what is cut off.
    content = text + "AB'"
    assume(not text.replace("??", "").endswith("?"))
    with mock.patch.object(scanning, "CHUNK_BYTES", block):
        found = [plain(one) for one in scanned(content.encode(), separators) if one.tag]
    told = plain_segments(content, component=":", element="+", terminator="'", repetition="*", release="?")
    assert found == told


def test_write_segment__without_a_release_character_nothing_is_hidden() -> None:
    separators = Separators(":", "*", "~", "^", "")
    with pytest.raises(UsageError, match="found the separator"):
        write_segment(Segment(1, "REF", ((("a*b",),),)), separators)
    assert write_segment(Segment(1, "REF", ((("a", "b"), ("c",)), (("",),))), separators) == "REF*a:b^c~"


def test_segment__of_what_is_not_there() -> None:
    segment = read_segment("NAD+BY+123::9", EDIFACT_USUAL)
    assert (segment.text(2, 1), segment.text(2, 3), segment.text(2, 4), segment.text(9)) == ("123", "9", "", "")
    assert segment.texts(9) == ()


@pytest.mark.parametrize("release", ["?", ""])
def test_scanner__a_segment_that_is_too_long_is_cut_and_passed(release: str) -> None:
    separators = Separators(release=release)
    long = b"FTX+" + b"x" * (SEGMENT_BYTES_MAX * 5)
    scanner = Scanner(io.BytesIO(b"AAA+1'" + long + b"'BBB+2'\n"))
    found = [scanner.segment(separators) for _ in range(4)]
    assert [(raw.content[:5], raw.is_whole) if raw else None for raw in found] == [
        (b"AAA+1", True), (b"FTX+x", False), (b"BBB+2", True), None,
    ]  # fmt: skip
    assert len(found[1].content) == SEGMENT_BYTES_MAX  # type: ignore[union-attr]


def test_begun__separators_of_both_syntaxes() -> None:
    def header(content: bytes) -> Header | str | None:
        scanner = Scanner(io.BytesIO(content))
        scanner.peek(1)
        return begun(scanner)

    assert header(edifact(ORDER, una=False)) == Header(EDIFACT, EDIFACT_USUAL)
    assert header(b"\r\n UNA|^,! ~UNB") == Header(EDIFACT, Separators("|", "^", "~", "", "!", ","))
    assert header(x12(X12_NOTICE)) == Header(X12, Separators(":", "*", "~", "", "", "."))
    assert header(x12(X12_NOTICE, version="005010", signs="|>\n^")) == Header(X12, Separators(">", "|", "\n", "^", "", "."))
    assert header(b"UNA++.? 'UNB") == "the separator '+' for two things"
    assert header(b"UNA:+.?") == "a service string advice that is cut off"
    assert header(b"UNAa+.? 'UNB") == "the separator 'a'"
    assert "16 elements" in str(header(b"ISA*00*" + b" " * 200))
    assert header(b"{}") is None
