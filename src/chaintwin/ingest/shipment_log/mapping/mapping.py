"""A mapping: what the columns and words of a log mean, as a small TOML file says it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from pathlib import Path

import tomli_w

from chaintwin.errors import Finding, InputError
from chaintwin.ingest.shipment_log.cells.countries import country_code
from chaintwin.ingest.shipment_log.mapping.checking import check_document, headers_named
from chaintwin.ingest.shipment_log.mapping.nearest import nearest_headers
from chaintwin.network.network import Period


class Layout(StrEnum):
    """How a log is laid out."""

    TRANSACTIONS = "transactions"  # One row is one delivery line.
    DAILY_SERIES = "daily_series"  # One file is one point of the chain, one column a product, one row a day.


class RepeatedLines(StrEnum):
    """What becomes of the second of two lines that are equal in every column."""

    BY_ID = "by_id"  # Left out where it carries a shipment id, which names one line; kept where it has none.
    DROP = "drop"
    KEEP = "keep"


class RepeatedIds(StrEnum):
    """What becomes of lines with the same shipment id and other content."""

    KEEP = "keep"
    FIRST = "first"
    LAST = "last"


DEFAULT_CURRENCY = "USD"
"""Taken where neither the mapping nor the log says."""

SERIES_POINTS = ("production", "factory_issue", "delivery_to_distributor", "sales_order")
"""The points of the chain of a log of daily series, from the maker to the market."""


@dataclass(frozen=True, slots=True)
class LogMapping:
    """What the columns and words of a log mean.

    Parameters
    ----------
    name : name of the mapping, also the default name of the project.
    kind : layout of the log.
    columns : headers by field, the best first where several may hold it (layout ``transactions``).
    period : length of a period of the project; None chooses it from the lead times.
    currency : ISO 4217 code of every amount; empty if not known, which counts as US dollars.
    date_formats : format of a date column by header; dates of other columns are recognized.
    decimal_commas : headers of columns written like ``1.234,5``.
    modes : mode of ``lanes.mode`` by the word in the log; an empty mode says that the word means "not known".
    hub_routes : words of the field ``route`` that say the goods came out of a hub.
    reference_pattern : regular expression with the groups ``id`` and ``document`` for cells that point to another line.
    words : by field, the meaning of a word that stands in for a number, date or name; ``included`` counts as zero.
    place_words : country code by a word in the name of a site.
    countries : country code by a word in a country column; an empty code says that the word means "not known".
    units : by field, how many of the column's unit one of a word beside a number is, such as pieces on a pallet.
    repeated_lines : what becomes of lines equal in every column.
    repeated_ids : what becomes of lines with the id of an earlier one and other content.
    kept_spellings : kinds of names (``sites``, ``products``) whose spellings are told apart.
    country : country of every site where the log names none.
    sheets : sheets of a workbook to be read; empty chooses those that look like the log.
    series : file pattern by point of the chain, and ``date``, the header of the day (layout ``daily_series``).
    places : file and headers of the table of plants and storage locations (layout ``daily_series``).
    groups : file and headers of the table of product groups (layout ``daily_series``).
    weights : file and unit of the weight of one unit (layout ``daily_series``).
    aliases : product a second series belongs to, by the header of that series (layout ``daily_series``).
    confidence : how sure the choice of a field is, 0 to 1, where the mapping was guessed.
    unused : headers that no field uses, where the mapping was guessed.
    """

    name: str
    kind: Layout = Layout.TRANSACTIONS
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    period: Period | None = None
    currency: str = ""
    date_formats: Mapping[str, str] = field(default_factory=dict)
    decimal_commas: tuple[str, ...] = ()
    modes: Mapping[str, str] = field(default_factory=dict)
    hub_routes: tuple[str, ...] = ()
    reference_pattern: str = ""
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    place_words: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    repeated_lines: RepeatedLines = RepeatedLines.BY_ID
    repeated_ids: RepeatedIds = RepeatedIds.KEEP
    kept_spellings: tuple[str, ...] = ()
    country: str = ""
    sheets: tuple[str, ...] = ()
    series: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    unused: tuple[str, ...] = ()

    def headers(self, name: str) -> tuple[str, ...]:
        """Return the headers that hold a field, the best first; empty if the log has none."""
        return self.columns.get(name, ())

    def all_headers(self) -> tuple[str, ...]:
        """Return every header the mapping names, in the order of its fields."""
        return tuple(dict.fromkeys(header for headers in self.columns.values() for header in headers))

    @property
    def money(self) -> str:
        """The currency amounts are in, the assumed one if none is known."""
        return self.currency or DEFAULT_CURRENCY

    def to_toml(self) -> str:
        """Return the mapping as the text of a mapping file, the confidence of guessed fields as comments.

        Example
        -------
        >>> print(LogMapping("log", columns={"product": ("Item",)}).to_toml().splitlines()[0])
        name = "log"
        """
        document: dict[str, object] = {}
        if self.currency:
            document["currency"] = self.currency
        if self.period is not None:
            document["period"] = str(self.period)
        if self.country:
            document["country"] = self.country
        if self.sheets:
            document["sheet"] = self.sheets[0] if len(self.sheets) == 1 else list(self.sheets)
        columns = {name: headers[0] if len(headers) == 1 else list(headers) for name, headers in self.columns.items()}
        sections: dict[str, object] = {
            "columns": columns,
            "date_formats": dict(self.date_formats),
            "numbers": {"decimal_commas": list(self.decimal_commas)} if self.decimal_commas else {},
            "modes": dict(self.modes),
            "routes": {"hub": list(self.hub_routes)} if self.hub_routes else {},
            "references": {"pattern": self.reference_pattern} if self.reference_pattern else {},
            "words": {name: dict(words) for name, words in self.words.items()},
            "place_words": dict(self.place_words),
            "countries": dict(self.countries),
            "units": {name: dict(factors) for name, factors in self.units.items()},
            "duplicates": self._duplicates(),
            "spellings": dict.fromkeys(self.kept_spellings, "keep"),
        }
        for name in ("series", "places", "groups", "weights", "aliases"):
            sections[name] = dict(getattr(self, name))
        document.update({name: section for name, section in sections.items() if section})
        notes = [f"# {name}: confidence {value:.0%}" for name, value in self.confidence.items()]
        notes += [f"# not used: {header}" for header in self.unused]
        head = tomli_w.dumps({"name": self.name, "kind": str(self.kind)})
        if not self.currency:
            head += f'# currency = "{DEFAULT_CURRENCY}"  # not known; this one is assumed until the line says which\n'
        return "\n".join([head + tomli_w.dumps(document), *notes]).rstrip() + "\n"

    def _duplicates(self) -> dict[str, str]:
        said = {"lines": str(self.repeated_lines), "ids": str(self.repeated_ids)}
        usual = {"lines": str(RepeatedLines.BY_ID), "ids": str(RepeatedIds.KEEP)}
        return {name: value for name, value in said.items() if value != usual[name]}


def read_mapping(path: Path | str) -> LogMapping:
    """Read a mapping file.

    Parameters
    ----------
    path : a TOML file.

    Raises
    ------
    InputError
        Every fault of the file at once: unknown sections, fields and modes, wrong types, a pattern that is none.
    """
    path = Path(path)
    return parse_mapping(_text_of(path), file=path.name)


def check_headers_of_file(path: Path | str, headers: Sequence[str], *, file: str) -> list[Finding]:
    """Return one finding for each column that a mapping file names and a log lacks, whatever other faults the file has.

    Parameters
    ----------
    path : a mapping file that can be read.
    headers : headers of the log.
    file : name of the log, for the message.
    """
    try:
        document = tomllib.loads(_text_of(Path(path)))
    except (ValueError, RecursionError, InputError):
        return []
    return check_headers(LogMapping("faulty", columns=headers_named(document)), headers, file=file)


def shipped_mapping(name: str) -> LogMapping:
    """Return a mapping that comes with the program.

    Parameters
    ----------
    name : ``scms`` or ``supplygraph``.

    Example
    -------
    >>> shipped_mapping("scms").headers("product")
    ('Item Description',)
    """
    if name not in shipped_names():
        allowed = ", ".join(shipped_names())
        raise InputError([Finding("mapping.unknown", name, f"one of {allowed}, or the path of a mapping file")])
    return parse_mapping(_shipped_text(name), file=f"{name}.toml")


def shipped_names() -> tuple[str, ...]:
    """Return the names of the mappings that come with the program, sorted."""
    folder = resources.files(__package__) / "shipped"
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def parse_mapping(text: str, *, file: str = "mapping") -> LogMapping:
    """Return the mapping a TOML text says.

    Parameters
    ----------
    text : the content of a mapping file.
    file : its name, for messages.

    Raises
    ------
    InputError
        Every fault at once.
    """
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError([Finding("mapping.toml", str(error), "valid TOML", "mend the line", file)]) from error
    findings = check_document(document, file=file)
    if findings:
        raise InputError(findings)
    columns = {name: _texts(value) for name, value in document.get("columns", {}).items()}
    units, duplicates = document.get("units", {}), document.get("duplicates", {})
    return LogMapping(
        name=document["name"],
        kind=Layout(document["kind"]),
        columns=columns,
        period=Period(document["period"]) if "period" in document else None,
        currency=document.get("currency", ""),
        date_formats=document.get("date_formats", {}),
        decimal_commas=tuple(document.get("numbers", {}).get("decimal_commas", ())),
        modes=document.get("modes", {}),
        hub_routes=tuple(document.get("routes", {}).get("hub", ())),
        reference_pattern=document.get("references", {}).get("pattern", ""),
        words=document.get("words", {}),
        place_words=_coded(document.get("place_words", {})),
        countries=_coded(document.get("countries", {})),
        units={name: {word: float(factor) for word, factor in factors.items()} for name, factors in units.items()},
        repeated_lines=RepeatedLines(duplicates.get("lines", RepeatedLines.BY_ID)),
        repeated_ids=RepeatedIds(duplicates.get("ids", RepeatedIds.KEEP)),
        kept_spellings=tuple(name for name, choice in document.get("spellings", {}).items() if choice == "keep"),
        country=document.get("country", ""),
        sheets=_texts(document.get("sheet", ())),
        series=document.get("series", {}),
        places=document.get("places", {}),
        groups=document.get("groups", {}),
        weights=document.get("weights", {}),
        aliases=document.get("aliases", {}),
    )


def check_headers(
    mapping: LogMapping,
    headers: Sequence[str],
    *,
    file: str,
    guess: Callable[[], LogMapping] | None = None,
    beside: str = "",
) -> list[Finding]:
    """Return one finding for each column a mapping names and a log lacks, with the headers that may stand for it.

    Parameters
    ----------
    mapping : what the columns should mean.
    headers : headers of the log.
    file : name of the log, for the message.
    guess : returns what the headers of this log seem to mean by themselves; None leaves only likeness of spelling.
    beside : another file of the same log that has all the columns, empty if there is none.
    """
    absent = [(name, header) for name, wanted in mapping.columns.items() for header in wanted if header not in headers]
    if not absent:
        return []
    # A header that means something else already is not meant.
    spare = [header for header in headers if header not in mapping.all_headers()]
    guessed = guess().columns if guess is not None else {}
    taken = {header for headers in guessed.values() for header in headers}
    unknown = [header for header in spare if header not in taken]
    findings = []
    for name, header in absent:
        found = f'no column "{header}"{f", which {beside} has" if beside else ""}'
        meant = [candidate for candidate in guessed.get(name, ()) if candidate in spare]
        fix = _header_fix(header, meant, spare=unknown, file=file, beside=beside)
        findings.append(Finding("mapping.column_absent", found, "a header of the log", fix, file, 1, name))
    return findings


def _header_fix(header: str, meant: Sequence[str], *, spare: Sequence[str], file: str, beside: str) -> str:
    near = list(meant) or nearest_headers(header, spare)
    if beside:
        # Tables of one log are read by one mapping, so the file is mended and not the mapping.
        other = f'"{near[0]}"' if near else f"the column that holds it ({', '.join(spare) or 'none is left'})"
        sure = " if it holds the same" if near and not meant else ""
        return f'rename {other} to "{header}" in {file}{sure}, or import that file by itself'
    if near:
        return f"did you mean {', '.join(near)}?"
    return f"name one of {', '.join(spare)}" if spare else "no column is left; add it to the log"


def _texts(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _coded(countries: Mapping[str, str]) -> dict[str, str]:
    """Return the ISO code of each country, which a mapping may give by its name; an empty text stays."""
    return {word: country_code(country) for word, country in countries.items()}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            [Finding("mapping.unreadable", str(error), "a TOML file in UTF-8", "check the path", path.name)]
        ) from error


def _shipped_text(name: str) -> str:
    return (resources.files(__package__) / "shipped" / f"{name}.toml").read_text(encoding="utf-8")
