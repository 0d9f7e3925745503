"""Where a replay goes: a store, or another process over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from chaintwin.clock import Clock
from chaintwin.errors import ChaintwinError, UsageError
from chaintwin.ingest.connectors.capturing import document_of
from chaintwin.ingest.connectors.interface import Batch, Connector, Item, check_secret
from chaintwin.ingest.connectors.running import Capture, Ingest
from chaintwin.ingest.history.playing import Mark, Sent, Target
from chaintwin.store.interface import REPLAYS, Store

if TYPE_CHECKING:
    import httpx

SHELF = REPLAYS
"""Shelf on which a store keeps how far replays have come."""

AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

TRIES = 8

WAIT_MAX = 60.0
"""Most seconds between two tries, whatever the answer asks for."""

MENDS = {
    401: "name the file with its token by --token-file",
    403: "name the file with a token that may capture by --token-file",
    404: "name the address before /capture, such as http://127.0.0.1:8750/epcis",
    405: "name the address before /capture, such as http://127.0.0.1:8750/epcis",
    421: "start the server with --name for the name it is called by",
}
"""What helps after an answer that refuses."""


class TargetFailedError(ChaintwinError):
    """Raised where events cannot be handed over; says what was answered."""

    code = "target"


def repository_address(text: str) -> str:
    """Return the address of a repository, without a slash behind.

    Parameters
    ----------
    text : as it was given.

    Raises
    ------
    UsageError
        It is no address over HTTP, or holds more than one.

    Example
    -------
    >>> repository_address("http://127.0.0.1:8750/epcis/")
    'http://127.0.0.1:8750/epcis'
    """
    check_secret(text, what="--to", option="--token-file FILE")
    allowed = "an address such as http://127.0.0.1:8750/epcis, without user, parameters and fragment"
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise UsageError(f"--to: found {text!r}; allowed: {allowed}") from None
    if not is_address or parts.query or parts.fragment:
        raise UsageError(f"--to: found {text!r}; allowed: {allowed}")
    return text.rstrip("/")


@dataclass(frozen=True, slots=True)
class StoreTarget(Target):
    """Takes events of a replay into a store.

    Parameters
    ----------
    store : where they go. capture : checks them. key : names the replay. clock, sleep : tell the time and wait.
    connector : that the events were read with.
    """

    store: Store
    capture: Capture
    key: str
    clock: Clock
    sleep: Callable[[float], None]
    connector: Connector

    def send(self, items: Sequence[Item]) -> Sent:
        ingest = Ingest(self.connector, self.key, self.store, self.capture, self.clock, self.sleep)
        taken = ingest.take(Batch(tuple(items), (), cursor=str(self.played().count)))
        return Sent(taken.accepted, taken.duplicate, taken.conflict, taken.rejected, dict(taken.reasons))

    def played(self) -> Mark:
        content = self.store.get(SHELF, self.key)
        return Mark() if content is None else Mark.of_text(content.decode())

    def keep(self, mark: Mark) -> None:
        self.store.put(SHELF, self.key, content=mark.text().encode())


@dataclass(frozen=True, slots=True)
class HttpTarget(Target):
    """Takes events of a replay to the capture interface of an EPCIS 2.0 repository, and waits for its report.

    Parameters
    ----------
    client : with the token in its headers. address : of the repository, ``…/capture`` is put behind it.
    kept : file in which is kept how far the replay has come; None for nowhere. sleep : waits. note : takes remarks.
    """

    client: httpx.Client
    address: str
    kept: Path | None
    sleep: Callable[[float], None]
    note: Callable[[str], None]

    def send(self, items: Sequence[Item]) -> Sent:
        sent = Sent()
        groups: dict[bytes, list[Item]] = {}
        for item in items:
            groups.setdefault(item.document, []).append(item)
        for document, members in groups.items():
            sent = sent.plus(self._captured(document, members))
        return sent

    def played(self) -> Mark:
        if self.kept is None or not self.kept.is_file():
            return Mark()
        return Mark.of_text(self.kept.read_text(encoding="ascii", errors="replace"))

    def keep(self, mark: Mark) -> None:
        if self.kept is not None:
            from chaintwin.network.tables.files.exchanging import write_file

            def fill(file: Path) -> None:
                file.write_text(mark.text(), encoding="ascii")

            write_file(self.kept, fill)

    def _captured(self, outline: bytes, items: list[Item]) -> Sent:
        good = [item for item in items if _is_object(item.content)]
        unread = len(items) - len(good)
        reasons = {"document.json": unread} if unread else {}
        sent = Sent(rejected=unread, reasons=reasons)
        if not good:
            return sent
        return sent.plus(self._handed_over(outline, good))

    def _handed_over(self, outline: bytes, items: list[Item]) -> Sent:
        """Return what became of events that can be read; where they are too many for one capture, they go in halves."""
        body = document_of([item.content for item in items], outline=outline)
        answer = self._ask("POST", f"{self.address}/capture", body)
        if answer.status_code == 413 and len(items) > 1:
            half = len(items) // 2
            return self._handed_over(outline, items[:half]).plus(self._handed_over(outline, items[half:]))
        if answer.status_code != 202:
            raise TargetFailedError(f"{self.address}/capture: found the answer {_shown(answer)}; allowed: 202{_mend(answer)}")
        return self._report(answer, len(items))

    def _report(self, answer: httpx.Response, count: int) -> Sent:
        """Wait for the report of a capture and return what it says."""
        place = answer.headers.get("Location", "")
        if not place:
            return Sent(accepted=count)
        job = self.client.base_url.join(str(answer.request.url.join(place)))
        if job.host != answer.request.url.host or job.port != answer.request.url.port:
            raise TargetFailedError(f"{self.address}: found the report at {job}; allowed: at the same address")
        wait = 0.01
        while True:
            report = self._ask("GET", str(job), None)
            if report.status_code != 200:
                raise TargetFailedError(f"{self.address}: found the answer {_shown(report)} in place of a report; allowed: 200")
            said = report.json()
            if not said.get("running"):
                return _sent(said, count)
            self.sleep(wait)
            wait = min(2 * wait, 1.0)

    def _ask(self, method: str, url: str, body: bytes | None) -> httpx.Response:
        import httpx

        wait = 0.25
        headers = {"Content-Type": "application/json", "GS1-Capture-Error-Behaviour": "proceed"} if body else {}
        for last in range(TRIES - 1, -1, -1):
            try:
                answer = self.client.request(method, url, content=body, headers=headers)
                if answer.status_code not in AGAIN:
                    return answer
                found, after = f"the answer {answer.status_code}", answer.headers.get("Retry-After", "")
            except httpx.TransportError as fault:
                found, after = f"{type(fault).__name__} {fault}".strip(), ""
            if not last:
                break
            pause = min(max(wait, float(after) if after.isdecimal() else 0.0), WAIT_MAX)
            self.note(f"{self.address}: {found}; trying again in {pause:.1f} s.")
            self.sleep(pause)
            wait = min(2 * wait, 30.0)
        fix = "see whether it runs; the same command goes on from here"
        raise TargetFailedError(f"{self.address}: found {found}, {TRIES} times; allowed: an answer; fix: {fix}")


def _sent(report: dict[str, Any], count: int) -> Sent:
    """Return what a report says; one of another maker tells only the errors."""
    errors = report.get("errors") or []
    reasons: dict[str, int] = {}
    for error in errors:
        faults = error.get("faults") or [{"code": error.get("type", "other")}]
        for code in sorted({str(fault.get("code", "other")) for fault in faults}):
            reasons[code] = reasons.get(code, 0) + 1
    counts = report.get("counts")
    if isinstance(counts, dict):
        bad = counts.get("invalid", 0) + counts.get("not_tried", 0)
        return Sent(counts.get("accepted", 0), counts.get("duplicate", 0), counts.get("conflict", 0), bad, reasons)
    return Sent(accepted=max(count - len(errors), 0), rejected=min(len(errors), count), reasons=reasons)


def _is_object(content: bytes) -> bool:
    """Tell whether an event can stand in a document without breaking it."""
    try:
        msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
        return False
    return True


def _shown(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        said = problem.get("detail") or problem["title"]
    except (ValueError, KeyError, AttributeError):
        said = answer.text
    return f"{answer.status_code} {str(said)[:300]!r}"


def _mend(answer: httpx.Response) -> str:
    mend = MENDS.get(answer.status_code)
    return f"; fix: {mend}" if mend else ""
