"""The client of one server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from chaintwin.client.asking import Asking, new_key
from chaintwin.client.jobs import Job
from chaintwin.errors import UsageError
from chaintwin.guard.hosts import is_loopback
from chaintwin.guard.token_files import token_in

Kind = Literal["simulate", "fork", "stress", "compare", "service", "annual", "ripple", "bullwhip", "import"]
"""Kinds of jobs."""

PATIENCE = 30.0
"""Seconds that a server which is busy or away is waited for."""

PAGE = 1000


class Client:
    """A served twin.

    Parameters
    ----------
    url : of the server. token : that lets in. token_file : file that holds it instead, readable by its owner only.
    patience : seconds that a server which is busy or away is waited for.

    Raises
    ------
    UsageError
        No token, or two; an address at which others could read the token on the way.

    Example
    -------
    ``with Client("http://127.0.0.1:8750", token_file="token.txt") as twin: print(twin.state()["summary"])``
    """

    def __init__(
        self, url: str, *, token: str | None = None, token_file: Path | str | None = None, patience: float = PATIENCE
    ) -> None:
        if (token is None) == (token_file is None):
            raise UsageError("token and token_file: allowed: one of the two")
        _check_private(url)
        shown = token if token is not None else token_in(Path(token_file or ""), option="token_file")
        self._asking = Asking(url, token=shown, patience=patience)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._asking.close()

    def health(self) -> dict[str, Any]:
        """Return how far log and state go, and how sources are."""
        return self._get("/api/v1/health")

    def state(self, *, at: str | None = None, known: str | None = None) -> dict[str, Any]:
        """Return the state in numbers: ``summary``, and the rows of each table.

        Parameters
        ----------
        at : event time, ISO 8601 with a zone; now by default. known : time of record; all that is known by default.
        """
        return self._get("/api/v1/state", at=at, known=known)

    def outlook(self) -> dict[str, Any]:
        """Return what the server sees ahead by itself, and what may run short."""
        return self._get("/api/v1/outlook")

    def fidelity(self) -> dict[str, Any]:
        """Return what was measured last of how far the twin is to be trusted."""
        return self._get("/api/v1/fidelity")

    def parameters(self) -> dict[str, Any]:
        """Return the versions of parameters, and which one is in force."""
        return self._get("/api/v1/parameters")

    def value(self, path: str, *, at: str | None = None, known: str | None = None) -> dict[str, Any]:
        """Return what is reported, desired and predicted of one value.

        Parameters
        ----------
        path : such as ``stock/retailer/beer``. at, known : as for ``state``.
        """
        return self._get("/api/v1/state", path=path, at=at, known=known)

    def table(self, name: str, *, at: str | None = None, known: str | None = None) -> list[dict[str, Any]]:
        """Return all rows of a table of the state.

        Parameters
        ----------
        name : one of ``state()["tables"]``. at, known : as for ``state``.
        """
        rows: list[dict[str, Any]] = []
        params: dict[str, Any] | None = {"table": name, "at": at, "known": known, "perPage": PAGE}
        path = "/api/v1/state"
        while True:
            answer = self._asking.ask("GET", path, params=params)
            following = answer.links.get("next", {}).get("url")
            if following is not None and known is None:
                # More than a page: all of them have to be of one state, whatever comes meanwhile.
                return self.table(name, at=at, known=self.state()["time"])
            rows += answer.json()["rows"]
            if following is None:
                return rows
            path, params = following, None

    def changes(self, *, after: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield what each entry of the log changes in the state, for ever; goes on where it was when the server is away for a
        while.

        Parameters
        ----------
        after : number of the last entry that is known (``sequence`` of a state or change); from now on by default.

        Raises
        ------
        ServerError
            The server is away for longer than it is waited for, or its log was restored to a point before ``after``.
        """
        for name, _, content in self._asking.stream("/api/v1/changes", after=after):
            if name == "change":
                yield json.loads(content)

    def capture(self, document: Mapping[str, Any], *, behaviour: Literal["rollback", "proceed"] = "rollback") -> dict[str, Any]:
        """Send a document of events, and return the report of what became of each; sending it twice changes nothing.

        Parameters
        ----------
        document : an EPCISDocument, an event. behaviour : whether one fault refuses all events, or only those that have one.

        Raises
        ------
        ServerError
            It is refused as a whole; the exception has all faults.
        """
        headers = {"GS1-Capture-Error-Behaviour": behaviour}
        taken = self._asking.ask("POST", "/epcis/capture", json=document, headers=headers)
        return self._get(taken.headers["location"])

    def run(self, kind: Kind, asked: Mapping[str, Any] | None = None, *, key: str | None = None) -> Job:
        """Ask for a job, and return it; wait for it with ``wait`` or ``follow``.

        Parameters
        ----------
        kind : of the job. asked : what the kind takes, see docs/reference/http.md.
        key : of idempotency, by which a job that is asked for twice is one; a fresh one by default.

        Raises
        ------
        ServerError
            It cannot be run; the exception has all faults.
        """
        body = {"kind": kind, **(asked or {})}
        answer = self._asking.ask("POST", "/api/v1/jobs", json=body, headers={"Idempotency-Key": key or new_key()})
        return Job(self._asking, answer.json())

    def job(self, job_id: str) -> Job:
        """Return a job that was asked for before."""
        return Job(self._asking, self._get(f"/api/v1/jobs/{quote(job_id, safe='')}"))

    def jobs(self, *, state: str | None = None, kind: Kind | None = None) -> list[Job]:
        """Return the jobs that the server keeps, the latest first.

        Parameters
        ----------
        state, kind : only those.
        """
        found = self._get("/api/v1/jobs", state=state, kind=kind, perPage=PAGE)
        return [Job(self._asking, document) for document in found["member"]]

    def compare(self, *jobs: Job) -> dict[str, Any]:
        """Return the paired differences of jobs to the first of them, with intervals.

        Parameters
        ----------
        jobs : simulations or forks with the same seed and start.
        """
        return self._get("/api/v1/comparisons", jobs=",".join(job.id for job in jobs))

    def upload(self, file: Path | str) -> str:
        """Send a shipment log or a workbook, and return the id by which a job of kind ``import`` names it.

        Parameters
        ----------
        file : .csv, .xlsx or .parquet.
        """
        source = Path(file)
        headers = {"Content-Type": "application/octet-stream"}
        answer = self._asking.ask(
            "POST", "/api/v1/uploads", params={"name": source.name}, content=source.read_bytes(), headers=headers
        )
        return str(answer.json()["uploadID"])

    def _get(self, route: str, /, **params: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._asking.ask("GET", route, params=params).json()
        return found


def _check_private(url: str) -> None:
    """Refuse to send a token where others can read it: a server is asked by TLS, or on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return
    found = f"{parts.scheme}://{parts.hostname or ''}"
    raise UsageError(f"url: found {found}; allowed: https://, or http:// of this machine, since others could read the token")
