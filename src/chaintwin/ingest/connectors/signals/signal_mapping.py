"""What signals mean as events: a mapping in TOML, one rule for each kind of signal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from chaintwin.events.checking.words import BUSINESS_STEPS, DISPOSITIONS, MEASUREMENTS
from chaintwin.ingest.connectors.mapping_files import MappingCheck, mapping_text
from chaintwin.ingest.connectors.signals.kinds import EVERY, IDENTITY, KINDS, NUMBERS, TIME_UNITS, As
from chaintwin.ingest.connectors.signals.patterns import AddressPattern, PatternError, address_pattern
from chaintwin.ingest.connectors.signals.templates import ADDRESS, PLACEHOLDER, PROPERTY, VALUE, Template, template_of

WORDS: Mapping[str, tuple[str, ...]] = {"measures": MEASUREMENTS, "step": BUSINESS_STEPS, "disposition": DISPOSITIONS}
"""Templates that are words of a vocabulary, where nothing is filled in and no namespace is written."""

_KEPT_BY = (*IDENTITY, "value", "status", "share", "present", "longitude", "latitude", "step", "disposition")
"""Templates that tell two rules of one pattern apart; one that is changed begins anew."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the signals of one pattern of addresses become.

    Parameters
    ----------
    match : the pattern. kind : what they become. templates : by entry. words : what stands for values, by their text.
    numbers : settings that are numbers, such as ``least_change``. is_counter : whether the value is a running count.
    time_unit : of times that are numbers. key : names the rule in what is remembered, whatever its place in the file.
    """

    match: AddressPattern
    kind: As
    templates: Mapping[str, Template]
    words: Mapping[str, Any] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    is_counter: bool = False
    time_unit: str = "auto"
    key: str = ""


@dataclass(frozen=True, slots=True)
class SignalMapping:
    """A mapping from signals to events.

    Parameters
    ----------
    name : of the mapping. rules : all whose pattern fits apply, in their order.
    """

    name: str
    rules: tuple[Rule, ...]


def read_signal_mapping(path: Path | str) -> SignalMapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        Every fault of the file at once.
    """
    return parse_signal_mapping(mapping_text(path), file=Path(path).name)


def parse_signal_mapping(text: str, *, file: str = "mapping") -> SignalMapping:
    """Return the mapping a TOML text says.

    Parameters
    ----------
    text : the content of a mapping file. file : its name, for messages.

    Raises
    ------
    InputError
        Every fault at once.

    Example
    -------
    >>> mapping = parse_signal_mapping('''
    ... name = "cold store"
    ... [[signals]]
    ... match = "plant/{site}/{room}/temperature"
    ... as = "sensor"
    ... measures = "Temperature"
    ... unit = "CEL"
    ... device = "{room}"
    ... ''')
    >>> mapping.rules[0].match.names
    ('site', 'room')
    """
    check = _Check(text, file=file)
    name = check.name("mapping")
    check.unknown("", check.document, known={"name", "signals"})
    signals = check.parts("signals", fix="say what a signal becomes")
    rules = [check.rule(f"signals[{place}]", rule) for place, rule in enumerate(signals)]
    check.end()
    return SignalMapping(name, tuple(rule for rule in rules if rule is not None))


class _Check(MappingCheck):
    """Reads rules of signals."""

    def rule(self, where: str, given: Mapping[str, Any]) -> Rule | None:
        kinds = ", ".join(As)
        if "as" not in given or given["as"] not in frozenset(As):
            self.fault(f"{where}.as", str(given.get("as", "nothing")), allowed=kinds, fix="say what the signals become")
            return None
        kind = As(given["as"])
        about = KINDS[kind]
        self.unknown(where, given, known=EVERY | about.templates | about.settings)
        pattern = self._pattern(f"{where}.match", given.get("match"))
        for name in about.required:
            if name not in given:
                self.fault(f"{where}.{name}", "nothing", allowed=f"a text, for {kind}", fix=f"add {name}")
        if about.one_of and not any(name in given for name in about.one_of):
            self.fault(where, "neither", allowed=" or ".join(about.one_of), fix=f"add {' or '.join(about.one_of)}")
        templates = {
            name: self._template(f"{where}.{name}", given[name], name=name) for name in sorted(about.templates) if name in given
        }
        numbers = {name: self._number(f"{where}.{name}", given[name]) for name in sorted(NUMBERS & about.settings & given.keys())}
        counter = given.get("counter", False)
        if not isinstance(counter, bool):
            self.fault(f"{where}.counter", str(counter)[:60], allowed="true or false")
        if not counter and {"rolls_over_at", "most"} & given.keys():
            self.fault(
                f"{where}.counter", "no running count", allowed="counter = true beside rolls_over_at and most", fix="add it"
            )
        if kind is As.VEHICLE and ("longitude" in given) != ("latitude" in given):
            self.fault(where, "one of longitude and latitude", allowed="both", fix="add the other")
        unit = given.get("time_unit", "auto")
        if unit not in TIME_UNITS:
            self.fault(f"{where}.time_unit", str(unit)[:60], allowed=", ".join(TIME_UNITS))
        words = given.get("words", {})
        if not isinstance(words, dict) or not all(isinstance(value, str | bool | int | float) for value in words.values()):
            self.fault(
                f"{where}.words",
                str(words)[:60],
                allowed="values by the texts that mean them, such as {running = 1, stopped = 0}",
            )
            words = {}
        said = [kind.value, pattern.text, *(f"{name} {templates[name].text}" for name in _KEPT_BY if name in templates)]
        key = blake2b("\n".join(said).encode(), digest_size=6).hexdigest()
        return Rule(pattern, kind, templates, words, numbers, counter is True, str(unit), key)

    def _pattern(self, where: str, value: object) -> AddressPattern:
        try:
            if isinstance(value, str):
                return address_pattern(value)
            found = "nothing" if value is None else str(value)[:60]
        except PatternError as fault:
            found = str(fault)
        self.fault(
            where, found, allowed="an address with {name}, + for a level, # for the rest, such as plant/{site}/+/temperature"
        )
        return address_pattern("#")

    def _template(self, where: str, value: object, *, name: str) -> Template:
        if isinstance(value, bool | int | float):
            value = str(value).lower()
        if not isinstance(value, str) or not value:
            self.fault(where, str(value)[:60] or "nothing", allowed="a text")
            return template_of("")
        rest = PLACEHOLDER.sub("", value)
        if "{" in rest or "}" in rest:
            self.fault(where, value[:60], allowed="braces in pairs")
        for piece in PLACEHOLDER.findall(value):
            first = piece.split(".")[0]
            if piece.startswith("@"):
                if piece not in (VALUE, ADDRESS) and not piece.startswith(PROPERTY):
                    self.fault(where, f"{{{piece}}}", allowed=f"{{{VALUE}}}, {{{ADDRESS}}} or {{{PROPERTY}NAME}}")
            elif not first or not all(piece.split(".")):
                self.fault(where, f"{{{piece}}}", allowed="the name of a capture, or a path in the payload such as {press.state}")
        if name in WORDS and rest == value and ":" not in value and value not in WORDS[name]:
            self.fault(where, value[:60], allowed=f"{', '.join(WORDS[name])}, or a URI", fix="take a word of the vocabulary")
        return template_of(value)

    def _number(self, where: str, value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
            return float(value)
        self.fault(where, str(value)[:60], allowed="a number from 0 on")
        return 0.0
