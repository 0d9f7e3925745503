"""What a person may ask of a hidden world: its options in groups, truth, instruments, wire, telling."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

GradeOfWire = Literal["perfect", "good", "bad", "terrible"]
"""A test holds that these are the grades of ``chaintwin.world``, which is too heavy to ask here."""

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="WHERE",
        help="Telling: http(s)://HOST/epcis, mqtt(s)://HOST/TOPIC, opc.tcp://127.0.0.1:PORT/PATH, a folder, a file that ends "
        "in .jsonl, or - for standard output.",
        show_default=False,
    ),
]
Speed = Annotated[str, typer.Option(help="Telling: seconds of the world in one second, such as 3600; or max.")]
Days = Annotated[float, typer.Option(help="Telling: days of the world.", min=0.04, max=3660)]
Resume = Annotated[bool, typer.Option("--resume", help="Telling: go on from where the same command was stopped.")]
Token = Annotated[
    Path | None, typer.Option("--token-file", help="Telling: file with the token of a repository over HTTP.", show_default=False)
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="NAME=VALUE",
        help="Telling: option of a connection, such as username=NAME with a broker; may be repeated.",
        show_default=False,
    ),
]
PrintMapping = Annotated[
    bool, typer.Option("--print-mapping", help="Print the mapping that a twin takes MQTT and OPC UA with, and end.")
]
TruthFile = Annotated[
    Path | None,
    typer.Option(
        "--truth",
        help="Truth: scenario file (TOML) with the true parameters; drawn from the seed by default.",
        show_default=False,
    ),
]
Spread = Annotated[
    float,
    typer.Option(help="Truth: how far drawn parameters lie from the project's, times the usual; 0: as it says.", min=0, max=4),
]
Shift = Annotated[
    list[str] | None,
    typer.Option(
        help="Truth: a change at a date, such as 'rotterdam>*: lead_time*1.3 from day 60'; may be repeated.", show_default=False
    ),
]
KeepTruth = Annotated[
    Path | None, typer.Option(help="Truth: folder to write it to, for tests; by default nobody learns it.", show_default=False)
]
CountShare = Annotated[float, typer.Option(help="Instruments: part of the stock points counted each time, 0 to 1.", min=0, max=1)]
CountEvery = Annotated[float, typer.Option(help="Instruments: days between two counts.", min=0.04)]
CountError = Annotated[float, typer.Option(help="Instruments: standard deviation of a count, as a share of it.", min=0, max=1)]
Misread = Annotated[float, typer.Option(help="Instruments: part of the quantities of goods that are told wrong.", min=0, max=1)]
GaugeShare = Annotated[float, typer.Option(help="Instruments: part of the stock points that have a gauge.", min=0, max=1)]
GaugeNoise = Annotated[float, typer.Option(help="Instruments: noise of a gauge, as a share of what is there.", min=0, max=1)]
Graded = Annotated[GradeOfWire, typer.Option("--wire", help="Wire: how bad it is; what follows sets single values otherwise.")]
Delay = Annotated[
    str | None,
    typer.Option(help="Wire: hours an event takes, or a law, such as 'lognormal(mean=0.5, cv=1)'.", show_default=False),
]
Disorder = Annotated[
    float | None, typer.Option(help="Wire: part of the events that are held up.", min=0, max=1, show_default=False)
]
DisorderBy = Annotated[float | None, typer.Option(help="Wire: for how many hours at most.", min=0, show_default=False)]
Duplicates = Annotated[float | None, typer.Option(help="Wire: part that comes twice.", min=0, max=1, show_default=False)]
Loss = Annotated[
    float | None,
    typer.Option("--loss", help="Wire: part of the sendings lost, and sent again.", min=0, max=0.95, show_default=False),
]
Retry = Annotated[
    float | None, typer.Option(help="Wire: hours until the first repeat; then twice as long.", min=0, show_default=False)
]
NoRetry = Annotated[bool, typer.Option("--no-retry", help="Wire: nobody sends again what was lost.")]
Lose = Annotated[float, typer.Option(help="Wire: part of the events that is lost for good, whatever is repeated.", min=0, max=1)]
