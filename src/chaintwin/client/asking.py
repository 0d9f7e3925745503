"""Asking a server: again where it was busy or away, and its errors as exceptions with all that it says."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from time import monotonic, sleep
from typing import Any

import httpx

from chaintwin.errors import ChaintwinError

BUSY = frozenset({429, 503})
"""Status of what may be asked again: nothing was taken."""

WAIT_SECONDS = 0.5
"""Before a server that is away is asked again for the first time; doubled each time, up to ``WAIT_MOST``."""

WAIT_MOST = 5.0


class ServerError(ChaintwinError):
    """Raised when a server refuses something, or does not answer for as long as it was waited for.

    Parameters
    ----------
    status : of HTTP; 0 where there was no answer. problem : what it said, as RFC 9457 has it: ``type``, ``title``, ``detail``,
        ``faults``.
    """

    code = "server"

    def __init__(self, message: str, *, status: int = 0, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = dict(problem or {})


class Asking:
    """A connection to one server.

    Parameters
    ----------
    url : of the server. token : that lets in. patience : seconds that a server which is busy or away is waited for.
    """

    def __init__(self, url: str, *, token: str, patience: float) -> None:
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {token}"}, timeout=60.0, trust_env=False
        )
        self._patience = patience

    def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Return an answer that is no error; what is asked here may be asked twice without harm.

        Parameters
        ----------
        method, path : of the request. params : those that are None are left out. json, content : what is sent. headers :
            further ones.

        Raises
        ------
        ServerError
            The server refuses, or was busy or away for longer than it is waited for.
        """
        end, wait = monotonic() + self._patience, WAIT_SECONDS
        chosen = {name: value for name, value in (params or {}).items() if value is not None}
        while True:
            try:
                answer = self._client.request(method, path, params=chosen, json=json, content=content, headers=headers)
            except httpx.TransportError as fault:
                if monotonic() + wait > end:
                    raise ServerError(f"{self._client.base_url}: no answer ({fault})") from None
            else:
                if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
                    return answer
                wait = max(wait, _after(answer))
                if answer.status_code not in BUSY or monotonic() + wait > end:
                    raise error_of(answer)
            sleep(wait)
            wait = min(2 * wait, WAIT_MOST)

    def stream(self, path: str, *, after: int | None = None) -> Iterator[tuple[str, int, str]]:
        """Yield name, number and content of server-sent events; connects again where the connection is cut, and ends with them.

        Parameters
        ----------
        path : of the stream. after : number of the last event that is known; None for what comes from now on.

        Raises
        ------
        ServerError
            The server refuses, or is away for longer than it is waited for.
        """
        end = monotonic() + self._patience
        wait = WAIT_SECONDS
        while True:
            headers = {"Accept": "text/event-stream"} | ({} if after is None else {"Last-Event-ID": str(after)})
            try:
                with self._client.stream("GET", path, headers=headers, timeout=httpx.Timeout(60.0, read=45.0)) as answer:
                    if not answer.is_success:
                        answer.read()
                        if answer.status_code not in BUSY or monotonic() > end:
                            raise error_of(answer)
                    else:
                        for name, number, content in events_of(answer.iter_lines()):
                            after = number
                            end, wait = monotonic() + self._patience, WAIT_SECONDS
                            yield name, number, content
                        if monotonic() > end:
                            raise ServerError(f"{self._client.base_url}: its answers end before they say anything")
            except httpx.TransportError as fault:
                if monotonic() > end:
                    raise ServerError(f"{self._client.base_url}: no answer ({fault})") from None
            sleep(wait)
            wait = min(2 * wait, WAIT_MOST)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, int, str]]:
    """Yield name, number and content of the events that lines are made of; comments are left out.

    Example
    -------
    >>> list(events_of(iter([": hello", "id: 7", "event: change", "data: {}", ""])))
    [('change', 7, '{}')]
    """
    name, number, content = "message", 0, list[str]()
    for line in lines:
        key, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if content:
                yield name, number, "\n".join(content)
            name, content = "message", []
        elif key == "event":
            name = value
        elif key == "id" and value.isdigit():
            number = int(value)
        elif key == "data":
            content.append(value)


def error_of(answer: httpx.Response) -> ServerError:
    """Return the exception for an answer that is an error, with the faults that it tells."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    text = str(problem.get("detail") or answer.reason_phrase)
    faults = problem.get("faults", [])
    if len(faults) > 1:
        text += "".join(f"\n  {fault.get('where', '')}: found {fault.get('found', '')}" for fault in faults)
    return ServerError(f"{answer.status_code}: {text}", status=answer.status_code, problem=problem)


def new_key() -> str:
    """Return a key by which a request that is sent twice has one effect."""
    return secrets.token_hex(16)


def _after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() else 0.0
