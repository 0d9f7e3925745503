"""What a job may be asked for: one form for each kind, checked whole before anything is kept."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal

import msgspec

from chaintwin.errors import Finding, InputError
from chaintwin.events.queries.spelling import moment_of_text
from chaintwin.network.scenarios.reading import written_of
from chaintwin.network.tables.schema import PERIODS_MAX

REPLICATIONS_MAX = 100_000
"""Independent runs that one job may ask for."""

FOLLOWED_MAX = 1000
"""Runs that one job may follow period by period."""

YEARS_MAX = 1_000_000
"""Years with an event that one job may draw."""

PLAYED_MAX = 2000
"""Years that one job may play by the rules of the network."""

SCENARIOS_MAX = 8
"""Scenarios that one job may compare."""

POINTS_MAX = 50
"""Stock points of which one job may keep quantiles by period."""

NOW = "now"
MODEL = "model"
"""Where a job starts: from the live state, or from the tables of the network."""

TABLES = "tables"
"""Parameters of the tables, whatever version is in force."""

Text = Annotated[str, msgspec.Meta(max_length=200)]
Periods = Annotated[int, msgspec.Meta(ge=1, le=PERIODS_MAX)]
Runs = Annotated[int, msgspec.Meta(ge=1, le=REPLICATIONS_MAX)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Version = Annotated[str, msgspec.Meta(pattern=r"^(tables|[0-9a-f]{4,64})?$")]


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What every job may be asked with.

    Parameters
    ----------
    title : for people.
    """

    title: Text = ""


class Replicated(Asked, frozen=True, kw_only=True):
    """What simulations are asked with.

    Parameters
    ----------
    network : a job that imported one; that of the project by default.
    periods, replications, until, warm_up, seed, confidence : as for ``chaintwin.simulate``.
    """

    network: Text = ""
    periods: Periods | None = None
    replications: Runs = 256
    until: Text | None = None
    warm_up: Annotated[int, msgspec.Meta(ge=0, le=PERIODS_MAX)] | None = None
    seed: Seed = 0
    confidence: Share = 0.95


class Simulate(Replicated, frozen=True, kw_only=True, tag_field="kind", tag="simulate"):
    """A simulation with figures and intervals.

    Parameters
    ----------
    scenario : an object with the keys of a scenario file; None for none. start : ``model``, ``now`` or a moment with its zone.
    known : what the log learned after this time of record does not count; empty for all that it knows.
    parameters : from the live state: a version by at least four signs of its id, or ``tables``; by default the one in force.
    bands : stock points of which quantiles by period are kept; none of them keeps those of the whole network. Such a run does not
        go on after a restart.
    """

    scenario: dict[str, Any] | None = None
    start: Annotated[str, msgspec.Meta(max_length=40)] = MODEL
    known: Annotated[str, msgspec.Meta(max_length=40)] = ""
    parameters: Version = ""
    bands: Annotated[list[Text], msgspec.Meta(max_length=POINTS_MAX)] | None = None


class Fork(Asked, frozen=True, kw_only=True, tag_field="kind", tag="fork"):
    """A look ahead from the live state, or from the start of the model.

    Parameters
    ----------
    at : ``now``, ``model``, or a moment with its zone. days : to look ahead. known, scenario : as for a simulation.
    likely : probability from which on a shortage counts as likely. as_planned : shipments arrive as they were planned.
    parameters : a version by at least four signs of its id, or ``tables``; by default the one in force at the moment.
    """

    at: Annotated[str, msgspec.Meta(max_length=40)] = NOW
    known: Annotated[str, msgspec.Meta(max_length=40)] = ""
    days: Annotated[float, msgspec.Meta(ge=0.04, le=3660)] = 30.0
    scenario: dict[str, Any] | None = None
    replications: Runs = 256
    seed: Seed = 0
    likely: Share = 0.5
    as_planned: bool = False
    parameters: Version = ""

    @property
    def is_plain(self) -> bool:
        """Whether it looks ahead from all that is known, with the parameters in force, and asks for nothing else to happen."""
        return self.at != MODEL and not (self.known or self.scenario or self.as_planned or self.parameters)


class Stress(Asked, frozen=True, kw_only=True, tag_field="kind", tag="stress"):
    """A stress test: everything of some kinds is put out, one after the other.

    Parameters
    ----------
    by : kinds. recover : periods until it is back. measure, follow, start, network : as for ``risk stress`` and a simulation.
    """

    by: Annotated[list[Literal["site", "lane", "supplier", "country", "product"]], msgspec.Meta(min_length=1)] = msgspec.field(
        default_factory=lambda: ["site"]
    )
    recover: Annotated[float, msgspec.Meta(ge=0, le=PERIODS_MAX)] = 30.0
    measure: Literal["margin", "sales", "units"] = "margin"
    follow: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 10
    start: Annotated[str, msgspec.Meta(max_length=40)] = MODEL
    network: Text = ""


class Compare(Replicated, frozen=True, kw_only=True, tag_field="kind", tag="compare"):
    """Scenarios against each other on the same random numbers."""

    scenarios: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=SCENARIOS_MAX)]
    reference: Text = "baseline"


class Followed(Asked, frozen=True, kw_only=True):
    """What simulations that are followed period by period are asked with; fields as for a simulation."""

    network: Text = ""
    periods: Periods | None = None
    replications: Annotated[int, msgspec.Meta(ge=1, le=FOLLOWED_MAX)] = 16
    warm_up: Annotated[int, msgspec.Meta(ge=0, le=PERIODS_MAX)] | None = None
    seed: Seed = 0
    confidence: Share = 0.95


class Service(Followed, frozen=True, kw_only=True, tag_field="kind", tag="service"):
    """What customers get and what that costs."""

    scenario: dict[str, Any] | None = None


class Annual(Asked, frozen=True, kw_only=True, tag_field="kind", tag="annual"):
    """What a year of disruptions costs, with the exceedance curve.

    Parameters
    ----------
    years : simulated years that have an event. simulated : how many of them are played by the rules of the network too: 40 or
        more, 0 for none. measure, seed, confidence : as for ``risk annual``. network : as for a simulation.
    """

    network: Text = ""
    years: Annotated[int, msgspec.Meta(ge=2, le=YEARS_MAX)] = 10_000
    simulated: Annotated[int, msgspec.Meta(ge=0, le=PLAYED_MAX)] = 0
    measure: Literal["margin", "sales", "units"] = "margin"
    seed: Seed = 1
    confidence: Share = 0.95


class Ripple(Followed, frozen=True, kw_only=True, tag_field="kind", tag="ripple"):
    """When a scenario reaches which stage and stock point, how deep, and when that recovers."""

    scenario: dict[str, Any]


class Bullwhip(Followed, frozen=True, kw_only=True, tag_field="kind", tag="bullwhip"):
    """How much orders vary against demand, by echelon, product and stock point."""


class Import(Asked, frozen=True, kw_only=True, tag_field="kind", tag="import"):
    """A shipment log or a workbook that was uploaded, made a network.

    Parameters
    ----------
    upload : its id. mapping : what its columns mean, TOML, or the name of a mapping that comes with the program; guessed by
        default.
    name : of the project. as_of : day up to which the log is complete.
    """

    upload: Text
    mapping: Annotated[str, msgspec.Meta(max_length=32_768)] = ""
    name: Text = ""
    as_of: Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""


AnyAsked = Simulate | Fork | Stress | Compare | Service | Annual | Ripple | Bullwhip | Import
KINDS: tuple[type[AnyAsked], ...] = (Simulate, Fork, Stress, Compare, Service, Annual, Ripple, Bullwhip, Import)
NAMES = tuple(str(kind.__struct_config__.tag) for kind in KINDS)


def asked_of(content: bytes) -> AnyAsked:
    """Return what a body asks for.

    Raises
    ------
    InputError
        It is no job; the exception carries all faults.

    Example
    -------
    >>> asked_of(b'{"kind": "fork", "days": 7}').days
    7.0
    """
    try:
        document = msgspec.json.decode(content)
    except msgspec.DecodeError:
        raise InputError([Finding("job.body", "no JSON", "an object with kind and what that kind takes")]) from None
    if not isinstance(document, dict):
        raise InputError([Finding("job.body", "no object", "an object with kind and what that kind takes")])
    kind = document.pop("kind", None)
    if kind not in NAMES:
        found = "none" if kind is None else repr(kind)[:60]
        raise InputError([Finding("job.kind", found, ", ".join(NAMES), _close(kind, NAMES), column="kind")])
    form = KINDS[NAMES.index(kind)]
    values, findings = _values(form, document)
    findings += _of_meaning(values)
    if findings:
        raise InputError(findings)
    asked = form(**values)
    if isinstance(asked, Fork | Simulate) and asked.parameters not in ("", TABLES) and start_of(asked) == MODEL:
        allowed = "tables, which a run of the model takes; or a start from now or a moment"
        raise InputError([Finding("job.value", repr(asked.parameters), allowed, column="parameters")])
    return asked


def document_of(asked: AnyAsked) -> dict[str, Any]:
    """Return what was asked for as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(asked)
    return found


def start_of(asked: AnyAsked) -> str:
    """Return where a job starts: ``model``, ``now``, or a moment."""
    return asked.at if isinstance(asked, Fork) else asked.start if isinstance(asked, Simulate | Stress) else MODEL


def known_of(asked: AnyAsked) -> str:
    """Return the time of record up to which the log counts for a job; empty for all of it."""
    return asked.known if isinstance(asked, Simulate | Fork) else ""


def seed_of(asked: AnyAsked) -> int | None:
    """Return the seed of a job, None where nothing is drawn."""
    return asked.seed if isinstance(asked, Replicated | Fork | Service | Annual | Followed) else None


def _values(form: type[AnyAsked], document: dict[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """Return the fields of a form by their names in Python, and all that is wrong with them."""
    values: dict[str, Any] = {}
    fields = {field.encode_name: field for field in msgspec.structs.fields(form)}
    names = tuple(fields)
    findings = [
        Finding("job.unknown", "it", ", ".join(names), _close(name, names), column=name[:60])
        for name in document
        if name not in fields
    ]
    for name, field in fields.items():
        if name in document:
            try:
                values[field.name] = msgspec.convert(document[name], field.type)
            except msgspec.ValidationError as fault:
                findings.append(Finding("job.value", repr(document[name])[:60], _allowed(str(fault)), column=name))
        elif field.required:
            findings.append(Finding("job.value", "nothing", f"{name}, which this kind needs", column=name))
    return values, findings


def _of_meaning(values: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with values whose form is right: moments, and scenarios."""
    findings: list[Finding] = []
    for name, words in (("at", (NOW, MODEL)), ("start", (MODEL, NOW)), ("known", ("",))):
        text = values.get(name)
        if text is not None and text not in words and moment_of_text(text) is None:
            allowed = ", or ".join((*filter(None, words), "a time with a zone, such as 2026-01-31T09:30:00Z"))
            findings.append(Finding("job.value", repr(text), allowed, column=name))
    scenarios = [values["scenario"]] if values.get("scenario") else values.get("scenarios", [])
    for place, scenario in enumerate(scenarios, start=1):
        try:
            written_of(scenario, name=f"scenario {place}", file=f"scenario {place}")
        except InputError as error:
            findings += error.findings
    title = values.get("title", "")
    if not title.isprintable():
        findings.append(Finding("job.value", repr(title)[:60], "visible characters", column="title"))
    return findings


def _allowed(fault: str) -> str:
    """Return what the library says is expected, in words: ``Expected `int` >= 1, got ...`` becomes ``a whole number >= 1``."""
    said = fault.partition(", got ")[0].partition(" - at ")[0].removeprefix("Expected ").replace("`", "")
    kind, blank, rest = said.partition(" ")
    return _WORDS.get(kind, kind) + blank + rest


def _close(name: object, names: tuple[str, ...]) -> str:
    close = get_close_matches(str(name), names, n=1)
    return f"did you mean {close[0]}?" if close else ""


_WORDS = {"int": "a whole number", "float": "a number", "str": "a text", "bool": "true or false", "array": "a list"}
