"""The page about files states the limits that the program has."""

from __future__ import annotations

from chaintwin.laws.parameters import LARGEST
from chaintwin.network.lowering.sizes import LIST_VALUES_MAX
from chaintwin.network.sizes import LEAD_QUANTILE, RING_SLOTS_MAX
from chaintwin.network.tables.cells.dates import FIRST_DAY, LAST_DAY
from chaintwin.network.tables.cells.laws import LAW_LENGTH_MAX
from chaintwin.network.tables.cells.numbers import WHOLE_MAX
from chaintwin.network.tables.cells.words import ID_LENGTH_MAX, TEXT_LENGTH_MAX
from chaintwin.network.tables.files import columnar, sheet, workbook_safety, workbook_writing
from chaintwin.network.tables.schema import DELAY_MAX, PERIODS_MAX, SCHEMA_VERSION
from tests.shared_data import REPOSITORY


def test_files_page__limits_are_those_of_the_program() -> None:
    page = (REPOSITORY / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    for line in (
        f"| one file | {sheet.FILE_BYTES_MAX // 2**20} MiB |",
        f"| rows of one table | {sheet.ROWS_MAX:,}; in a sheet {workbook_writing.ROWS_IN_SHEET_MAX:,} |",
        f"| columns of one table | {sheet.COLUMNS_MAX} |",
        f"| a workbook unpacked | {workbook_safety.UNPACKED_BYTES_MAX // 2**30} GiB in all; a part above "
        f"{workbook_safety.RATIO_APPLIES_FROM_BYTES // 2**20} MiB at most {workbook_safety.RATIO_MAX} times its packed size |",
        f"| a Parquet file | {columnar.CELLS_MAX:,} cells |",
        f"| an id; a text; a law | {ID_LENGTH_MAX}; {TEXT_LENGTH_MAX:,}; {LAW_LENGTH_MAX:,} characters |",
        f"| a number; a whole number | {LARGEST:.0e} in size; {WHOLE_MAX:,} |".replace("1e+15", "1e15"),
        f"| a lead time, a delay, a review period | {DELAY_MAX:,} periods; of a law, the point that {LEAD_QUANTILE * 100:g} % ",
        f"| longest lead times and information delays, all sources together | {RING_SLOTS_MAX:,} periods |",
        f"| periods of a run and of a series | {PERIODS_MAX:,} |",
        f"a trend, a dated calendar or a dated price | {LIST_VALUES_MAX:,} |",
        f"from {FIRST_DAY} to {LAST_DAY}",
        f"this program writes version {SCHEMA_VERSION}.",
    ):
        assert line in page
