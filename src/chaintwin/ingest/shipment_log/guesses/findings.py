"""What is said about a guessed mapping: why it is not enough, and what to look at where it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from chaintwin.errors import Finding, InputError, Severity
from chaintwin.ingest.shipment_log.guesses.candidates import likely_headers, unread_days
from chaintwin.ingest.shipment_log.mapping.content import content_of
from chaintwin.ingest.shipment_log.mapping.fields import FIELDS, field
from chaintwin.ingest.shipment_log.mapping.guessing import NEARLY_ALL, unsettled_numbers
from chaintwin.ingest.shipment_log.mapping.mapping import LogMapping

DAYS = ("ordered", "promised", "shipped", "delivered")
SENDERS = ("origin", "vendor")

DOUBTFUL = 0.8
"""A guess less sure than this is one."""

KNOWN_DAYS = "2024-01-05, 05.01.2024, 01/05/2024 02:00 PM or 5 Jan 2024"


def refuse_incomplete(guessed: LogMapping, sample: pl.DataFrame, *, file: str) -> None:
    """Raise if a guess lacks what a network needs, with the guesses so far and the headers that may be meant.

    Parameters
    ----------
    guessed : the mapping; one without ``confidence`` and ``unused`` was not guessed, and has all it needs.
    sample : rows of the log as text.
    file : name of the log, for the message.

    Raises
    ------
    InputError
        One finding for each thing that is missing.
    """
    findings = [
        _missing((item.name,), f"{item.name} ({item.meaning[0].lower()}{item.meaning[1:].rstrip('.')})", guessed, sample)
        for item in FIELDS
        if item.required and not guessed.headers(item.name)
    ]
    if not any(guessed.headers(name) for name in SENDERS):
        findings.append(_missing(SENDERS, " or ".join(SENDERS), guessed, sample))
    if not any(guessed.headers(name) for name in DAYS):
        unread = unread_days(guessed, sample)
        findings += _unread(unread, sample, severity=Severity.ERROR) or [_missing(DAYS, " or ".join(DAYS), guessed, sample)]
    if findings:
        # Said once, however many fields are missing.
        so_far = "; ".join(_pairs(guessed)) or "nothing"
        left = ", ".join(guessed.unused) or "no column is left"
        findings[0] = replace(findings[0], fix=f"{findings[0].fix}; guessed so far: {so_far}; headers not used yet: {left}")
        raise InputError([replace(finding, file=file, row=1) for finding in findings])


def guess_findings(guessed: LogMapping, sample: pl.DataFrame, *, file: str) -> list[Finding]:
    """Return what is to be looked at in a mapping that was guessed; nothing about one that was given.

    Parameters
    ----------
    guessed : the mapping.
    sample : rows of the log as text.
    file : name of the log, for the messages.
    """
    if not guessed.confidence:
        return []
    fix = "look through the mapping, correct it and import again with it"
    pairs = ", ".join(_pairs(guessed))
    findings = [Finding("mapping.guessed", pairs, "a mapping looked at by a person", fix, severity=Severity.NOTE)]
    if guessed.unused:
        left = ", ".join(guessed.unused)
        allowed = "columns without meaning for a network"
        findings.append(Finding("mapping.columns_unused", left, allowed, fix, severity=Severity.NOTE))
    unread = {name: header for name, header in unread_days(guessed, sample).items() if not guessed.headers(name)}
    findings += [replace(finding, file=file, row=1) for finding in _unread(unread, sample, severity=Severity.WARNING)]
    findings += _one_product(guessed, sample, file=file)
    findings += _unsettled(guessed, sample, file=file)
    return findings


def arrival_findings(guessed: LogMapping, *, observed: int) -> list[Finding]:
    """Return a warning where no lead time came out and the column of the arrival was guessed without being sure.

    Parameters
    ----------
    guessed : the mapping.
    observed : number of lines that gave a lead time.
    """
    sure = guessed.confidence.get("delivered", 1.0)
    if observed or sure >= DOUBTFUL:
        return []
    header = guessed.headers("delivered")[0]
    found = f"no lead time came out, and {header} was taken for the arrival ({sure:.0%} sure)"
    fix = "name the column of the arrival under delivered in the mapping"
    return [Finding("import.arrival_doubtful", found, "days of arrival", fix, column=header, severity=Severity.WARNING)]


def _missing(names: tuple[str, ...], what: str, guessed: LogMapping, sample: pl.DataFrame) -> Finding:
    likely = likely_headers(guessed, sample, names=names)
    allowed = f"a header such as {', '.join(field(names[0]).headers[:4])}" if len(names) == 1 else "at least one of them"
    fix = _naming(names[0], likely[0] if likely else "HEADER")
    if likely:
        fix = f"the most likely of those left: {', '.join(likely)}; {fix}"
    return Finding("mapping.guess_incomplete", f"no header that looks like {what}", allowed, fix, column=names[0])


def _naming(name: str, header: str) -> str:
    """Return how to say which column means a field."""
    entry = f'{name} = "{header}"'
    return f"save what chaintwin import --show-mapping prints, add {entry} under [columns], and give it to --mapping"


def _unread(unread: Mapping[str, str], sample: pl.DataFrame, *, severity: Severity) -> list[Finding]:
    findings = []
    for name, header in unread.items():
        cell = sample[header].drop_nulls()[0]
        found = f'{header} is {name} by its header, but its cells are no dates in a known form, such as "{cell}"'
        example = f'"{header}" = "%d.%m.%Y", say, under [date_formats]'
        fix = f"{_naming(name, header)}; say there how the days are written: {example} (%d day, %m month, %b its name, %Y year)"
        findings.append(Finding("mapping.date_unread", found, f"dates like {KNOWN_DAYS}", fix, column=header, severity=severity))
    return findings


def _one_product(guessed: LogMapping, sample: pl.DataFrame, *, file: str) -> list[Finding]:
    header = next(iter(guessed.headers("product")), "")
    if header not in sample.columns:
        return []
    content = content_of(sample[header])
    if not content.is_constant and not content.counts_lines:
        return []
    word = sample[header].drop_nulls()[0]
    found = f'"{word}" in every line' if content.is_constant else f'numbers like those of lines, such as "{word}"'
    fix = "if these are not the goods, name their column under product in the mapping"
    # A number that never changes is hardly the name of goods; a text may well be.
    is_number = content.bare_integers >= NEARLY_ALL
    code = "mapping.product_doubtful" if is_number else "mapping.product_single"
    return [Finding(code, found, "several products", fix, file, 1, header, Severity.WARNING)]


def _unsettled(guessed: LogMapping, sample: pl.DataFrame, *, file: str) -> list[Finding]:
    """Return a warning for each column of numbers such as 1.200 that a guessed mapping had to read one way or the other."""
    findings = []
    for header in unsettled_numbers(guessed, sample):
        is_thousands = header in guessed.decimal_commas
        found = f"every number with a point has three digits behind it; read as {'thousands' if is_thousands else 'decimals'}"
        change = f"take {header} out of" if is_thousands else f'add "{header}" to'
        fix = f"if that is wrong, {change} decimal_commas under [numbers] in the mapping"
        allowed = "numbers that fit one reading"
        findings.append(Finding("log.number_ambiguous", found, allowed, fix, file, 0, header, Severity.WARNING))
    return findings


def _pairs(guessed: LogMapping) -> list[str]:
    return [f"{name} = {' | '.join(guessed.headers(name))} ({sure:.0%})" for name, sure in guessed.confidence.items()]
