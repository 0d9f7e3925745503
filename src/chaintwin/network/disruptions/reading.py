"""From blocks of a scenario file to disruptions, with every fault named."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from chaintwin.errors import Finding
from chaintwin.laws import LawError, parse
from chaintwin.laws.parameters import LARGEST
from chaintwin.network.disruptions.disruption import LOST, Cause, Disruption, Fading, Impact, Where
from chaintwin.network.disruptions.rerouting import CORRIDORS
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import names_of

KEYS = (
    "name",
    "cause",
    "where",
    "effect",
    "start",
    "after",
    "duration",
    "recovery",
    "fading",
    "stages",
    "chance",
    "event",
    "reroute",
    "elasticity",
    "confidence",
    "source",
)
KINDS_USED = "site, supplier, lane, product, country or a kind of sites"
WHERE_KEYS = tuple(field.name for field in fields(Where))
FACTOR_MOST = 1000.0
TEXT_MOST = 200
DAYS_MOST = 1e9
"""Days that are as good as for ever."""

EXAMPLE = '[[disruption]], where = { site = "hamburg" }, after = 30, duration = 14, effect = { capacity = 0 }'


def disruptions_of(listed: Sequence[Any], *, file: str, cause: Cause | None = None) -> tuple[list[Disruption], list[Finding]]:
    """Return disruptions of plain mappings, and what is wrong with the others.

    Parameters
    ----------
    listed : a mapping each, with the keys ``KEYS``.
    file : how findings name the scenario.
    cause : of all that name none.
    """
    found: list[Disruption] = []
    findings: list[Finding] = []
    word = "disruption" if cause is None else str(cause)
    for number, item in enumerate(listed, start=1):
        place = f"{file}, {word} {number}"
        if not isinstance(item, Mapping):
            findings.append(Finding("disruption.key", shown(str(item)), f"a block such as {EXAMPLE}", file=place))
            continue
        reader = _Reader(item, place)
        disruption = reader.disruption(name=f"{word} {number}", cause=cause or Cause.OTHER, file=file)
        findings += reader.findings
        if not reader.findings:
            found.append(disruption)
    return found, findings


def unique_names(disruptions: Sequence[Disruption], *, file: str) -> list[Finding]:
    """Return the names that are there twice, by which random numbers would be shared."""
    seen: set[str] = set()
    findings = []
    for disruption in disruptions:
        if disruption.name in seen:
            found, fix = f"the name {shown(disruption.name)} twice", "rename one of them"
            findings.append(Finding("disruption.name", found, "each name once in a scenario", fix, file=file, column="name"))
        seen.add(disruption.name)
    return findings


class _Reader:
    """Reads one block and collects what is wrong with it."""

    def __init__(self, item: Mapping[str, Any], place: str) -> None:
        self.item, self.place = item, place
        self.findings: list[Finding] = []
        for key in item:
            if key not in KEYS:
                self.fault("disruption.key", f"unknown key {shown(str(key))}", ", ".join(KEYS), _near(str(key), KEYS))

    def disruption(self, *, name: str, cause: Cause, file: str) -> Disruption:
        """Return the disruption; what is at fault has its default."""
        effect, where = self.effects(), self.where()
        given = self.item.get("start"), self.item.get("after")
        if all(value is not None for value in given):
            self.fault("disruption.value", "start and after", "one of the two", "remove one", column="start")
        reroute = self.flag("reroute", default=bool(where.corridor) and Impact.CAPACITY not in effect)
        if reroute and not where.corridor:
            self.fault(
                "disruption.value", "reroute without a corridor", "reroute beside where = { corridor = ... }", column="reroute"
            )
        if not effect and not reroute and not self.findings:
            allowed = f"an effect: {', '.join(Impact)}"
            self.fault("disruption.effect", "no effect", allowed, "write effect = { capacity = 0 }", column="effect")
        stages = self.stages()
        if Impact.PREPAYMENT_LOST in effect and Impact.ORDERS_CANCELLED not in effect:
            fix = "add orders_cancelled"
            self.fault("disruption.effect", "prepayment_lost alone", "beside orders_cancelled", fix, column="effect")
        elasticity = self.number("elasticity", 0.0, least=-20.0, most=0.0)
        if elasticity and not effect.get(Impact.PRICE):
            self.fault(
                "disruption.value", "elasticity without a price above 0", "beside effect = { price = ... }", column="elasticity"
            )
        if cause is Cause.OTHER and self.item.get("cause") == Cause.INTERVENTION:
            self.fault("disruption.value", "cause = intervention", "other causes", "write [[intervention]]", column="cause")
        fading = self.word("fading", Fading, Fading.STAGED if stages else Fading.LINEAR)
        if bool(stages) != (fading is Fading.STAGED):
            allowed = "stages = [[0, 0.8], [0.5, 0.3]] for staged, none else"
            self.fault("disruption.value", f"{len(stages)} stages beside fading {fading}", allowed, column="stages")
            fading = Fading.LINEAR
        confidence = self.number("confidence", math.nan, most=1.0)
        return Disruption(
            name=self.text("name", name) or name,
            cause=self.word("cause", Cause, cause),
            where=where,
            effect=effect,
            start=self.day(),
            after=self.law("after", "0"),
            duration=self.law("duration", ""),
            recovery=self.number("recovery", 0.0, most=1e6),
            fading=fading,
            stages=stages,
            chance=self.number("chance", 1.0, most=1.0),
            event=self.text("event", ""),
            reroute=reroute,
            elasticity=elasticity,
            confidence=None if math.isnan(confidence) else confidence,
            source=self.text("source", ""),
            file=file,
        )

    def effects(self) -> dict[Impact, float]:
        """Return the numbers of the impacts."""
        given = self.item.get("effect", {})
        if not isinstance(given, Mapping):
            self.fault("disruption.effect", shown(str(given)), "effect = { capacity = 0.5 }", column="effect")
            return {}
        found = {}
        words = [str(impact) for impact in Impact]
        for name, value in given.items():
            if name not in words:
                fix = _near(str(name), words)
                self.fault("disruption.effect", f"effect {shown(str(name))}", ", ".join(words), fix, column="effect")
                continue
            impact = Impact(name)
            most = 1.0 if impact in LOST or impact is Impact.ARRIVALS else FACTOR_MOST
            if not _is_number(value) or not 0 <= value <= most:
                allowed = f"a number from 0 to {most:g}"
                self.fault("disruption.value", f"{name} = {shown(str(value))}", allowed, column="effect")
                continue
            found[impact] = float(value)
        return found

    def where(self) -> Where:
        """Return what it is on."""
        given = self.item.get("where")
        if not isinstance(given, Mapping) or not given:
            fix = 'write where = { site = "hamburg" }'
            self.fault(
                "disruption.where", "no where" if given is None else shown(str(given)), "keys with values", fix, column="where"
            )
            return Where()
        found: dict[str, Any] = {}
        for name, value in given.items():
            if name not in WHERE_KEYS:
                self.fault(
                    "disruption.where",
                    f"key {shown(str(name))}",
                    ", ".join(WHERE_KEYS),
                    _near(str(name), WHERE_KEYS),
                    column="where",
                )
            elif name == "area":
                found["area"] = self.area(value)
            elif name == "most_used":
                found["most_used"] = self.most_used(value, beside=given)
            elif name == "everywhere":
                if value is not True:
                    self.fault("disruption.where", f"everywhere = {shown(str(value))}", "true, or nothing", column="everywhere")
                found["everywhere"] = True
            elif name == "between":
                found["between"] = self.sides(value)
            else:
                values = value if isinstance(value, list | tuple) else [value]
                if not values or not all(isinstance(one, str) and one.strip() for one in values):
                    self.fault("disruption.where", f"{name} = {shown(str(value))}", "a text, or a list of texts", column="where")
                else:
                    found[name] = tuple(dict.fromkeys(values))
        for name in found.get("corridor", ()):
            if name not in CORRIDORS:
                fix = _near(name, CORRIDORS)
                self.fault("disruption.where", f"corridor {shown(name)}", ", ".join(CORRIDORS), fix, column="corridor")
        return Where(**found)

    def most_used(self, value: Any, *, beside: Mapping[str, Any]) -> str:
        """Return the kind of what is chosen by itself."""
        others = [name for name in beside if name not in ("most_used", "product", "everywhere")]
        others = [name for name in others if not (name == "mode" and value == "country")]
        if others:
            found = f"{others[0]} beside most_used"
            allowed = "most_used alone, with product, or with mode for a country"
            self.fault("disruption.where", found, allowed, "name what is meant", column="most_used")
        if not isinstance(value, str) or not value.strip():
            self.fault(
                "disruption.where",
                f"most_used = {shown(str(value))}",
                "site, supplier, lane, product, country or a kind of sites",
                column="most_used",
            )
            return ""
        return value

    def area(self, value: Any) -> tuple[float, float, float] | None:
        """Return latitude, longitude and radius."""
        names = ("latitude", "longitude", "radius_km")
        if isinstance(value, Mapping) and set(value) == set(names) and all(_is_number(value[name]) for name in names):
            latitude, longitude, radius = (float(value[name]) for name in names)
            if abs(latitude) <= 90 and abs(longitude) <= 180 and radius > 0:
                return latitude, longitude, radius
        allowed = "area = { latitude = 25.0, longitude = 121.5, radius_km = 150 }"
        self.fault("disruption.where", f"area = {shown(str(value))}", allowed, column="area")
        return None

    def sides(self, value: Any) -> tuple[tuple[str, ...], ...]:
        """Return two groups of countries."""
        sides = (
            [tuple(side) if isinstance(side, list | tuple) else (side,) for side in value]
            if isinstance(value, list | tuple)
            else []
        )
        if len(sides) == 2 and all(side and all(isinstance(one, str) for one in side) for side in sides):
            if not set(sides[0]) & set(sides[1]):
                return tuple(sides)
            self.fault(
                "disruption.where",
                f"{shown(sorted(set(sides[0]) & set(sides[1]))[0])} on both sides",
                "two groups apart",
                column="between",
            )
            return ()
        self.fault("disruption.where", f"between = {shown(str(value))}", 'between = [["US"], ["CN"]]', column="between")
        return ()

    def day(self) -> date | None:
        """Return the first day."""
        value = self.item.get("start")
        if value is None:
            return None
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                self.fault("disruption.date", shown(str(value)), "a day that there is, such as 2026-04-01", column="start")
                return None
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fault("disruption.date", shown(str(value)), "a day such as 2026-04-01", column="start")
            return None
        return value

    def law(self, key: str, default: str) -> str:
        """Return a number of days or a law of it."""
        value = self.item.get(key)
        if value is None:
            return default
        allowed = "days, 0 or more, or a law of them such as lognormal(mean=20, cv=0.5)"
        if _is_number(value) and 0 <= value <= DAYS_MOST:
            return f"{value:.12g}"
        if not isinstance(value, str):
            self.fault("disruption.value", f"{key} = {shown(str(value))}", allowed, column=key)
            return default
        try:
            law = parse(value, folder=None)
        except LawError as error:
            self.fault("disruption.value", f"{key} = {shown(value)}: {error}", allowed, column=key)
            return default
        if law.quantile(0.0) < 0:
            self.fault("disruption.value", f"{key} = {shown(value)}, which may be below 0", allowed, column=key)
        return value

    def stages(self) -> tuple[tuple[float, float], ...]:
        """Return the stages of a recovery."""
        value = self.item.get("stages", [])
        pairs = [tuple(pair) for pair in value if isinstance(pair, list | tuple)] if isinstance(value, list | tuple) else []
        fine = isinstance(value, list | tuple) and len(pairs) == len(value)
        fine = fine and all(len(pair) == 2 and all(_is_number(one) and 0 <= one <= 1 for one in pair) for pair in pairs)
        starts = [pair[0] for pair in pairs]
        if fine and (not starts or (starts[0] == 0 and starts == sorted(set(starts)) and starts[-1] < 1)):
            return tuple((float(start), float(left)) for start, left in pairs)
        allowed = "pairs of shares, the first ones ascending from 0, such as [[0, 0.8], [0.5, 0.3]]"
        self.fault("disruption.value", f"stages = {shown(str(value))}", allowed, column="stages")
        return ()

    def number(self, key: str, default: float, *, least: float = 0.0, most: float) -> float:
        """Return a number in a range."""
        value = self.item.get(key)
        if value is None:
            return default
        if not _is_number(value) or not least <= value <= most:
            self.fault("disruption.value", f"{key} = {shown(str(value))}", f"a number from {least:g} to {most:g}", column=key)
            return default
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.item.get(key, default)
        if not isinstance(value, bool):
            self.fault("disruption.value", f"{key} = {shown(str(value))}", "true or false", column=key)
            return default
        return value

    def text(self, key: str, default: str) -> str:
        """Return a text."""
        value = self.item.get(key, default)
        if not isinstance(value, str) or not value.isprintable() or len(value) > TEXT_MOST:
            allowed = f"a text of at most {TEXT_MOST} visible characters"
            self.fault("disruption.value", f"{key} = {shown(str(value))}", allowed, column=key)
            return default
        return value.strip()

    def word(self, key: str, words: type[Any], default: Any) -> Any:
        """Return one of some words."""
        value = self.item.get(key, default)
        known = [str(word) for word in words]
        if value not in known:
            self.fault("disruption.value", f"{key} = {shown(str(value))}", ", ".join(known), _near(str(value), known), column=key)
            return default
        return words(value)

    def fault(self, code: str, found: str, allowed: str, fix: str = "", *, column: str = "") -> None:
        """Note what is wrong."""
        self.findings.append(Finding(code, found, allowed, fix, file=self.place, column=column))


def _near(name: str, known: Any) -> str:
    near = names_of(known).nearest(name)
    return f"did you mean {near}?" if near else ""


def _is_number(value: Any) -> bool:
    # A whole number of TOML may have more digits than a float has room for.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST and math.isfinite(value)
