"""Another EPCIS repository, asked again and again for what it learned since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec

from chaintwin.clock import SECOND, microseconds_of, text_of
from chaintwin.errors import Finding, UsageError
from chaintwin.guard.token_files import token_in
from chaintwin.ingest.connectors.files.splitting_json import BrokenJsonError, events_of, outline_of
from chaintwin.ingest.connectors.http.pages import GONE, Page, Pages, SourceFailedError
from chaintwin.ingest.connectors.interface import (
    BATCH_ITEMS,
    Batch,
    Connector,
    Item,
    Option,
    Place,
    Problem,
    Run,
    check_secret,
    chosen,
    number_of,
)

SEEN_MAX = 20_000
"""Most events that a cursor remembers; those at the last time of record, and in the overlap before it."""

PROBE_SECONDS = 5.0
"""A test of the connection waits no longer for an answer."""

EMPTY_PAGES_MAX = 500
"""So many pages in a row without anything new, beside one for each event that is known already, are taken for a circle."""

OPTIONS = (
    Option("token-file", "File with the bearer token that the repository wants.", is_file=True),
    Option("per-page", "Events in one answer.", "500"),
    Option(
        "overlap", "Seconds before the last time of record that are asked for again, for events that became visible late.", "5"
    ),
    Option("timeout", "Seconds in which an answer must be complete.", "60"),
    Option("tries", "How often one answer is asked for, with longer and longer waits.", "6"),
    Option("query", "More parameters of the EPCIS query, such as EQ_bizStep=shipping&MATCH_epc=...."),
)


@dataclass(frozen=True, slots=True)
class HttpCursor:
    """Where the reading of a repository stands.

    Parameters
    ----------
    recorded : time of record up to which everything was taken, microseconds; 0 for the begin.
    page : token of the next page of the answer that is being read; empty for none.
    high : latest time of record that was seen in this answer.
    seen : digests of events that the next answer brings again.
    """

    recorded: int = 0
    page: str = ""
    high: int = 0
    seen: tuple[str, ...] = ()


class EpcisHttp(Connector):
    """A repository with the EPCIS 2.0 REST binding: its events in the order it learned them.

    Times of record are those of the repository. What it learned at or shortly before the last time that was seen is asked for
    again, and what was taken already is left out. Only the token is taken from a link to the next page, and redirections are not
    followed, so that no answer leads elsewhere.
    """

    name = "epcis-http"
    description = "Another EPCIS 2.0 repository: its address, such as https://epcis.example.org/v2."
    options: tuple[Option, ...] = OPTIONS

    def accepts(self, source: str) -> bool:
        return source.lower().startswith(("http://", "https://"))

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        import httpx

        settings = chosen(self, run)
        cursor = _cursor_of(since)
        overlap = int(number_of(settings, "overlap", least=0, most=86_400) * SECOND)
        timeout = number_of(settings, "timeout", least=0.1, most=3600)
        limits = httpx.Timeout(timeout, connect=min(timeout, 10.0))
        kept = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(headers=_headers(settings["token-file"]), timeout=limits, limits=kept) as client:
            pages = Pages(
                client,
                _address(source),
                timeout=timeout,
                tries=int(number_of(settings, "tries", least=1, most=1000)),
                sleep=run.sleep,
                note=run.note,
            )
            wanted, walk = _query(settings), _Walk(source, known=len(cursor.seen))
            while True:
                page = _page(pages, cursor, wanted, overlap=overlap, walk=walk)
                has_events = False
                for batch in _batches(page, cursor, address=source, overlap=overlap):
                    cursor = _cursor_of(batch.cursor)
                    has_events |= bool(batch.items or batch.problems)
                    yield batch
                if not cursor.page:
                    return
                walk.went_on(cursor.page, has_events=has_events)

    def probe(self, source: str, *, run: Run) -> str:
        import httpx

        settings = chosen(self, run)
        timeout = min(number_of(settings, "timeout", least=0.1, most=3600), PROBE_SECONDS)
        with httpx.Client(headers=_headers(settings["token-file"]), timeout=timeout) as client:
            pages = Pages(client, _address(source), timeout=timeout, tries=1, sleep=run.sleep, note=run.note)
            page = pages.page({**_query(settings), "perPage": "1"})
            try:
                outline_of(page.content)
                page.content.seek(0)
                has_events = next(iter(events_of(page.content)), None) is not None
            except BrokenJsonError as fault:
                found = f"an answer that is no EPCIS document ({fault})"
                raise SourceFailedError(f"{source}: found {found}; allowed: JSON") from None
        return f"an EPCIS repository {'with events' if has_events else 'without events so far'}"


class _Walk:
    """Watches that the pages of one answer lead somewhere, in a memory that does not grow with them.

    Parameters
    ----------
    address : for messages. known : events that were read before and may come again, each on a page of its own.
    """

    def __init__(self, address: str, *, known: int) -> None:
        self._address = address
        self._empty_most = EMPTY_PAGES_MAX + known
        self._reached = -1
        self._mark, self._marked_at, self._pages, self._empty = "", 0, 0, 0

    def went_on(self, token: str, *, has_events: bool) -> None:
        """Note that a page leads to the next one.

        Raises
        ------
        SourceFailedError
            Its token came up before, or too many pages in a row had nothing new.
        """
        fix = "ask who runs the repository; the same command goes on from here"
        if token == self._mark:
            found = f"{self._address}: found a page that leads again to the same next page, {token[:100]!r}"
            raise SourceFailedError(f"{found}; allowed: pages that come to an end; fix: {fix}")
        self._pages += 1
        if self._pages >= 2 * self._marked_at:
            # A token that is marked for twice as long each time meets itself in any circle.
            self._mark, self._marked_at = token, self._pages
        self._empty = 0 if has_events else self._empty + 1
        if self._empty >= self._empty_most:
            found = f"{self._address}: found {self._empty:,} pages in a row without anything new"
            raise SourceFailedError(f"{found}; allowed: pages that come to an end; fix: {fix}")

    def lost(self, fault: SourceFailedError, *, high: int) -> None:
        """Note that the token of a page is not known, so that its answer is read from the begin.

        Parameters
        ----------
        high : latest time of record that was reached.

        Raises
        ------
        SourceFailedError
            That happened before, and no later time was reached since.
        """
        if high <= self._reached:
            found = f"{self._address}: found the answer {fault.status} to the token of the next page, and again at the same place"
            fix = "set the option per-page to more events, so that less pages are needed, or ask who runs the repository"
            raise SourceFailedError(f"{found}; allowed: the next page; fix: {fix}", status=fault.status) from None
        self._reached = high
        self._mark, self._marked_at, self._pages, self._empty = "", 0, 0, 0


def _page(pages: Pages, cursor: HttpCursor, wanted: dict[str, str], *, overlap: int, walk: _Walk) -> Page:
    """Return the page that a cursor points to; where its token is too old, the first page of the same question."""
    query = dict(wanted)
    if cursor.recorded:
        query["GE_recordTime"] = text_of(max(cursor.recorded - overlap, 0))
    if cursor.page:
        try:
            return pages.page(query | {"nextPageToken": cursor.page})
        except SourceFailedError as fault:
            if fault.status not in GONE:
                raise
            walk.lost(fault, high=cursor.high)
    return pages.page(query)


def _batches(page: Page, cursor: HttpCursor, *, address: str, overlap: int) -> Iterator[Batch]:
    """Yield the events of a page; only the cursor of the last batch goes beyond the page."""
    known, seen = set(cursor.seen), dict.fromkeys(cursor.seen)
    high, number = cursor.high, 0
    items: list[Item] = []
    problems: list[Problem] = []
    try:
        document = outline_of(page.content)
        page.content.seek(0)
        for piece in events_of(page.content):
            number += 1
            place = Place(address, number)
            recorded = _recorded(piece.content)
            high = max(high, recorded)
            digest = f"{recorded}:{hashlib.sha256(piece.content).hexdigest()[:16]}"
            if digest in known:
                continue
            seen[digest] = None
            if piece.whole:
                items.append(Item(place, piece.content, document))
            else:
                problems.append(
                    Problem(place, (Finding("source.large", "an event that is too large", "smaller ones", file=address),))
                )
            if len(items) >= BATCH_ITEMS:
                # Within a page all of it is remembered, for it is asked for again.
                here = replace(cursor, high=high, seen=tuple(seen))
                yield Batch(tuple(items), tuple(problems), _text(here))
                items, problems = [], []
    except BrokenJsonError as fault:
        raise SourceFailedError(f"{address}: found an answer that is no EPCIS document ({fault}); allowed: JSON") from None
    after = replace(cursor, page=page.token, high=high, seen=_kept(seen, high, overlap=overlap))
    if not page.token:
        # Without times of record the clock of the repository tells up to when it has answered.
        until = high or max(_date(page.date) - overlap, cursor.recorded)
        after = HttpCursor(recorded=max(until, cursor.recorded), seen=after.seen)
    yield Batch(tuple(items), tuple(problems), _text(after))


def _kept(seen: dict[str, None], high: int, *, overlap: int) -> tuple[str, ...]:
    """Return the digests of what may come again: at the last time of record and in the overlap before it."""
    near = [digest for digest in seen if int(digest.partition(":")[0]) >= high - overlap or digest.startswith("0:")]
    return tuple(near[-SEEN_MAX:])


def _recorded(content: bytes) -> int:
    """Return the time of record of an event; 0 where it has none that can be read."""
    try:
        return microseconds_of(_RECORDED.decode(content).recordTime)  # type: ignore[arg-type]
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError, TypeError, AttributeError):
        return 0


def _date(text: str) -> int:
    try:
        return microseconds_of(parsedate_to_datetime(text)) if text else 0
    except (TypeError, ValueError):
        return 0


def _address(source: str) -> str:
    check_secret(source)
    try:
        parts = urlsplit(source)
        is_plain = bool(parts.hostname) and (parts.port is None or parts.port > 0) and not parts.query and not parts.fragment
    except ValueError:
        is_plain = False
    if not is_plain:
        raise UsageError(f"{source}: found no plain address; allowed: such as https://epcis.example.org/v2, without a query")
    return source if parts.path.endswith("/events") else f"{source.rstrip('/')}/events"


def _headers(token_file: str) -> dict[str, str]:
    headers = {"Accept": "application/json, application/ld+json", "GS1-EPCIS-Version": "2.0", "GS1-CBV-Version": "2.0"}
    if not token_file:
        return headers
    return headers | {"Authorization": f"Bearer {token_in(Path(token_file), option='token-file')}"}


def _query(settings: dict[str, str]) -> dict[str, str]:
    number = int(number_of(settings, "per-page", least=1, most=10_000))
    own = {"orderBy": "recordTime", "orderDirection": "ASC", "perPage": str(number)}
    more = dict(parse_qsl(settings["query"], strict_parsing=False))
    taken = sorted({*own, "GE_recordTime", "nextPageToken"} & set(more))
    if taken:
        raise UsageError(f"query: found {', '.join(taken)}; allowed: parameters that say which events are wanted")
    return own | more


def _cursor_of(text: str | None) -> HttpCursor:
    if text is None:
        return HttpCursor()
    try:
        return _CURSOR.decode(text)
    except (msgspec.DecodeError, msgspec.ValidationError) as fault:
        raise UsageError(f"cursor: found {text[:60]!r} ({fault}); allowed: one that the same connector gave") from fault


def _text(cursor: HttpCursor) -> str:
    return _ENCODER.encode(cursor).decode()


class _Recorded(msgspec.Struct):
    recordTime: datetime | None = None  # noqa: N815


_ENCODER = msgspec.json.Encoder(order="deterministic")
_CURSOR = msgspec.json.Decoder(HttpCursor)
_RECORDED = msgspec.json.Decoder(_Recorded)
