"""A file of threats, CSV or TOML, read with all its faults together; rates from counts become beliefs."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from chaintwin.errors import Finding, InputError
from chaintwin.laws import Law, LawError, parse
from chaintwin.risk.annual.catalogue.collecting import USUAL_DURATION, for_each
from chaintwin.risk.annual.catalogue.places import Places, Reach
from chaintwin.risk.annual.catalogue.threats import Origin, Threat
from chaintwin.risk.occurrence import GammaBelief, RateEstimate, estimate_rate, pool_rates
from chaintwin.risk.occurrence.draws import joined_id

FILE_BYTES_MAX = 4 * 1024 * 1024
"""A catalogue by hand is far smaller."""

PRIOR = GammaBelief(0.5, 2.0)
"""What is believed of a rate before any count: as if half an event had been seen in two years."""

NUMBERS: Mapping[str, tuple[float, float, float | None]] = {
    "rate_per_year": (0.0, 1000.0, None),
    "events": (0.0, 1e6, None),
    "years": (0.0, 1e6, None),
    "severity_rate": (0.0, 1.0, 1.0),
    "vulnerability": (0.0, 1.0, 1.0),
    "amplitude": (0.0, 1.0, 0.0),
    "peak_day": (0.0, 366.0, 0.0),
}
"""Least, most and usual value of each number; None where a blank says that it is not given."""

TEXTS = ("threat_id", "cause", "scope", "where", "duration")
COLUMNS = (*TEXTS, *NUMBERS)


@dataclass(frozen=True, slots=True)
class ThreatFile:
    """What a file of threats holds.

    Parameters
    ----------
    threats : one for each site where a row holds for each of them.
    holds_for_each : a row holds for each site.
    """

    threats: tuple[Threat, ...] = ()
    holds_for_each: bool = False


def read_threats(path: Path | str, places: Places, *, confidence: float = 0.9, folder: Path | None = None) -> ThreatFile:
    """Read threats from a CSV file with a row each, or from a TOML file with blocks ``[[threat]]``.

    Parameters
    ----------
    path : ends in .csv or .toml. Columns, or keys: ``threat_id``, ``scope`` (site, supplier, lane, product, region, country or
        each_site) and ``where`` (what of that), ``rate_per_year`` or ``events`` counted in ``years``; and where they are not
        usual ``cause`` (other), ``duration`` (a law in periods, 7), ``severity_rate`` (1), ``vulnerability`` (1), ``amplitude``
        (0) and ``peak_day`` of the season.
    places : of the network.
    confidence : of the intervals of rates from counts. Threats with counts and one cause are one class, and are pooled.
    folder : where laws look for their files.

    Raises
    ------
    InputError
        The file cannot be read or has faults; the exception carries all of them.
    """
    source = Path(path)
    rows = _rows(source)
    findings: list[Finding] = []
    found: list[tuple[Threat, Reach]] = []
    counts: dict[int, tuple[int, float]] = {}
    seen: set[str] = set()
    for where, row in rows:
        reader = _Row(where, row, findings)
        before = len(findings)
        threat = reader.threat(places, seen, folder=folder)
        if threat is not None and len(findings) == before:
            if reader.counted is not None:
                counts[len(found)] = reader.counted
            found.append(threat)
    if findings:
        raise InputError(findings)
    estimates = _estimates([threat.cause for threat, _ in found], counts, confidence=confidence)
    threats: list[Threat] = []
    for number, (one, reach) in enumerate(found):
        estimate = estimates.get(number)
        known = one if estimate is None else replace(one, rate_per_year=estimate.mean, estimate=estimate)
        threats += for_each(known) if reach is Reach.EACH_SITE else [known]
    return ThreatFile(tuple(threats), any(reach is Reach.EACH_SITE for _, reach in found))


def _estimates(causes: list[str], counts: Mapping[int, tuple[int, float]], *, confidence: float) -> dict[int, RateEstimate]:
    """Return the rate of each threat that was counted, by number; those of one cause are one class."""
    found: dict[int, RateEstimate] = {}
    for cause in dict.fromkeys(causes[number] for number in counts):
        members = [number for number in counts if causes[number] == cause]
        if len(members) == 1 or any(counts[number][1] == 0 for number in members):
            for number in members:
                events, years = counts[number]
                found[number] = estimate_rate(PRIOR, events, exposure_years=years, confidence=confidence)
            continue
        totals, spans = zip(*(counts[number] for number in members), strict=True)
        pooled = pool_rates(totals, spans, prior=PRIOR, confidence=confidence)
        found |= dict(zip(members, pooled.members, strict=True))
    return found


class _Row:
    """One threat as written; says what is wrong with it."""

    def __init__(self, where: Finding, row: Mapping[str, Any], findings: list[Finding]) -> None:
        self._where, self._row, self._findings = where, row, findings
        self.counted: tuple[int, float] | None = None

    def threat(self, places: Places, seen: set[str], *, folder: Path | None) -> tuple[Threat, Reach] | None:
        """Return the threat and what it names, None if there is something wrong."""
        for key in self._row:
            if key not in COLUMNS:
                near = get_close_matches(str(key), COLUMNS, n=1)
                fix = f"write {near[0]}" if near else "delete it"
                self._say("threats.key", "", found=str(key)[:80], allowed=", ".join(COLUMNS), fix=fix)
        name = self._text("threat_id")
        if name is None or name in seen:
            found = "nothing" if name is None else f"{name} again"
            self._say("threats.value", "threat_id", found=found, allowed="a name, each once", fix="name the threat")
        seen.add(name or "")
        reach, hit = self._places(places)
        numbers = {key: self._number(key) for key in NUMBERS}
        rate = self._rate(numbers)
        law = self._law(folder)
        if name is None or reach is None or rate is None or law is None or None in numbers.values():
            return None
        chosen = {key: value for key, value in numbers.items() if value is not None}
        said = str(reach) if reach is Reach.EACH_SITE else f"{reach} {self._text('where')}"
        threat = Threat(
            name,
            self._text("cause") or "other",
            hit,
            np.full(len(hit), chosen["vulnerability"]),
            rate,
            law,
            chosen["severity_rate"],
            chosen["amplitude"],
            chosen["peak_day"],
            origin=Origin.FILE,
            scope=said,
            stream=joined_id("file", name),
        )
        return threat, reach

    def _places(self, places: Places) -> tuple[Reach | None, tuple[Any, ...]]:
        text, name = self._text("scope"), self._text("where")
        if text not in set(Reach):
            self._say("threats.value", "scope", found=text or "nothing", allowed=", ".join(Reach), fix="write one of these")
            return None, ()
        reach = Reach(text)
        if reach is not Reach.EACH_SITE and (name is None or not places.knows(reach, name)):
            near = get_close_matches(name or "", places.names(reach), n=1)
            fix = f"write {near[0]}" if near else "write one that is there"
            self._say("threats.value", "where", found=name or "nothing", allowed=f"a {reach} of the network", fix=fix)
            return None, ()
        hit = places.within(reach, name or "")
        if not hit:
            fix = "delete the threat, or name another place"
            self._say("threats.value", "where", found=f"{name}, on which nothing hangs", allowed="what is at work", fix=fix)
            return None, ()
        return reach, hit

    def _rate(self, numbers: Mapping[str, float | None]) -> float | None:
        """Return the rate, or 0 where counts will say it; NaN stands for a number that is not given."""
        rate, events, years = (numbers[key] for key in ("rate_per_year", "events", "years"))
        if rate is None or events is None or years is None:
            return None
        given = [not math.isnan(value) for value in (rate, events, years)]
        if given == [True, False, False]:
            return rate
        if given == [False, True, True] and events == int(events) and (years > 0 or events == 0):
            self.counted = int(events), years
            return 0.0
        allowed = "rate_per_year alone, or whole events and the years they were counted in"
        listed = [
            f"{key} {numbers[key]:g}" for key in ("rate_per_year", "events", "years") if not math.isnan(numbers[key] or 0.0)
        ]
        self._say(
            "threats.value", "rate_per_year", found=", ".join(listed) or "nothing", allowed=allowed, fix="write one of both"
        )
        return None

    def _law(self, folder: Path | None) -> Law | None:
        text = str(self._row.get("duration") if self._row.get("duration") not in (None, "") else USUAL_DURATION).strip()
        try:
            return parse(text, folder=folder)
        except LawError as error:
            fix = "write such as lognormal(mean=20, cv=0.8)"
            self._say("threats.value", "duration", found=str(error)[:200], allowed="a law of periods", fix=fix)
            return None

    def _text(self, key: str) -> str | None:
        value = self._row.get(key)
        return None if value is None or not str(value).strip() else str(value).strip()

    def _number(self, key: str) -> float | None:
        """Return a number, NaN where it is not given and has no usual value, None where it is wrong."""
        low, high, usual = NUMBERS[key]
        text = self._text(key)
        if text is None:
            return math.nan if usual is None else usual
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            self._say("threats.value", key, found=text[:80], allowed=f"{low:g} to {high:g}", fix="correct the number")
            return None
        return value

    def _say(self, code: str, column: str, *, found: str, allowed: str, fix: str) -> None:
        self._findings.append(replace(self._where, code=code, column=column, found=found, allowed=allowed, fix=fix))


def _rows(source: Path) -> list[tuple[Finding, Mapping[str, Any]]]:
    """Return each threat as written, and where it stands.

    Raises
    ------
    InputError
        The file cannot be read as what its name says.
    """
    ending = source.suffix.lower()

    def refuse(found: str, allowed: str, fix: str) -> InputError:
        return InputError([Finding("threats.file", found, allowed, fix, file=source.name)])

    if ending not in (".csv", ".toml"):
        raise refuse(f"a name that ends in {ending!r}", ".csv or .toml", "name it so")
    try:
        if source.stat().st_size > FILE_BYTES_MAX:
            raise refuse("more than 4 MiB", "at most 4 MiB", "split the file")
        text = source.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise refuse(error.strerror or "no access", "a readable file", "check the path") from error
    except UnicodeDecodeError:
        raise refuse("bytes that are no UTF-8", "text in UTF-8", "save it as UTF-8") from None
    if ending == ".csv":
        listed: list[tuple[Finding, Mapping[str, Any]]]
        reader = csv.DictReader(text.splitlines())
        rows = [{key: value for key, value in row.items() if key is not None} for row in reader]
        if "threat_id" not in (reader.fieldnames or ()):
            raise refuse("no column threat_id", ", ".join(COLUMNS), "add it to the first line")
        listed = [(Finding("", "", "", file=source.name, row=number), row) for number, row in enumerate(rows, start=2)]
    else:
        try:
            blocks = tomllib.loads(text.replace("\r\n", "\n")).get("threat", [])
        except (ValueError, RecursionError) as error:
            raise refuse(str(error)[:200], "TOML", "write blocks that begin with [[threat]]") from None
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            raise refuse("a threat that is no list of blocks", "blocks that begin with [[threat]]", "write [[threat]]")
        listed = [(Finding("", "", "", file=f"{source.name} threat {n}"), block) for n, block in enumerate(blocks, start=1)]
    if not listed:
        raise refuse("no threats", "at least one", "write one, or leave the file out")
    return listed
