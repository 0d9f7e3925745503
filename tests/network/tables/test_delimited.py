"""The two ways to read CSV agree wherever the fast one is taken."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaintwin.network.tables.files.decoding import decode
from chaintwin.network.tables.files.delimited import find_separator, read_records, read_regular

CELLS = st.text(st.sampled_from('ab ,;"\n\r\t1é'), max_size=6)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6), st.sampled_from([",", ";"]), st.booleans())
def test_read_regular__agrees_with_the_general_reader_on_written_files(
    rows: list[list[str]], separator: str, all_quoted: bool
) -> None:
    text = io.StringIO()
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=separator, lineterminator="\n", quoting=quoting).writerows(rows)
    _assert_agree(text.getvalue().encode(), separator)


@given(st.text(st.sampled_from('ab,"\n\r'), min_size=1, max_size=30))
def test_read_regular__agrees_with_the_general_reader_on_any_text(text: str) -> None:
    if not text.startswith(("\n", "\r")):
        _assert_agree(text.encode(), ",")


def _assert_agree(data: bytes, separator: str) -> None:
    fast = read_regular(data, separator)
    if fast is None:
        return
    slow = read_records(data, separator, file="x.csv")
    assert slow.findings == []
    assert slow.ragged == []
    assert [_plain(column) for column in fast] == [_plain(column) for column in slow.columns]


def _plain(column: pl.Series) -> list[str]:
    # A blank cell is null in one reader and an empty text in the other; both are blank cells.
    return column.fill_null("").to_list()


@pytest.mark.parametrize("text", ["a,b\n1,2\n", 'a,b\n"x","y\nz"\n', 'a,b\r\n"x""y",\r\n', "a,b\n1,2"])
def test_read_regular__takes_ordinary_files(text: str) -> None:
    assert read_regular(text.encode(), ",") is not None


@pytest.mark.parametrize(
    "text", [' ,", "\n', "a,b\n1\n", "a,b\n1,2,3\n", "a,b\n\n1,2\n", 'a,b\n"x,2\n', 'a,b\nx"y,2\n', "a,b\r1,2\r", "a\n1\n"]
)
def test_read_regular__leaves_others_to_the_general_reader(text: str) -> None:
    assert read_regular(text.encode(), ",") is None


def test_find_separator__by_the_names_it_shows() -> None:
    known = ["site_id", "name"]
    assert find_separator(b"site_id;name,x\n", known) == ";"
    assert find_separator(b"Site ID\tname\n", known) == "\t"
    assert find_separator(b"site_id\n", known) == ","


@given(st.text(max_size=50), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_decode__gives_back_the_text(text: str, encoding: str) -> None:
    assert decode(("a" + text).encode(encoding)).data == ("a" + text).encode()


def test_decode__reads_only_odd_lines_as_western_european() -> None:
    decoded = decode("ä\n".encode() + "ö\r\n".encode("latin-1") + "ü\n".encode())
    assert (decoded.data.decode(), decoded.odd_lines) == ("ä\nö\nü\n", (2,))
