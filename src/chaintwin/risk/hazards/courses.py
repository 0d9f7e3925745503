"""How an event of a kind goes on where it hits: how long, and how it fades. Assumptions, to be replaced by what is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from chaintwin.errors import UsageError
from chaintwin.laws import Law, LawError, parse
from chaintwin.network.disruptions.disruption import Cause, Fading
from chaintwin.network.tables.cells.cells import shown
from chaintwin.network.tables.cells.nearest import names_of

RECOVERY_MOST = 1e6
"""Days, as in a scenario file."""

SHAPES = (Fading.LINEAR, Fading.EXPONENTIAL, Fading.COSINE)
"""Recoveries that need no stages."""


@dataclass(frozen=True, slots=True)
class Course:
    """What happens to a place that is hit.

    Parameters
    ----------
    duration : a law of the days of full strength.
    recovery : days after that in which it fades. fading : how.
    cause : what the disruption is called.
    """

    duration: str
    recovery: float
    fading: Fading = Fading.LINEAR
    cause: Cause = Cause.DISASTER

    @property
    def law(self) -> Law:
        """Return the law of the duration."""
        return parse(self.duration, folder=None)


USUAL = Course("lognormal(mean=7, cv=1)", 7.0, cause=Cause.OTHER)
"""Of kinds that are not listed."""

COURSES: Mapping[str, Course] = {
    "earthquake": Course("lognormal(mean=14, cv=1)", 30.0, Fading.EXPONENTIAL),
    "tsunami": Course("lognormal(mean=30, cv=1)", 60.0, Fading.EXPONENTIAL),
    "volcano": Course("lognormal(mean=14, cv=1)", 14.0),
    "flood": Course("lognormal(mean=9, cv=1)", 30.0),
    "storm": Course("lognormal(mean=4, cv=1)", 14.0),
    "wildfire": Course("lognormal(mean=7, cv=1)", 14.0),
    "landslide": Course("lognormal(mean=7, cv=1)", 14.0),
    "drought": Course("lognormal(mean=60, cv=0.5)", 30.0),
    "fire": Course("lognormal(mean=90, cv=0.5)", 30.0, cause=Cause.ACCIDENT),
    "explosion": Course("lognormal(mean=30, cv=1)", 30.0, cause=Cause.ACCIDENT),
    "strike": Course("lognormal(mean=14, cv=1)", 14.0, cause=Cause.LABOR),
    "blackout": Course("lognormal(mean=3, cv=1)", 2.0, cause=Cause.POWER),
    "epidemic": Course("lognormal(mean=60, cv=0.5)", 60.0, cause=Cause.EPIDEMIC),
}
"""By kind of event, in small letters. The means of earthquake, flood, fire, strike and blackout are near those of the ready
scenarios; all are placeholders."""

ALIKE: Mapping[str, str] = {
    "cyclone": "storm",
    "hurricane": "storm",
    "typhoon": "storm",
    "tornado": "storm",
    "pandemic": "epidemic",
    "quarry blast": "explosion",
    "mining explosion": "explosion",
    "mine collapse": "landslide",
    "eruption": "volcano",
}
"""Other words for kinds."""


def course_of(kind: str) -> Course:
    """Return how an event of a kind goes on, if nobody says otherwise.

    Example
    -------
    >>> course_of("Typhoon").recovery, course_of("riot").duration
    (14.0, 'lognormal(mean=7, cv=1)')
    """
    word = kind.casefold()
    return COURSES.get(ALIKE.get(word, word), USUAL)


def courses_of(kinds: Collection[str], *, durations: Sequence[str] = (), recoveries: Sequence[str] = ()) -> dict[str, Course]:
    """Return how events of some kinds go on.

    Parameters
    ----------
    kinds : those that there are.
    durations : ``LAW`` for all kinds or ``KIND=LAW`` for one, days; the last that fits counts, one for a kind before one for all.
    recoveries : ``DAYS`` or ``KIND=DAYS``, where a shape may follow: ``30 exponential``.

    Raises
    ------
    UsageError
        An unknown kind or law, a law that may be below 0, or a recovery that is no number of days.

    Example
    -------
    >>> courses_of(["flood"], durations=["flood=12"], recoveries=["5 cosine"])["flood"]
    Course(duration='12', recovery=5.0, fading=<Fading.COSINE: 'cosine'>, cause=<Cause.DISASTER: 'disaster'>)
    """
    found = {kind: course_of(kind) for kind in kinds}
    for option, given in (("duration", durations), ("recovery", recoveries)):
        parts = [_part(option, text, kinds) for text in given]
        for only, text in sorted(parts, key=lambda part: part[0] != ""):
            change = _duration(text) if option == "duration" else _recovery(text)
            for kind, course in found.items():
                if not only or only == kind.casefold():
                    found[kind] = replace(course, **change)  # type: ignore[arg-type]
    return found


def _part(option: str, text: str, kinds: Collection[str]) -> tuple[str, str]:
    """Return the kind, empty for all, and what is said of it."""
    before, equals, after = text.partition("=")
    # The arguments of a law have the sign too, within parentheses.
    if not equals or "(" in before:
        return "", text.strip()
    kind = before.strip().casefold()
    known = sorted({*(kind.casefold() for kind in kinds), *COURSES})
    if kind not in known:
        near = names_of(known).nearest(kind)
        fix = f"did you mean {near}?" if near else ""
        found = f"{option}: found the kind {shown(before.strip())}; allowed: {', '.join(known)}"
        raise UsageError(f"{found}; fix: {fix}" if fix else found)
    return kind, after.strip()


def _duration(text: str) -> dict[str, object]:
    allowed = "days, 0 or more, or a law of them such as lognormal(mean=14, cv=1)"
    try:
        law = parse(text, folder=None)
    except LawError as error:
        raise UsageError(f"duration: found {shown(text)}: {error}; allowed: {allowed}") from error
    if law.quantile(0.0) < 0:
        raise UsageError(f"duration: found {shown(text)}, which may be below 0; allowed: {allowed}")
    return {"duration": text}


def _recovery(text: str) -> dict[str, object]:
    days, _, shape = text.partition(" ")
    try:
        number = float(days)
        fading = {"fading": Fading(shape.strip())} if shape.strip() else {}
    except ValueError:
        number, fading = -1.0, {}
    if not 0 <= number <= RECOVERY_MOST or (fading and fading["fading"] not in SHAPES):
        allowed = f"days from 0 to {RECOVERY_MOST:g}, with or without a shape: {', '.join(SHAPES)}"
        raise UsageError(f"recovery: found {shown(text)}; allowed: {allowed}; fix: such as 30, or 30 exponential")
    return {"recovery": number, **fading}
