"""A job of a server, from Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING, Any

from chaintwin.client.asking import Asking, ServerError, new_key

if TYPE_CHECKING:
    import polars as pl

OVER = frozenset({"done", "failed", "cancelled"})
"""States in which nothing more comes of a job."""

PARQUET = "application/vnd.apache.parquet"


class Job:
    """A job that a server was asked for; made by ``Client.run`` and ``Client.job``.

    Parameters
    ----------
    asking : the connection. document : the job as the server told it last.
    """

    def __init__(self, asking: Asking, document: dict[str, Any]) -> None:
        self._asking = asking
        self.document = document

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.document["jobID"])

    @property
    def state(self) -> str:
        """``queued``, ``running``, ``done``, ``failed`` or ``cancelled``, as the server told it last."""
        return str(self.document["state"])

    @property
    def progress(self) -> float:
        """Share that is done, 0 to 1, as the server told it last."""
        return float(self.document["progress"])

    def refresh(self) -> Job:
        """Ask how it is, and return itself."""
        self.document = self._asking.ask("GET", self._path()).json()
        return self

    def follow(self) -> Iterator[Job]:
        """Yield itself each time that there is news, until it is over: more progress, or a result that got sharper (``part``)."""
        if self.state in OVER:
            yield self
            return
        with closing(self._asking.stream(self._path("events"), after=0)) as events:  # type: ignore[type-var]
            for _, _, content in events:
                self.document = json.loads(content)
                yield self
                if self.state in OVER:
                    return

    def wait(self) -> Job:
        """Wait until it is over, and return itself.

        Raises
        ------
        ServerError
            It failed; the exception says why.
        """
        for _ in self.follow():
            pass
        if self.state == "failed":
            problem = self.document.get("problem", {})
            raise ServerError(str(problem.get("detail", "the job failed")), status=int(problem.get("status", 0)), problem=problem)
        return self

    def cancel(self) -> Job:
        """Stop it; what it found so far is kept."""
        self.document = self._asking.ask("POST", self._path("cancel")).json()
        return self

    def again(self) -> Job:
        """Ask for the same once more, from now on, and return the new job."""
        return Job(self._asking, self._asking.ask("POST", self._path("again"), headers={"Idempotency-Key": new_key()}).json())

    def remove(self) -> None:
        """Let the server forget it with all that it found."""
        self._asking.ask("DELETE", self._path())

    def result(self, *tables: str) -> dict[str, Any]:
        """Return what it found so far: ``about``, ``counts`` of rows, and the rows of some tables, a page of each.

        Parameters
        ----------
        tables : names among ``counts``.
        """
        params = {"table": ",".join(tables) or None, "perPage": 1000}
        found: dict[str, Any] = self._asking.ask("GET", self._path("result"), params=params).json()
        return found

    def table(self, name: str) -> pl.DataFrame:
        """Return a table of its result, all rows, exactly as they were computed.

        Parameters
        ----------
        name : one of ``result()["counts"]``.
        """
        import polars as pl

        answer = self._asking.ask("GET", self._path("result"), params={"table": name}, headers={"Accept": PARQUET})
        return pl.read_parquet(BytesIO(answer.content))

    def _path(self, rest: str = "") -> str:
        return f"/api/v1/jobs/{self.id}" + (f"/{rest}" if rest else "")
