"""Ready scenarios with real geography."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import polars as pl

from chaintwin.errors import InputError, UsageError
from chaintwin.network.lowering.lower import lower_in_full, struck_graph
from chaintwin.network.network import Network
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


def shipped_on(network: Network, *, progress: Callable[[float], None] | None = None) -> pl.DataFrame:
    """Return the ready scenarios and what of a network they are on.

    Parameters
    ----------
    network : the project.
    progress : called with the share done.

    Returns
    -------
    ``name``, ``title``, ``note``, ``effects``: how many flows, stock points, streams and resources are hit; null where a
    disruption of it touches nothing.
    """
    rows = []
    # Ready scenarios change no tables, so the network is lowered once.
    lowered, settings = lower_in_full(network), network.settings
    for number, name in enumerate(shipped_names()):
        scenario = shipped(name)
        try:
            graph = struck_graph(lowered, scenario.disruptions, settings=settings, reach=settings.periods)
            effects = graph.effects.select("effect", "entity_id").unique().height
        except InputError:
            effects = None
        rows.append((name, scenario.name, scenario.note, effects))
        if progress is not None:
            progress((number + 1) / len(shipped_names()))
    schema = {"name": pl.String, "title": pl.String, "note": pl.String, "effects": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def copy_shipped(names: Sequence[str], folder: Path | str) -> list[Path]:
    """Copy ready scenarios into a folder, to be changed; nothing is overwritten.

    Parameters
    ----------
    names : of ready scenarios. folder : made if it is not there.

    Raises
    ------
    UsageError
        A name is unknown, or a file is there already.
    """
    into = Path(folder)
    targets = []
    for name in names:
        shipped(name)
        target = into / f"{name}.toml"
        if target.exists():
            raise UsageError(f"{target}: found a file; allowed: a new one; fix: name another folder, or remove the file")
        targets.append(target)
    try:
        into.mkdir(parents=True, exist_ok=True)
        for target in targets:
            target.write_bytes((FOLDER / target.name).read_bytes())
    except OSError as error:
        raise UsageError(f"{into}: found {error.strerror}; allowed: a folder that can be written to") from error
    return targets


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
        levels=response.levels if response.changes else scenario.levels,
        disruptions=(*scenario.disruptions, *(replace(one, name=f"{response.name}: {one.name}") for one in response.disruptions)),
        file=response.file,
    )
