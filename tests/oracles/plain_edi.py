"""A naive reading of segments, sign by sign, over a whole text at once: what the reader of files has to give too."""

from __future__ import annotations

Plain = tuple[str, tuple[tuple[tuple[str, ...], ...], ...]]
"""A tag, and elements of repetitions of components."""

END, ELEMENT, REPETITION, COMPONENT = "end", "element", "repetition", "component"


def plain_segments(text: str, *, component: str, element: str, terminator: str, repetition: str, release: str) -> list[Plain]:
    """Return the segments of a text; every sign is first said to be plain or one of four marks, then the marks are followed."""
    marks = {component: COMPONENT, element: ELEMENT, terminator: END} | ({repetition: REPETITION} if repetition else {})
    signs: list[tuple[str, str]] = []
    is_released = False
    for sign in text:
        if is_released:
            signs.append(("", sign))
            is_released = False
        elif release and sign == release:
            is_released = True
        else:
            signs.append((marks.get(sign, ""), sign))
    found: list[Plain] = []
    segment: list[list[list[str]]] = [[[""]]]
    for mark, sign in signs:
        if mark == END:
            tag = segment[0][0][0].strip()
            if tag:
                found.append((tag, tuple(tuple(tuple(one) for one in repeats) for repeats in segment[1:])))
            segment = [[[""]]]
        elif mark == ELEMENT:
            segment.append([[""]])
        elif mark == REPETITION:
            segment[-1].append([""])
        elif mark == COMPONENT:
            segment[-1][-1].append("")
        else:
            segment[-1][-1][-1] += sign
    return found
