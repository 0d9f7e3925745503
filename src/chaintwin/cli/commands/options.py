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

Kind = Literal["bands", "bullwhip", "network", "ranking", "cash"]
"""What a picture shows; a test holds that these are the kinds of ``chaintwin.simulation.pictures.drawing.plot``."""

Project = Annotated[Path, typer.Argument(help="Folder with chaintwin.toml and tables, or one XLSX file.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers; the same seed gives the same result.", min=0, max=2**64 - 1)]
Replications = Annotated[int, typer.Option(help="Independent runs; intervals need two.", min=1)]
Periods = Annotated[
    int | None, typer.Option(help="Periods that count; the project's horizon by default.", min=1, show_default=False)
]
WarmUp = Annotated[
    int | None,
    typer.Option(help="Periods before those that count; the project's by default, none with --state.", min=0, show_default=False),
]
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
Confidence = Annotated[float, typer.Option(help="Level of the intervals, between 0 and 1.")]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        help="File in which finished replications are saved every few seconds; the same command goes on from it.",
        show_default=False,
    ),
]
CheckpointFolder = Annotated[
    Path | None,
    typer.Option(help="Folder that finished replications are saved in; the same command goes on from there.", show_default=False),
]
Anew = Annotated[bool, typer.Option("--anew", help="Forget what the checkpoint holds and start anew.")]
ScenarioFile = Annotated[
    Path | None, typer.Option("--scenario", help="TOML file of changes that are made to the project first.", show_default=False)
]
Vulnerability = Annotated[
    float, typer.Option(help="Probability that an event of a region or country hits each site there, 0 to 1.", min=0, max=1)
]
OwnRate = Annotated[
    float | None,
    typer.Option(
        help="Assumed failures of each site of its own, a year; 0 for none; by default 0.05 where nothing says it.",
        min=0,
        max=1000,
        show_default=False,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(help="Precision at which to stop, such as 'fill_rate +/- 0.002' or 'total_cost +/- 1 %'.", show_default=False),
]
Bands = Annotated[
    list[str] | None,
    typer.Option(
        help="Stock point SITE/PRODUCT of which quantiles by period and bullwhip are kept, or all; may be repeated.",
        show_default=False,
    ),
]
TableFile = Annotated[
    Path | None, typer.Option(help="File to write all rows to; it ends in .csv, .parquet or .xlsx.", show_default=False)
]
Plot = Annotated[Path | None, typer.Option(help="File to draw a picture to, ending in .svg or .png.", show_default=False)]
KindOfPicture = Annotated[
    Kind | None, typer.Option(help="What the picture of --plot shows; bands by default.", show_default=False)
]
AnyKindOfPicture = Annotated[
    Kind | None,
    typer.Option(help="What the picture of --plot shows; bands where the result has some, else the ranking.", show_default=False),
]
ResultPlace = Annotated[
    Path | None,
    typer.Option(help="Folder to write the result to, or a file that ends in .xlsx; by default nothing is written."),
]
FormatChoice = Annotated[
    ResultFormat | None,
    typer.Option(help="How the result is written: parquet by default, xlsx where the name of --out ends so."),
]
LayoutChoice = Annotated[Layout, typer.Option(help="How the project is written.")]


def refuse_alone(option: str, value: object, *, beside: tuple[str, object], why: str) -> None:
    """Refuse an option that says nothing without another.

    Parameters
    ----------
    option, value : its name, and what was given or None.
    beside : name and value of the other.
    why : what the other says, for the message.

    Raises
    ------
    UsageError
        The option is given and the other is not.
    """
    from chaintwin.errors import UsageError

    other, given = beside
    if value is not None and given is None:
        raise UsageError(f"{option}: found no {other} beside it; allowed: with {other}, {why}")


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
