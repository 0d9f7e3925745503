"""Scenario files of a project, in one folder of it: listed, read, and saved under a name that is checked."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from secrets import token_hex
from typing import Any

from chaintwin.errors import Finding, InputError
from chaintwin.network.scenarios.reading import FILE_KEYS, written_of
from chaintwin.network.scenarios.scenario import Scenario
from chaintwin.network.scenarios.writing import scenario_text
from chaintwin.serve.problems import ProblemError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
"""Names of files that are saved over HTTP: no dot, no slash, nothing that a file system or a shell takes for something else."""

BYTES_MAX = 64 * 1024
"""Bytes of a file that is listed with what it says: as many as a request to run it may have."""

FILES_MAX = 200
"""Files that are listed, and that a folder may hold before no more are saved."""


def listed(folder: Path | None) -> list[dict[str, Any]]:
    """Return the scenario files of a folder by name, each with what it says, or with what is wrong with it.

    Parameters
    ----------
    folder : of the project; None, or one that is not there, has none.
    """
    if folder is None or not folder.is_dir():
        return []
    files = sorted(path for path in folder.glob("*.toml") if path.is_file() and not path.is_symlink())
    return [described(path, origin="project") for path in files[:FILES_MAX]]


def described(path: Path, *, origin: str) -> dict[str, Any]:
    """Return a scenario file as JSON has it.

    Parameters
    ----------
    path : of the file. origin : ``library`` or ``project``.

    Returns
    -------
    ``name`` (of the file), ``origin``, ``title``, ``note``, ``scenario`` with the keys of the file, None where it has faults, and
    ``fault``: the first of them.
    """
    found: dict[str, Any] = {"name": path.stem, "origin": origin, "title": path.stem, "note": "", "scenario": None, "fault": None}
    try:
        if path.stat().st_size > BYTES_MAX:
            return found | {"fault": f"{path.name}: found more than 64 KiB; allowed: at most 64 KiB; fix: run it as a command"}
        values = tomllib.loads(path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n"))
        written = written_of(values, name=path.stem, file=path.name)
    except InputError as error:
        return found | {"fault": str(error.findings[0])}
    except (OSError, ValueError, RecursionError):
        return found | {"fault": f"{path.name}: found no TOML in UTF-8; allowed: a scenario file"}
    plain = {key: _plain(values[key]) for key in FILE_KEYS if key in values}
    return found | {"title": written.name, "note": written.note, "scenario": plain | {"name": written.name}}


def save(folder: Path, name: str, *, scenario: Mapping[str, Any], replaces: bool) -> Path:
    """Save a scenario as a file of a project, whole or not at all.

    Parameters
    ----------
    folder : made if it is not there. name : of the file, without its ending. scenario : with the keys of a scenario file.
    replaces : whether a file of that name is replaced.

    Raises
    ------
    InputError
        The name or the scenario has faults.
    ProblemError
        409 where a file of that name is there and is not to be replaced, or there are too many; 503 where nothing can be written.
    """
    findings = []
    if not NAME.fullmatch(name):
        allowed = "1 to 64 of a-z, 0-9, - and _, the first a letter or a digit"
        findings.append(Finding("scenario.file", repr(name[:60]), allowed, column="name"))
    try:
        written = written_of(scenario, name=name, file=f"{name}.toml" if not findings else "scenario")
    except InputError as error:
        raise InputError([*findings, *error.findings]) from None
    if findings:
        raise InputError(findings)
    text = scenario_text(
        Scenario(written.name, written.changes, written.disruptions, written.levels, written.note, file=f"{name}.toml")
    )
    target = folder / f"{name}.toml"
    try:
        return _put(target, text.encode(), replaces=replaces)
    except FileExistsError:
        detail = f"{target.name}: found a file; allowed: a name that is free; fix: choose another, or say replace"
        raise ProblemError(409, "scenario-exists", detail=detail) from None
    except OSError as error:
        detail = f"The scenario cannot be saved: {error.strerror or type(error).__name__}"
        raise ProblemError(503, "store-failed", detail=detail, headers={"Retry-After": "10"}) from None


def _put(target: Path, content: bytes, *, replaces: bool) -> Path:
    folder = target.parent
    if folder.is_symlink():
        # What lies behind it may be no part of the project.
        raise ProblemError(409, "scenario-folder", detail=f"{folder.name}: found a link; allowed: a folder of the project")
    folder.mkdir(exist_ok=True)
    if not target.exists() and sum(1 for _ in folder.glob("*.toml")) >= FILES_MAX:
        raise ProblemError(409, "scenario-folder", detail=f"{folder.name}: found {FILES_MAX} files; fix: remove some")
    fresh = folder / f".{target.stem}.{token_hex(8)}.new"
    try:
        with fresh.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replaces:
            fresh.replace(target)
        else:
            # A second name for the new file is refused where the name is taken, even by who comes at the same moment.
            os.link(fresh, target, follow_symlinks=False)
    finally:
        with suppress(OSError):
            fresh.unlink()
    return target


def _plain(value: Any) -> Any:
    """Return a value of TOML as JSON has it: days as text."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value
