"""From what a JSON schema refuses to what people are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from chaintwin.events.checking.problems import Problem, path_text, shown, shown_text

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

    from chaintwin.events.checking.schema import Schema

PROBLEMS_MAX: Final = 200
"""So many problems of one event are told."""


def explained(value: Any, validator: Validator, *, schema: Schema, root: str, event: int) -> list[Problem]:
    """Return every fault of a value by its schema, in words.

    Parameters
    ----------
    value : what is checked. validator : made of ``schema``. root : JSON path of it.
    event : place of the event, -1 for what is around events.
    """
    problems: list[Problem] = []
    shown_part = _pruned(value, frozenset(schema["properties"]))
    for error in validator.iter_errors(shown_part):
        problems += _Fault(error, schema, shown_part, root=root, event=event).problems()
        if len(problems) >= PROBLEMS_MAX:
            break
    if not problems:
        allowed = "lists and objects of fewer entries, or such without faults"
        problems.append(Problem("event.more", root, f"a fault beyond the first {ENTRIES_MAX} entries", allowed, event=event))
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: problem.path)


ENTRIES_MAX: Final = 300
"""Faults are looked for in so many entries of a list or an object: the validator copies the whole for each fault it finds."""


def _pruned(value: Any, kept: frozenset[str] = frozenset()) -> Any:
    """Return a value with the first entries of each list and object; those that must be kept stay."""
    if isinstance(value, dict):
        names = value if len(value) <= ENTRIES_MAX else [*islice(value, ENTRIES_MAX), *(name for name in kept if name in value)]
        return {name: _pruned(value[name]) for name in names}
    return [_pruned(item) for item in value[:ENTRIES_MAX]] if isinstance(value, list) else value


class _Fault:
    """One error of the validator, with the annotated part of the schema that it is about."""

    __slots__ = ("details", "error", "event", "kind", "part", "path", "root", "value")

    def __init__(self, error: ValidationError, schema: Schema, whole: Any, *, root: str, event: int) -> None:
        self.error = error
        # Each class of the validator's kinds has attributes of its own, which its base does not declare.
        self.details: Any = error.kind
        self.kind = type(error.kind).__name__.rpartition("_")[2]
        self.path = list(error.instance_path)
        # The validator would hand out a copy of the value for every error, which takes long where it is large.
        self.value = whole
        for step in self.path:
            self.value = self.value[step]
        self.root = root
        self.event = event
        self.part = _annotated(schema, list(error.schema_path))

    def problems(self) -> list[Problem]:
        return list(_BY_KIND.get(self.kind, _plain)(self))

    def problem(self, code: str, found: str, allowed: str, *, fix: str = "", at: tuple[str, ...] = ()) -> Problem:
        code = code if self.event >= 0 else code.replace("event.", "document.", 1)
        return Problem(code, path_text([*self.path, *at], self.root), found, allowed, fix, event=self.event)


def _missing(fault: _Fault) -> Iterator[Problem]:
    if "code" in fault.part:
        yield from _condition(fault)
        return
    name = fault.details.property
    meant = fault.part.get("properties", {}).get(name, {})
    close = get_close_matches(name, list(fault.value), n=1, cutoff=0.75) if isinstance(fault.value, dict) else []
    fix = f"rename {shown_text(close[0])} to {name}" if close else f"add {name}"
    if name == "@context":
        fix = meant["fix"]
    yield fault.problem("event.missing", "nothing", meant.get("allowed", _choice(meant)), fix=fix, at=(name,))


def _condition(fault: _Fault) -> Iterator[Problem]:
    part = fault.part
    found = shown(fault.value) if not isinstance(fault.value, dict) else f"{fault.value.get('type', 'an event')} without it"
    if part["code"] == "event.master_data":
        found = "ilmd"
    yield fault.problem(part["code"], found, part["allowed"], fix=part["fix"])


def _name(fault: _Fault) -> Iterator[Problem]:
    yield _of_name(fault, fault.details.error.instance, fault.part)


def _names(fault: _Fault) -> Iterator[Problem]:
    for name in fault.details.unexpected:
        yield _of_name(fault, name, fault.part)


def _of_name(fault: _Fault, name: str, part: Schema) -> Problem:
    known = list(part.get("properties", {}))
    takes_prefixed = "propertyNames" in part
    if takes_prefixed:
        allowed = (f"{', '.join(known)}, or " if known else "") + "a field with a prefix that the context defines"
    else:
        allowed = ", ".join(known)
    close = get_close_matches(name, known, n=1, cutoff=0.75)
    fix = f"rename it to {close[0]}" if close else f"write it as prefix:{shown_text(name)}" if takes_prefixed else "take it out"
    return fault.problem("event.field", f"the field {shown_text(name)}", allowed, fix=fix, at=(name,))


def _plain(fault: _Fault) -> Iterator[Problem]:
    part = fault.part
    if "code" in part:
        yield from _condition(fault)
        return
    if fault.kind == "UniqueItems":
        yield fault.problem("event.twice", "the same value twice", part["allowed"], fix="name each once")
    elif fault.kind == "MinItems":
        yield fault.problem("event.empty", "an empty list", part["allowed"], fix="add an entry, or take the field out")
    elif words := part.get("words"):
        yield _of_word(fault, words)
    else:
        code = "event.time" if part.get("format") == "date-time" else "event.value"
        yield fault.problem(code, shown(fault.value), part.get("allowed") or _choice(part), fix=part.get("fix", ""))


def _of_word(fault: _Fault, words: tuple[str, ...]) -> Problem:
    value = fault.value
    close: list[str] = []
    if isinstance(value, str):
        bare = value.rpartition(":")[2].rpartition("/")[2].rpartition("-")[2]
        close = [bare] if bare in words else get_close_matches(bare, words, n=3, cutoff=0.6)
    fix = f"write {' or '.join(close)}" if close else f"choose one of {', '.join(words[:12])}{', …' if len(words) > 12 else ''}"
    return fault.problem("event.word", shown(value), fault.part["allowed"], fix=fix)


def _choice(part: Schema) -> str:
    return ", ".join(map(str, part["enum"])) if "enum" in part else "another value"


def _annotated(schema: Schema, path: list[str | int]) -> Schema:
    """Return the deepest part of the schema on the way to an error that says what is allowed."""
    found = schema
    part: Any = schema
    for step in path:
        part = part[step]
        if isinstance(part, dict) and "allowed" in part:
            found = part
            if "code" in part or "words" in part:
                break
    return found


_BY_KIND: Final[dict[str, Callable[[_Fault], Iterator[Problem]]]] = {
    "Required": _missing,
    "PropertyNames": _name,
    "AdditionalProperties": _names,
}
