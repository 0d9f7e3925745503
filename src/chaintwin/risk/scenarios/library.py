"""Ready scenarios with real geography."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.tables.cells.nearest import names_of

FOLDER = Path(__file__).parent / "library"


@cache
def shipped_names() -> tuple[str, ...]:
    """Return the names of the ready scenarios, sorted.

    Example
    -------
    >>> "suez-canal-closed" in shipped_names()
    True
    """
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def shipped(name: str) -> Scenario:
    """Return a ready scenario.

    Parameters
    ----------
    name : one of ``shipped_names``.

    Raises
    ------
    UsageError
        There is no such scenario.

    Example
    -------
    >>> shipped("suez-canal-closed").disruptions[0].where.corridor
    ('suez',)
    """
    if name not in shipped_names():
        near = names_of(shipped_names()).nearest(name)
        fix = f"did you mean {near}?" if near else "chaintwin risk scenario --list names them"
        raise UsageError(f"scenario: found {name}; allowed: a TOML file or the name of a ready scenario; fix: {fix}")
    return Scenario.read(FOLDER / f"{name}.toml")


def find_scenario(given: str) -> Scenario:
    """Return the scenario of a file, or a ready one by its name.

    Parameters
    ----------
    given : a path that ends in ``.toml``, or a name.

    Raises
    ------
    UsageError, InputError
        There is none, or it has faults.
    """
    path = Path(given)
    return Scenario.read(path) if path.suffix.lower() == ".toml" else shipped(given)


def answered(scenario: Scenario, response: Scenario) -> Scenario:
    """Return a scenario with what is done about it.

    Parameters
    ----------
    scenario : what happens.
    response : its changes hold from the first period on, its disruptions and interventions when they say.
    """
    return replace(
        scenario,
        name=f"{scenario.name} + {response.name}",
        note=response.note,
        changes=(*response.changes, *scenario.changes),
        disruptions=(*scenario.disruptions, *(replace(one, name=f"{response.name}: {one.name}") for one in response.disruptions)),
        file=response.file,
    )
