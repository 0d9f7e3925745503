"""The folder a comparison keeps finished replications in: one checkpoint a scenario."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.simulation.resuming.checkpoint import Checkpoint, identity_of, refuse_fewer, saved_of_run, saved_replications
from chaintwin.simulation.simulating import Setup

ENDING = ".checkpoint"


@dataclass(frozen=True, slots=True)
class Saved:
    """The checkpoints of a comparison.

    Parameters
    ----------
    folder : where they are, one file a scenario; made if it is not there.
    anew : forget what they hold.
    """

    folder: Path
    anew: bool = False

    def of(self, scenario: str) -> Checkpoint:
        """Return the checkpoint of a scenario; it is left there until ``remove``.

        Raises
        ------
        UsageError
            The folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"{self.folder}: found that no folder can be made there ({error.strerror}); allowed: a folder you may write to"
            ) from error
        return Checkpoint(self._file(scenario), anew=self.anew, keep=True)

    def replications(self, setups: Mapping[str, Setup]) -> dict[str, int]:
        """Return how many replications of each scenario are saved, once all of them are found to be of this comparison.

        Parameters
        ----------
        setups : what is simulated, by name of the scenario.

        Raises
        ------
        UsageError
            A file is no checkpoint, a damaged one, one of another run, or one of more replications than are asked for.
        """
        found = dict.fromkeys(setups, 0)
        if self.anew:
            return found
        for name, setup in setups.items():
            file = self._file(name)
            found[name] = saved_of_run(file, identity=identity_of(setup.program, setup.state, span=setup.span))
            refuse_fewer(file, saved=found[name], asked=setup.span.replications)
        return found

    def by_scenario(self) -> list[int]:
        """Return the replications in each checkpoint of the folder, of whatever comparison."""
        return [saved_replications(file) for file in sorted(self.folder.glob(f"*{ENDING}"))]

    def remove(self, scenarios: Iterable[str]) -> None:
        """Remove the checkpoints, and the folder if nothing else is in it."""
        for name in scenarios:
            self._file(name).unlink(missing_ok=True)
        with suppress(OSError):
            self.folder.rmdir()

    def _file(self, scenario: str) -> Path:
        # A name may hold what no file name does.
        return self.folder / (hashlib.blake2b(scenario.encode(), digest_size=8).hexdigest() + ENDING)
