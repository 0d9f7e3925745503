"""What figures were measured on: without it a time means nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and how busy it was.

    Parameters
    ----------
    processor : name of the processor.
    processors : number of logical processors this process may use.
    load_average : mean number of running processes over the last minute, None where the system does not tell.
    system, python, chaintwin, numba, polars : versions.
    """

    processor: str
    processors: int
    load_average: float | None
    system: str
    python: str
    chaintwin: str
    numba: str
    polars: str


def describe_machine() -> Machine:
    """Return the machine as it is now."""
    from importlib.metadata import version

    from chaintwin import __version__

    return Machine(
        processor=_processor(),
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        load_average=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        chaintwin=__version__,
        numba=version("numba"),
        polars=version("polars"),
    )


def _processor() -> str:
    about = Path("/proc/cpuinfo")
    if about.is_file():
        for line in about.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("model name", "Hardware", "cpu model"):
                return " ".join(value.split())
    return platform.processor() or "unknown"
