"""Cases that read, check and import tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.bench.case import Case, Phase
from chaintwin.bench.generated import generated_network
from chaintwin.errors import InvariantError

if TYPE_CHECKING:
    from chaintwin.network.network import Network
    from chaintwin.network.tables.writing import Layout

ROWS_PER_STOCK_POINT = 2.49
"""About as many rows over all tables has a generated network for each stock point, so a case of rows asks for fewer of them."""

SIZES = (1_000, 100_000)


def read_csv_100k() -> Case:
    """Return the case that reads and checks a project of CSV files."""
    return _reading_case("csv", limit_seconds=3.0)


def read_parquet_100k() -> Case:
    """Return the case that reads and checks a project of Parquet files."""
    return _reading_case("parquet", limit_seconds=3.0)


def read_xlsx_100k() -> Case:
    """Return the case that reads and checks a project in one XLSX workbook."""
    return _reading_case("xlsx", limit_seconds=15.0)


def check_100k() -> Case:
    """Return the case that checks a network already in memory."""
    return Case(
        "check_100k",
        "Let the doctor check a generated network in memory, structure included; the size counts table rows.",
        SIZES,
        "row",
        _prepare_check,
    )


def network_of_rows(size: int) -> tuple[Network, float]:
    """Return a generated network with about so many table rows, and how many it has.

    Parameters
    ----------
    size : rows over all tables.
    """
    network = generated_network(round(size / ROWS_PER_STOCK_POINT))
    return network, float(sum(frame.height for frame in network.tables.values()))


def _reading_case(name: str, *, limit_seconds: float) -> Case:
    def prepare(size: int, folder: Path) -> tuple[Phase, ...]:
        from chaintwin.network.tables.writing import Layout

        return _prepare_reading(size, folder, layout=Layout(name), limit_seconds=limit_seconds)

    shown = {"csv": "CSV files", "parquet": "Parquet files", "xlsx": "one XLSX workbook"}[name]
    workload = f"Read a generated network from {shown}, then read and check it; the size counts table rows."
    return Case(f"read_{name}_100k", workload, SIZES, "row", prepare)


def _prepare_reading(size: int, folder: Path, *, layout: Layout, limit_seconds: float) -> tuple[Phase, ...]:
    from chaintwin.network.doctor import check
    from chaintwin.network.tables.reading import read
    from chaintwin.network.tables.writing import Layout, write

    network, rows = network_of_rows(size)
    target = folder / ("project.xlsx" if layout is Layout.XLSX else "project")
    write(network, target, layout=layout)

    def read_it() -> float:
        read(target)
        return rows

    def check_it() -> float:
        _refuse_errors(check(target).ok)
        return rows

    return Phase("read", read_it, "row"), Phase("read and check", check_it, "row", limit_seconds)


def _prepare_check(size: int, folder: Path) -> tuple[Phase, ...]:
    del folder
    from chaintwin.network.doctor import check

    network, rows = network_of_rows(size)

    def run() -> float:
        _refuse_errors(check(network).ok)
        return rows

    return (Phase("check", run, "row"),)


def _refuse_errors(is_ok: bool) -> None:
    if not is_ok:
        raise InvariantError("the generated network has errors, so the time of checking it means nothing")
