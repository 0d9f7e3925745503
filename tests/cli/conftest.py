"""A PostgreSQL server for commands that move a log there."""

from tests.store.conftest import postgresql_server, postgresql_url

__all__ = ["postgresql_server", "postgresql_url"]
