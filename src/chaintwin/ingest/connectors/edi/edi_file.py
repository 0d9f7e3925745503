"""UN/EDIFACT and ANSI X12 in files: orders, despatch advices and transport statuses of trading partners."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.edi.meaning.naming import BUYER, SELLER
from chaintwin.ingest.connectors.edi.meaning.times import check_zone
from chaintwin.ingest.connectors.edi.reading import Settings, parts_of
from chaintwin.ingest.connectors.files.parts import Part
from chaintwin.ingest.connectors.files.probing import counted, probed_files
from chaintwin.ingest.connectors.files.walking import Opened, file_batches
from chaintwin.ingest.connectors.files.watching import AFTER, SETTLE
from chaintwin.ingest.connectors.interface import Batch, Connector, Option, Run, chosen

ENDINGS = (".edi", ".edifact", ".edf", ".x12", ".orders", ".desadv", ".iftsta", ".850", ".856", ".214")

HEADS = (b"UNA", b"UNB", b"ISA")
"""How every interchange begins."""

HEAD_BYTES = 64

ZONE = Option("time-zone", "Zone of times that name none: Europe/Berlin, +01:00, UTC.", "UTC")
OWN_CODES = Option(
    "own-codes", "Whose codes of places and products are the ids of the project: none, buyer, seller or both.", "none"
)
TESTS = Option("tests", "What becomes of messages that their sender marks as a test: leave, or take.", "leave")
FILES = Option("endings", "Endings of the files of a folder that are read, with commas.", ",".join(ENDINGS))

OWNERS = {"none": (), "buyer": (BUYER,), "seller": (SELLER,), "both": (BUYER, SELLER)}


class EdiFile(Connector):
    """ORDERS, DESADV and IFTSTA of UN/EDIFACT, 850, 856 and 214 of ANSI X12, whichever a file holds.

    A file that was changed is read again from its begin, which does no harm.
    """

    name = "edi-file"
    description = "UN/EDIFACT (ORDERS, DESADV, IFTSTA) and ANSI X12 (850, 856, 214) in a file or a folder; the file says which."
    options: tuple[Option, ...] = (ZONE, OWN_CODES, TESTS, FILES, SETTLE, AFTER)

    def accepts(self, source: str) -> bool:
        place = Path(source)
        if place.is_dir():
            return any(path.suffix.lower() in ENDINGS for path in place.iterdir())
        return place.suffix.lower() in ENDINGS or _begins_so(place)

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        options = chosen(self, run)
        return file_batches(source, _reader(options, run), endings=_meant(source, options), since=since, run=run, options=options)

    def probe(self, source: str, *, run: Run) -> str:
        options = chosen(self, run)
        parts = _reader(options, run)
        return counted(probed_files(source, endings=_meant(source, options), options=options), parts)


def _reader(options: Mapping[str, str], run: Run) -> Callable[[Opened], Iterator[Part]]:
    """Return what reads a file, the options checked."""
    for name, allowed in ((OWN_CODES.name, tuple(OWNERS)), (TESTS.name, ("leave", "take"))):
        if options[name] not in allowed:
            raise UsageError(f"{name}: found {options[name]!r}; allowed: {' or '.join(allowed)}")
    settings = Settings(
        check_zone(options[ZONE.name]), frozenset(OWNERS[options[OWN_CODES.name]]), options[TESTS.name] == "take", run.note
    )

    def parts(opened: Opened) -> Iterator[Part]:
        return parts_of(opened, settings)

    return parts


def _meant(source: str, options: Mapping[str, str]) -> tuple[str, ...]:
    """Return the endings of files that are read; a file that somebody names is read whatever its ending is."""
    place, named = Path(source), _endings(options[FILES.name])
    return (place.suffix.lower(),) if place.is_file() else named


def _endings(text: str) -> tuple[str, ...]:
    found = [part.strip().lower() for part in text.split(",")]
    if not all(part.startswith(".") and len(part) > 1 for part in found):
        raise UsageError(f"{FILES.name}: found {text!r}; allowed: endings with commas, such as .edi,.txt")
    return tuple(found)


def _begins_so(place: Path) -> bool:
    try:
        with place.open("rb") as file:
            return file.read(HEAD_BYTES).lstrip().startswith(HEADS)
    except OSError:
        return False
