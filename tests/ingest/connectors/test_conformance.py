"""Our own connectors keep the promises that others have to keep, and the check notices connectors that do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaintwin.ingest.connectors.conformance import FEW, NotConformingError, Sample, check_connector
from chaintwin.ingest.connectors.files.epcis_file import EpcisFile
from chaintwin.ingest.connectors.http.epcis_http import EpcisHttp
from chaintwin.ingest.connectors.interface import Batch, Run
from chaintwin.ingest.connectors.tables.event_table import EventTable
from chaintwin.ingest.connectors.tables.table_drop import TableDrop
from tests.ingest.connectors.sources import Repository, folder_of_files, json_file, lines_file, recorded_events, served, xml_file
from tests.ingest.connectors.tables import EVENT_MAPPING, event_rows, shipment_log


@pytest.mark.slow
@pytest.mark.parametrize("make", [json_file, lines_file, xml_file, folder_of_files])
def test_check_connector__epcis_file(make: object) -> None:
    check_connector(EpcisFile, samples=[Sample(make.__name__, make)])  # type: ignore[attr-defined,arg-type]


@pytest.mark.slow
def test_check_connector__tables(tmp_path: Path) -> None:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(EVENT_MAPPING, encoding="utf-8")
    check_connector(TableDrop, samples=[Sample("log", shipment_log, bad=2)])
    check_connector(EventTable, samples=[Sample("rows", event_rows, options={"mapping": str(mapping)}, bad=2)])


@pytest.mark.slow
def test_check_connector__epcis_http() -> None:
    repository = Repository([])
    with served(repository) as address:

        def make(_: Path, count: int) -> str:
            repository.events = recorded_events(count)
            return address

        check_connector(EpcisHttp, samples=[Sample("repository", make)])


class Forgetful(EpcisFile):
    """Goes on with the first event again, whatever the cursor says."""

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        del since
        return super().read(source, since=None, run=run)


class Hasty(EpcisFile):
    """Its cursor is always one batch ahead."""

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        batches = list(super().read(source, since=since, run=run))
        for place, batch in enumerate(batches):
            yield replace(batch, cursor=batches[min(place + 1, len(batches) - 1)].cursor)


class Fragile(EpcisFile):
    """Trusts what it reads."""

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        Path(source).read_bytes().decode("utf-8")
        return super().read(source, since=since, run=run)


class Greedy(EpcisFile):
    """Holds all it has read."""

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        held = []
        for batch in super().read(source, since=since, run=run):
            held.append([bytes(bytearray(item.content)) * 50 for item in batch.items])
            yield batch


class Silent(EpcisFile):
    """Drops every tenth event."""

    def read(self, source: str, *, since: str | None, run: Run) -> Iterator[Batch]:
        for batch in super().read(source, since=since, run=run):
            yield replace(batch, items=tuple(item for item in batch.items if since is None or item.place.position % 10))


class Credulous(EpcisFile):
    """Says of any source that it is there."""

    def probe(self, source: str, *, run: Run) -> str:
        return "all is well"


class Meddling(EpcisFile):
    """Takes files away in a test of its connection."""

    def probe(self, source: str, *, run: Run) -> str:
        found = super().probe(source, run=run)
        Path(source).unlink()
        return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (Forgetful, "does not go on with the next event"),
        (Hasty, "lost or doubled something"),
        (Fragile, "UnicodeDecodeError"),
        (Greedy, "MiB of memory"),
        (Silent, "does not go on with the next event"),
        (Credulous, "of a source that is not there"),
        (Meddling, "files that its test of the connection changed"),
    ],
)
def test_check_connector__broken_promises(bad: type[EpcisFile], message: str) -> None:
    with pytest.raises(NotConformingError, match=message):
        check_connector(bad, samples=[Sample("lines", lines_file)])


def test_check_connector__sample_with_fewer_faults_than_it_says() -> None:
    with pytest.raises(NotConformingError, match=r"found 0 parts set aside .* allowed: 3"):
        check_connector(EpcisFile, samples=[Sample("lines", lines_file, bad=3)])
    with pytest.raises(NotConformingError, match="at least one"):
        check_connector(EpcisFile, samples=[])
    assert FEW > 500
