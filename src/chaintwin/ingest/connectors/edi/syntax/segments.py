"""One segment of UN/EDIFACT or ANSI X12: from its characters to elements, repetitions and components, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chaintwin.errors import UsageError

Element = Sequence[Sequence[str]]
"""Repetitions of an element, each with its components."""


@dataclass(frozen=True, slots=True)
class Separators:
    """The characters that an interchange sets apart; each is one character, or empty where the interchange has none.

    Parameters
    ----------
    component, element, terminator : between components and elements, and behind a segment.
    repetition : between repetitions of an element. release : takes its meaning from the character behind it.
    decimal : marks that may stand in a number; of EDIFACT both unless the advice names one.
    """

    component: str = ":"
    element: str = "+"
    terminator: str = "'"
    repetition: str = ""
    release: str = "?"
    decimal: str = ",."

    def twice(self) -> str:
        """Return the first character that stands for two things; empty if none does."""
        used = [sign for sign in (self.component, self.element, self.terminator, self.repetition, self.release) if sign]
        return next((sign for place, sign in enumerate(used) if sign in used[:place]), "")


EDIFACT_USUAL = Separators()
"""What holds without a service string advice."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that was read.

    Parameters
    ----------
    number : in its message, from 1. tag : such as ``DTM``. elements : behind the tag; each has one repetition at least.
    """

    number: int
    tag: str
    elements: tuple[Element, ...]

    def text(self, element: int, component: int = 1) -> str:
        """Return a component of the first repetition of an element; empty where there is none.

        Parameters
        ----------
        element, component : from 1.
        """
        if element > len(self.elements):
            return ""
        parts = self.elements[element - 1][0]
        return parts[component - 1].strip() if component <= len(parts) else ""

    def texts(self, element: int) -> Element:
        """Return all repetitions of an element; none where it is not there.

        Parameters
        ----------
        element : from 1.
        """
        return self.elements[element - 1] if element <= len(self.elements) else ()


def read_segment(text: str, separators: Separators, *, number: int = 1) -> Segment:
    """Return the segment that characters without the terminator say.

    Parameters
    ----------
    text : tag and elements. separators : of the interchange. number : of the segment in its message.

    Example
    -------
    >>> segment = read_segment("FTX+AAI+++Fish ?+ chips:twice", EDIFACT_USUAL)
    >>> segment.tag, segment.text(4, 1), segment.text(4, 2)
    ('FTX', 'Fish + chips', 'twice')
    """
    release = separators.release
    if release and release in text:
        return _released(text, separators, number=number)
    tag, *rest = text.split(separators.element)
    component, repetition = separators.component, separators.repetition
    if repetition and repetition in text:
        elements: tuple[Element, ...] = tuple([[one.split(component) for one in part.split(repetition)] for part in rest])
    else:
        elements = tuple([(part.split(component),) for part in rest])
    tag = tag.partition(repetition)[0] if repetition else tag
    return Segment(number, tag.partition(component)[0].strip(), elements)


def write_segment(segment: Segment, separators: Separators) -> str:
    """Return the characters of a segment with its terminator; empty ends are left out.

    Parameters
    ----------
    segment : with any texts. separators : of the interchange.

    Raises
    ------
    UsageError
        A text holds a separator and the interchange has no release character.

    Example
    -------
    >>> write_segment(Segment(1, "QTY", ((("21", "5"),),)), EDIFACT_USUAL)
    "QTY+21:5'"
    """
    written = [
        separators.repetition.join(_trimmed(one, separators) for one in repeats)
        if len(repeats) > 1
        else _trimmed(repeats[0] if repeats else (), separators)
        for repeats in segment.elements
    ]
    while written and not written[-1]:
        written.pop()
    return separators.element.join([segment.tag, *written]) + separators.terminator


def _released(text: str, separators: Separators, *, number: int) -> Segment:
    """Read a segment sign by sign: a released one is a plain one."""
    release, element, component, repetition = (
        separators.release,
        separators.element,
        separators.component,
        separators.repetition,
    )
    elements: list[list[list[str]]] = [[[""]]]
    signs = iter(text)
    for sign in signs:
        if sign == release:
            elements[-1][-1][-1] += next(signs, "")
        elif sign == element:
            elements.append([[""]])
        elif sign == component:
            elements[-1][-1].append("")
        elif repetition and sign == repetition:
            elements[-1].append([""])
        else:
            elements[-1][-1][-1] += sign
    return Segment(number, elements[0][0][0].strip(), tuple(elements[1:]))


def _trimmed(components: Sequence[str], separators: Separators) -> str:
    written = [_escaped(text, separators) for text in components]
    while written and not written[-1]:
        written.pop()
    return separators.component.join(written)


def _escaped(text: str, separators: Separators) -> str:
    special = [sign for sign in (separators.component, separators.element, separators.terminator, separators.repetition) if sign]
    release = separators.release
    if not release:
        found = next((sign for sign in special if sign in text), "")
        if found:
            raise UsageError(
                f"found the separator {found!r} in {text[:40]!r}; allowed: a text without it, as nothing releases it"
            )
        return text
    return "".join([release + sign if sign in (*special, release) else sign for sign in text])
