"""Scenarios as TOML files, which ``chaintwin compare`` and ``chaintwin simulate --scenario`` read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.network.tables.files.exchanging import write_file


def write_scenarios(folder: Path | str, scenarios: Iterable[Scenario]) -> list[Path]:
    """Write scenarios into a folder, which is made if it is not there; existing files of the same names are replaced.

    Parameters
    ----------
    folder : where to; files have the names of the scenarios with dashes for blanks.

    Raises
    ------
    UsageError
        The folder cannot be made or written to.
    """
    place = Path(folder)
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"{place}: found {error.strerror or 'no access'}; allowed: a folder in one that exists") from error
    files = []
    for scenario in scenarios:
        file = place / f"{scenario.name.replace(' ', '-')}.toml"
        content = scenario_text(scenario).encode()

        def write(target: Path, content: bytes = content) -> None:
            target.write_bytes(content)

        write_file(file, write)
        files.append(file)
    return files
