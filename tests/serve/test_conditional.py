"""An answer that is there already is not sent again."""

from __future__ import annotations

import pytest

from tests.serve.documents import document, event
from tests.serve.running import Running, eventually

PATHS = ("/api/v1/state", "/api/v1/state?table=stock", "/api/v1/discrepancies", "/api/v1/jobs", "/api/v1/proofs/1")


@pytest.mark.parametrize("path", PATHS)
def test_tag__holds_until_something_changes(running: Running, path: str) -> None:
    with running.client() as client:
        client.post("/epcis/capture", json=document(event(900)))
        eventually(lambda: client.get("/api/v1/health").json()["state"]["behind"] == 0)
        first = client.get(path)
        assert first.status_code == 200
        assert first.headers["cache-control"] == "private, no-cache"
        tag = first.headers["etag"]
        for given in (tag, f'"other", {tag}', "*"):
            again = client.get(path, headers={"If-None-Match": given})
            assert again.status_code == 304
            assert again.content == b""
            assert again.headers["etag"] == tag
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_tag__of_the_state_is_another_after_an_event_and_for_another_question(running: Running) -> None:
    with running.client() as client:
        tag = client.get("/api/v1/state").headers["etag"]
        assert client.get("/api/v1/state?table=stock").headers["etag"] != tag
        client.post("/epcis/capture", json=document(event(901)))
        changed = eventually(
            lambda: (answer := client.get("/api/v1/state", headers={"If-None-Match": tag})).is_success and answer
        )
        assert changed.headers["etag"] != tag
