"""``chaintwin import``: a shipment log becomes a project."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chaintwin.cli.commands.options import Json, Layout, LayoutChoice, day
from chaintwin.cli.terminal.output import Terminal
from chaintwin.cli.terminal.session import SMALLER_LOG, session

if TYPE_CHECKING:
    from chaintwin.ingest.shipment_log.importing import ImportResult
    from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping


def import_log(
    log: Annotated[
        Path, typer.Argument(help="Shipment log: a CSV, XLSX or Parquet file, or a folder of them.", show_default=False)
    ],
    *,
    mapping: Annotated[
        str | None,
        typer.Option(help="Mapping file (TOML), or scms or supplygraph; found or guessed by default.", show_default=False),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the project, or a file that ends in .xlsx; by default a folder here, named after the log.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the project; by default that of the mapping or log.", show_default=False)
    ] = None,
    as_of: Annotated[
        date | None,
        typer.Option(
            "--as-of",
            metavar="DATE",
            parser=day,
            help="Day up to which the log is complete, such as 2024-12-31: what arrived later counts as still under way. "
            "By default the last day on which anything happened in the log.",
            show_default=False,
        ),
    ] = None,
    layout: LayoutChoice = Layout.CSV,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what an earlier import to the same place wrote.")] = False,
    show_mapping: Annotated[
        bool, typer.Option("--show-mapping", help="Print the mapping as TOML, to correct it, and end.")
    ] = False,
    json: Json = False,
) -> None:
    """Turn a shipment log into a project."""
    with session(is_json=json, memory_advice=SMALLER_LOG) as terminal:
        if show_mapping:
            _print_mapping(terminal, _mapping_of(log, mapping))
            return
        from chaintwin.ingest.shipment_log.writing import check_import, write_import
        from chaintwin.network.tables.writing import Layout as Written

        target = into or Path(f"{log.resolve().stem}-network")
        written = Written(layout.value)
        check_import(target, layout=written, replace=replace)
        result = _imported(terminal, log, mapping=mapping, name=name, as_of=as_of)
        files = write_import(result, target, layout=written, replace=replace)
        document = {"log": log, "project": target, "files": files, "report": result.report.to_dict(), "findings": result.findings}
        terminal.document(document | {"lane_fits": result.lane_fits, "mapping": result.mapping.to_toml()})
        _show(terminal, result, log=log, target=target, report=files[0])


def _imported(terminal: Terminal, log: Path, *, mapping: str | None, name: str | None, as_of: date | None) -> ImportResult:
    from chaintwin.cli.terminal.progress import progress_bar
    from chaintwin.ingest.shipment_log.importing import import_log as run

    with progress_bar(terminal, f"Importing {log.name}", is_cold=False) as report:
        return run(log, mapping=mapping, name=name, as_of=as_of, progress=lambda share, _: report(share))


def _mapping_of(log: Path, mapping: str | None) -> LogMapping:
    from chaintwin.ingest.shipment_log.importing import find_mapping
    from chaintwin.ingest.shipment_log.mapping.mapping import read_mapping, shipped_mapping, shipped_names

    if mapping is None:
        return find_mapping(log)
    return shipped_mapping(mapping) if mapping in shipped_names() else read_mapping(mapping)


def _print_mapping(terminal: Terminal, mapping: LogMapping) -> None:
    text = mapping.to_toml()
    terminal.document({"mapping": text})
    if not terminal.is_json:
        # Printed as it stands, so that it can be redirected to a file, corrected and given to --mapping.
        print(text, end="")


def _show(terminal: Terminal, result: ImportResult, *, log: Path, target: Path, report: Path) -> None:
    from chaintwin.cli.commands.init import quoted
    from chaintwin.cli.views.import_view import show_import, show_places

    show_import(terminal, result, again=f"chaintwin import {quoted(log)}")
    show_places(terminal, target, report=report, findings=result.findings)
    terminal.show(f"  Next: chaintwin check {quoted(target)}", f"        chaintwin simulate {quoted(target)}")
