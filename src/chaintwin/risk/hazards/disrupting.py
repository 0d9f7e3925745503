"""From what hazard events may put out to a scenario that plays it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from chaintwin.errors import UsageError
from chaintwin.laws.law import format_number
from chaintwin.network.disruptions.disruption import Disruption, Impact, Where
from chaintwin.network.lowering.lower import lower_in_full
from chaintwin.network.network import Network, Settings
from chaintwin.network.scenarios.reading import FILE_BYTES_MAX
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.network.tables.files.exchanging import write_file
from chaintwin.risk.hazards.courses import Course, course_of
from chaintwin.risk.hazards.matching import Matches
from chaintwin.risk.stress.scopes import ScopeKind, scopes_of

LASTS_LEAST = 0.01
"""An event of the past that lasts until the start with a smaller probability is over."""

DIGITS = 6
"""Significant digits of a chance: the same on every machine, and more than anybody knows."""

DOUBTED = 0.5
"""Confidence in an estimate beyond what its equation was fitted for."""

TEXT_MOST = 60
"""Characters of an id within a name."""

MARK = "# Written by chaintwin risk hazards, which replaces this file. Save changes under another name.\n"


@dataclass(frozen=True, slots=True)
class Disrupting:
    """A scenario of hazard events, and what is not in it.

    Parameters
    ----------
    scenario : one disruption for each event and each thing, or group of things of one chance, that it may put out.
    events : how many events are in it. lasting : how many of them began before the start of the project.
    over, late : how many events were over before the start, and how many begin after the end.
    recovering : how many more had passed their full strength before the start but may still fade; they are left out as well.
    idle : how many matched sites and lanes are left out because nothing is made or moved there.
    """

    scenario: Scenario
    events: int
    lasting: int
    over: int
    late: int
    idle: int
    recovering: int = 0


def disruptions_of(
    network: Network,
    matches: Matches,
    *,
    name: str = "hazards",
    courses: Mapping[str, Course] | None = None,
    start: date | int | None = None,
    together: bool = True,
) -> Disrupting:
    """Return a scenario in which the events of a feed happen.

    An earthquake closes what it hits, with the chance of the match. Another event takes its severity from the capacity of what it
    hits, which it does with the vulnerability: the chance of the match over the severity. Both ways the mean loss of capacity is
    the chance. A lane is named only where it is likelier to be out than its ends, for a site that is out takes its lanes with it.

    Parameters
    ----------
    network : tables without errors; the one that was matched.
    matches : what ``match_hazards`` returned.
    name : of the scenario.
    courses : by kind of event how it goes on; those that are left out go on as ``course_of`` says.
    start : None plays every event on its day, of which what began before the start of the project has what is left of its
        duration, given that it still lasts; a day, or a number of days after the warm-up, is that of the first event, and the
        others keep their distances. Events without a time happen on the first day that counts, or on the day given.
    together : parts of one event share their random numbers, so that it hits the less vulnerable only with the more vulnerable;
        else each is hit or not by itself.

    Raises
    ------
    UsageError
        ``start`` lies outside the project, or no event is left to be played.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> from chaintwin.ingest.hazards.records import HazardRecord
    >>> from chaintwin.risk.hazards.matching import match_hazards
    >>> flood = HazardRecord("f1", "flood", None, None, "Antwerp", 51.26, 4.4, radius_km=25.0, severity=0.6)
    >>> network = load(Example.MEDICINES)
    >>> found = disruptions_of(network, match_hazards(network, [flood], vulnerability=0.5))
    >>> print(found.scenario.disruptions[0])
    f1: site hub-antwerp: disaster, site hub-antwerp: capacity 0.4
    """
    settings = network.settings
    scopes = scopes_of(network, lower_in_full(network), kinds=(ScopeKind.SITE, ScopeKind.LANE))
    used = {(str(scope.kind), scope.id) for scope in scopes}
    rows = _without_covered_lanes(network, matches.table)
    known = [(row["object_kind"], row["object_id"]) in used for row in rows.iter_rows(named=True)]
    hit = rows.filter(pl.Series(known, dtype=pl.Boolean))
    # The first event is the first that is played: what touches only places where nothing moves is none.
    calendar = _Calendar.of(settings, hit, start=start)
    blocks: list[tuple[float, Disruption]] = []
    events, lasting, over, late, recovering = (set[str]() for _ in range(5))
    for group in _groups(hit, together=together):
        row = group[0]
        course = (courses or {}).get(row["kind"]) or course_of(row["kind"])
        when = calendar.when(row["time"], course)
        if when is None:
            (recovering if calendar.recovers(row["time"], course) else over).add(row["hazard_id"])
            continue
        if when.is_late:
            late.add(row["hazard_id"])
            continue
        events.add(row["hazard_id"])
        if when.age:
            lasting.add(row["hazard_id"])
        blocks.append((when.order, _disruption(group, course, when=when, together=together)))
    if not blocks:
        raise UsageError(_nothing(over=len(over), recovering=len(recovering), late=len(late), settings=settings))
    blocks.sort(key=lambda pair: pair[0])
    note = f"{len(events)} event{'s' if len(events) != 1 else ''} of a feed of hazards."
    scenario = Scenario(_plain(name, 150), disruptions=tuple(one for _, one in blocks), note=note, file=_plain(name, 150))
    idle = rows.height - hit.height
    return Disrupting(scenario, len(events), len(lasting), len(over), len(late), idle, len(recovering))


def check_disruptions_file(path: Path | str) -> None:
    """Refuse a file that ``write_disruptions`` would not write, before time is spent.

    Raises
    ------
    UsageError
        Another ending than .toml, no folder to write to, or a file there that somebody else wrote.
    """
    target = Path(path)
    if target.suffix.lower() != ".toml":
        raise UsageError(f"{target}: found the ending {target.suffix or 'none'}; allowed: .toml")
    if target.is_dir():
        raise UsageError(f"{target}: found a folder; allowed: a file")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"{target}: found no folder {target.parent}; allowed: a file in a folder that exists")
    if target.exists():
        with target.open("rb") as file:
            is_ours = file.read(len(MARK)) == MARK.encode()
        if not is_ours:
            allowed = "a new file, or one that chaintwin risk hazards wrote"
            raise UsageError(f"{target}: found a file of somebody else; allowed: {allowed}; fix: name another file, or remove it")


def write_disruptions(path: Path | str, scenario: Scenario) -> None:
    """Write a scenario; it appears complete or not at all, and replaces only what this function wrote.

    Parameters
    ----------
    path : ends in ``.toml``. scenario : what ``disruptions_of`` made.

    Raises
    ------
    UsageError
        As for ``check_disruptions_file``; or the scenario is larger than a file may be that is read back.
    """
    check_disruptions_file(path)
    content = (MARK + scenario_text(scenario)).encode()
    if len(content) > FILE_BYTES_MAX:
        found = f"{len(scenario.disruptions):,} disruptions, {len(content) / 1024**2:.1f} MiB"
        raise UsageError(f"{path}: found {found}; allowed: 1 MiB; fix: raise --least, or split the feed")

    def fill(target: Path) -> None:
        target.write_bytes(content)

    write_file(Path(path), fill)


@dataclass(frozen=True, slots=True)
class _When:
    """When something happens: a first day, or days after the warm-up; what of it is left.

    ``age`` days of it have passed, ``share`` of the cases last until then; ``order`` is a number to sort by.
    """

    start: date | None
    after: str
    order: float
    age: int = 0
    share: float = 1.0
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Puts the events of a feed into the time of a project; ``moved`` days lie between the two."""

    settings: Settings
    start: date | int | None
    first: date | None

    @staticmethod
    def of(settings: Settings, table: pl.DataFrame, *, start: date | int | None) -> _Calendar:
        """Return the calendar; refuse a start outside the project."""
        times = table["time"].drop_nulls()
        first = None if times.is_empty() else times.dt.date().min()
        assert first is None or isinstance(first, date)
        calendar = _Calendar(settings, start, first)
        if start is not None and not 0 <= calendar._period(0) < settings.periods:
            last = settings.start + timedelta(days=(settings.periods - 1) * settings.period.hours // 24)
            counted = (settings.horizon - 1) * settings.period.hours // 24
            allowed = f"a day from {settings.start} to {last}, or 0 to {counted:,} days after the warm-up"
            raise UsageError(f"start: found {start}; allowed: {allowed}")
        return calendar

    def when(self, time: object, course: Course) -> _When | None:
        """Return when an event happens; None where it was over before the start."""
        day = None if time is None else time.date()  # type: ignore[attr-defined]
        start, settings = self.start, self.settings
        if start is None and day is not None:
            age = (settings.start - day).days
            if age > 0:
                share = 1.0 - course.law.mass_below(float(age))
                return _When(settings.start, "0", 0.0, age, share) if share >= LASTS_LEAST else None
            late = -age * 24 // settings.period.hours >= settings.periods
            return _When(day, "0", float(-age), is_late=late)
        away = (day - self.first).days if day is not None and self.first is not None else 0
        late = self._period(away) >= settings.periods
        if isinstance(start, date):
            then = start + timedelta(days=away)
            return _When(then, "0", float((then - settings.start).days), is_late=late)
        after = (start or 0) + away
        return _When(None, str(after), after + settings.warm_up * settings.period.hours / 24, is_late=late)

    def recovers(self, time: object, course: Course) -> bool:
        """Tell whether an event of full strength before the start may still fade then."""
        age = 0 if time is None else (self.settings.start - time.date()).days  # type: ignore[attr-defined]
        return course.recovery > 0 and 1.0 - course.law.mass_below(max(age - course.recovery, 0.0)) >= LASTS_LEAST

    def _period(self, away: int) -> int:
        """Return the period so many days after the day that the first event is played on."""
        settings = self.settings
        if isinstance(self.start, date):
            return ((self.start - settings.start).days + away) * 24 // settings.period.hours
        days = (self.start or 0) + away
        return settings.warm_up + days * 24 // settings.period.hours if days >= 0 else -1


def _without_covered_lanes(network: Network, table: pl.DataFrame) -> pl.DataFrame:
    """Return the matches but for lanes that an end takes with it as surely as they are hit themselves."""
    ends = network["lanes"].select(
        object_id=pl.col("lane_id").cast(pl.String), ends=pl.concat_list(pl.col("from_site", "to_site").cast(pl.String))
    )
    sites = table.filter(object_kind="site").select("hazard_id", "chance", ends="object_id")
    lanes = table.filter(object_kind="lane").select("hazard_id", "object_id").join(ends, on="object_id").explode("ends")
    most = lanes.join(sites, on=["hazard_id", "ends"]).group_by("hazard_id", "object_id").agg(at_end=pl.col("chance").max())
    joined = table.join(most.with_columns(object_kind=pl.lit("lane")), on=["hazard_id", "object_kind", "object_id"], how="left")
    covered = pl.col("at_end").fill_null(-1.0) >= pl.col("chance") * (1 - 1e-9)
    return joined.filter(~covered).drop("at_end")


def _groups(rows: pl.DataFrame, *, together: bool) -> Iterator[list[dict[str, Any]]]:
    """Yield what makes one disruption: things of one kind that one event hits with one chance; each alone if not together."""
    ordered = rows.with_columns(shown=pl.col("chance").map_elements(_rounded, return_dtype=pl.Float64)).sort(
        "hazard_id", pl.col("object_kind") == "lane", -pl.col("shown"), "object_id"
    )
    group: list[dict[str, Any]] = []
    for row in ordered.iter_rows(named=True):
        keys = ("hazard_id", "object_kind", "shown", "is_extrapolated")
        if group and not (together and all(row[key] == group[0][key] for key in keys)):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _disruption(group: Sequence[Mapping[str, Any]], course: Course, *, when: _When, together: bool) -> Disruption:
    row = group[0]
    event, kind = _plain(row["hazard_id"], TEXT_MOST), row["object_kind"]
    chance, severity = float(row["chance"]), row["severity"]
    if severity is not None:
        chance = min(chance / severity, 1.0)
    ids = tuple(each["object_id"] for each in group)
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    duration = course.duration
    if when.age:
        # A law given that it is longer than what has passed, less what has passed.
        duration = f"shift(truncated({duration}, low={when.age}), -{when.age})"
    if when.age and not course.law.variance:
        duration = format_number(_rounded(course.law.mean - when.age))
    return Disruption(
        f"{event}: {kind} {_plain(ids[0], TEXT_MOST)}{more}",
        course.cause,
        Where(site=ids) if kind == "site" else Where(lane=ids),
        {Impact.CAPACITY: 0.0 if severity is None else round(1.0 - severity, 12)},
        start=when.start,
        after=when.after,
        duration=duration,
        recovery=course.recovery,
        fading=course.fading,
        chance=_rounded(chance * when.share),
        event=event if together else "",
        confidence=DOUBTED if row["is_extrapolated"] else None,
        source=_plain(f"{row['hazard_id']} {row['place']}".strip(), 200),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _plain(text: str, most: int) -> str:
    """Return a text of visible characters that is not too long; one that was neither ends in a hash, so that it stays its own."""
    visible = "".join(sign if sign.isprintable() else "?" for sign in text).strip()
    if visible == text and len(text) <= most:
        return text
    return f"{visible[: most - 9]} {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _nothing(*, over: int, recovering: int, late: int, settings: Settings) -> str:
    """Return what to say where no event is left."""
    counts = ((over, "over before the start"), (recovering, "recovering when the project starts"), (late, "after the end"))
    parts = [f"{count} {what}" for count, what in counts if count]
    if not parts:
        found = "no event that touches a site or lane where something is made or moved"
        return f"scenario: found {found}; allowed: at least one; fix: lower --least, or look at the feed and the places of sites"
    last = settings.start + timedelta(days=(settings.periods * settings.period.hours - 1) // 24)
    allowed = f"events between {settings.start} and {last}"
    return f"scenario: found of the events that touch something {' and '.join(parts)}; allowed: {allowed}; fix: --start 0"
