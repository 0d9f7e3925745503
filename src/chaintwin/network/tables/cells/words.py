"""Cells of words: ids, free text and choices."""

from __future__ import annotations

import polars as pl

from chaintwin.errors import Severity
from chaintwin.network.tables.cells.cells import Cells, Fault, Reading, faults_where, shown, without_space
from chaintwin.network.tables.cells.nearest import plain_name
from chaintwin.network.tables.cells.synonyms import suggested
from chaintwin.network.tables.schema import Kind

ID_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 2000
"""Longest id and text in characters; longer ones are a sign of a broken quote or of a wrong column."""

# Control characters, and invisible ones that make two names look the same or change the direction of what follows.
_HIDDEN_IN_TEXT = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\x{200b}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{feff}\x{fffe}\x{ffff}]"
_HIDDEN_IN_ID = r"[\x00-\x1f\x7f-\x9f\x{200b}\x{200e}\x{200f}\x{2028}-\x{202e}\x{2060}-\x{2069}\x{feff}\x{fffe}\x{ffff}]"


def read_words(cells: Cells) -> Reading:
    """Return ids or text without surrounding space; control characters and overlong ones are errors."""
    is_id = cells.column.kind is Kind.ID
    values = cells.values if is_id else cells.values.str.replace_all("\r\n", "\n", literal=True)
    most = ID_LENGTH_MAX if is_id else TEXT_LENGTH_MAX
    hidden = values.str.contains(_HIDDEN_IN_ID if is_id else _HIDDEN_IN_TEXT)
    long = values.str.len_chars() > most
    findings = faults_where(cells, hidden, judge=_hidden_fault)
    fix = "check the quotes of the row, or shorten it"
    findings += faults_where(
        cells, long, judge=lambda text: Fault("text.long", f"{len(text)} characters", f"at most {most}", fix)
    )
    findings += faults_where(cells, _is_spaced(cells), judge=_space_note)
    return Reading(_clean(values, hidden | long), findings)


def read_choices(cells: Cells) -> Reading:
    """Return one of the column's choices; another case or other punctuation is mended with a note."""
    choices = cells.column.choices
    exact = cells.values.is_in(list(choices))
    other = cells.values.is_not_null() & ~exact
    if not other.any():
        return Reading(cells.values)
    plain = {plain_name(choice): choice for choice in choices}
    texts = cells.values.filter(other).unique().to_list()
    mended = {text: plain[plain_name(text)] for text in texts if plain_name(text) in plain}
    similar = cells.values.is_in(list(mended))
    wrong = other & ~similar
    allowed = ", ".join(choices)

    def judge(text: str) -> Fault:
        near = suggested(text, choices)
        return Fault("choice.wrong", shown(text), allowed, f"write {near}" if near else "write one of these")

    def note(text: str) -> Fault:
        return Fault("choice.spelling", shown(text), mended[without_space(text)], severity=Severity.NOTE)

    findings = faults_where(cells, wrong, judge=judge) + faults_where(cells, similar, judge=note)
    values = cells.values.replace(mended) if mended else cells.values
    return Reading(_clean(values, wrong), findings)


def _is_spaced(cells: Cells) -> pl.Series:
    return cells.raw.is_not_null() & cells.values.is_not_null() & (cells.raw != cells.values)


def _clean(values: pl.Series, mask: pl.Series) -> pl.Series:
    return values.zip_with(~mask.fill_null(False), pl.Series([None], dtype=pl.String))


def _hidden_fault(text: str) -> Fault:
    kept = "".join(character for character in text if character.isprintable()).strip()
    # repr shows what cannot be seen, though it leaves some invisible characters as they are; ascii does not.
    found = ascii(text[:60])
    return Fault(
        "text.hidden", f"{found} with a hidden character", "visible characters", f"write {kept[:60]}" if kept else "write it anew"
    )


def _space_note(text: str) -> Fault:
    return Fault("text.space", shown(text), "no surrounding spaces; they are removed", severity=Severity.NOTE)
