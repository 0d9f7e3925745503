"""A scenario: a name and the changes it makes to a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaintwin.network.scenarios.change import Change, Levels
from chaintwin.network.scenarios.reading import read_written, written_of

if TYPE_CHECKING:
    from chaintwin.network.disruptions.disruption import Disruption
    from chaintwin.network.network import Network


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of changes to the tables of a network. Made by ``of`` or ``read``; never changed.

    Parameters
    ----------
    name : of the scenario, unique in a comparison.
    changes : made one after the other.
    disruptions : what strikes the changed network.
    levels : stock levels that the tables leave blank stay those of the network without the scenario (``kept``), but for stock
        points of which it changes ``policy``, ``review_period`` or ``service_target``; or all are proposed anew (``proposed``),
        as if everybody knew of the change and had planned for it.
    note : for people.
    file : how findings name it.

    Example
    -------
    >>> from chaintwin.examples import Example, load
    >>> slower = Scenario.of("slower", [{"table": "lanes", "column": "lead_time", "multiply": 2}])
    >>> slower.apply(load(Example.BEER_GAME))["lanes"]["lead_time"].to_list()
    ['4', '4', '4']
    """

    name: str
    changes: tuple[Change, ...] = ()
    disruptions: tuple[Disruption, ...] = ()
    levels: Levels = Levels.KEPT
    note: str = ""
    file: str = "scenario"

    @staticmethod
    def of(
        name: str,
        changes: Sequence[Mapping[str, Any]] = (),
        *,
        disruptions: Sequence[Mapping[str, Any]] = (),
        interventions: Sequence[Mapping[str, Any]] = (),
        levels: str = "kept",
        note: str = "",
    ) -> Scenario:
        """Return a scenario of plain mappings.

        Parameters
        ----------
        name : of the scenario.
        changes : a mapping each, with the keys of the file: ``table``; ``where``; and either ``column`` with ``set``,
            ``multiply`` or ``add``, or ``insert`` with a row, or ``remove`` with True.
        disruptions, interventions : a mapping each, with the keys of the file: ``where``, ``effect`` and more.
        levels : ``kept`` or ``proposed``; see the class.
        note : for people.

        Raises
        ------
        InputError
            There are faults; the exception carries all of them.
        """
        file = f"scenario {name}"
        blocks = {"change": list(changes), "disruption": list(disruptions), "intervention": list(interventions)}
        values = {"name": name, "note": note, "levels": levels, **blocks}
        written = written_of(values, name=name, file=file)
        return Scenario(written.name, written.changes, written.disruptions, written.levels, written.note, file)

    @staticmethod
    def read(path: Path | str) -> Scenario:
        """Read a scenario from a TOML file; see docs/reference/scenarios.md.

        Parameters
        ----------
        path : the file; a scenario without a name has the file's.

        Raises
        ------
        InputError
            The file cannot be read or has faults; the exception carries all of them.
        """
        source = Path(path)
        written = read_written(source)
        return Scenario(written.name, written.changes, written.disruptions, written.levels, written.note, source.name)

    def apply(self, network: Network) -> Network:
        """Return the network with the changes made and struck by the disruptions; without both the network itself.

        Parameters
        ----------
        network : tables without errors.

        Raises
        ------
        InputError
            A change cannot be made, or makes a network that cannot be simulated.
        """
        from chaintwin.network.scenarios.applying import apply_changes

        changed = apply_changes(network, self.changes, levels=self.levels, file=self.file)
        if not self.disruptions:
            return changed
        return replace(changed, disruptions=(*network.disruptions, *self.disruptions))
