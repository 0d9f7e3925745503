"""What a stream dropped is told whatever happens in that moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.linked.standing import NotConnectedError
from chaintwin.ingest.connectors.nats import receiving
from chaintwin.ingest.connectors.nats.connection import Connection
from tests.ingest.connectors.mqtt.reading import logged, mapping_file, open_log, take_all, temperatures
from tests.ingest.connectors.nats.servers import publish, server, warm


class Breaking(Connection):
    """A connection that breaks between the look at the stream and the first message, the first time."""

    breaks = 0

    def consume(self, start: int) -> None:
        Breaking.breaks += 1
        if Breaking.breaks == 1:
            raise NotConnectedError("the cable")
        super().consume(start)


def test_read__a_gap_is_told_where_the_connection_breaks_in_that_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"mapping": mapping_file(tmp_path)}
    with server(tmp_path / "server") as running, open_log(tmp_path / "log.db") as store:
        running.stream(max_msgs=50)
        source = f"{running.url}/PLANT"
        publish(running, warm(10))
        take_all(source, store, options)
        publish(running, warm(130, first=10), prefix="later")
        monkeypatch.setattr(receiving, "Connection", Breaking)
        monkeypatch.setattr(Breaking, "breaks", 0)
        take_all(source, store, options)
        assert Breaking.breaks == 2
        assert sorted(temperatures(store)) == [*map(float, range(10)), *map(float, range(90, 140))]
        assert [event["ct:missed"] for event in logged(store) if "ct:missed" in event] == [80]


def test_read__a_source_that_was_gone_is_there_again_where_something_is_missing(tmp_path: Path) -> None:
    """What the stream dropped was so before the server was away; of two presences the later one holds."""
    options = {"mapping": mapping_file(tmp_path), "timeout": "1", "tries": "1"}
    with server(tmp_path / "server") as running, open_log(tmp_path / "log.db") as store:
        running.stream(max_msgs=50)
        source = f"{running.url}/PLANT"
        take_all(source, store, options)
        publish(running, warm(60))
        running.stop()
        with pytest.raises(SourceFailedError):
            take_all(source, store, options)
        running.start()
        take_all(source, store, options)
        told = sorted((event for event in logged(store) if "ct:present" in event), key=lambda event: event["eventTime"])
        assert [event["ct:present"] for event in told] == [True, True, False, True]
        assert [event.get("ct:missed") for event in told] == [None, 10, None, None]
