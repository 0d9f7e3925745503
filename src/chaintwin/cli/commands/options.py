"""Arguments and options that several commands share, so that they read and behave alike."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer


class Shipped(StrEnum):
    """The shipped networks; a test holds that they are those of ``chaintwin.examples``, which is too heavy to ask here."""

    BEER_GAME = "beer-game"
    MEDICINES = "medicines"
    ELECTRONICS = "electronics"


class Layout(StrEnum):
    """How a project is written."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


ResultFormat = Literal["parquet", "csv", "xlsx"]
"""How a result is written; a test holds that these are the formats of ``chaintwin.Result.write``."""

Project = Annotated[Path, typer.Argument(help="Folder with chaintwin.toml and tables, or one XLSX file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers; the same seed gives the same result.", min=0, max=2**64 - 1)]
Replications = Annotated[int, typer.Option(help="Independent runs; intervals need two.", min=1)]
StateFile = Annotated[
    Path | None,
    typer.Option(
        "--state",
        help="State to start from, a JSON file; without warm-up; by default the first stock of the project.",
        show_default=False,
    ),
]
Threads = Annotated[
    int | None, typer.Option(help="Threads to use, all cores by default; never changes the result.", min=1, show_default=False)
]
LayoutChoice = Annotated[Layout, typer.Option(help="How the project is written.")]


def day(text: str) -> date:
    """Return the day an option names.

    Raises
    ------
    typer.BadParameter
        The text is no day of the form YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"found {text!r}; allowed: a day written YYYY-MM-DD, such as 2024-12-31") from error
