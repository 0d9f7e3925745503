"""An answer that is there already is not sent again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from chaintwin.examples import Example, load
from chaintwin.fidelity.reporting.kept import Summary, keep_summary
from chaintwin.guard.tokens import token_hash
from chaintwin.serve import Settings, create_app
from chaintwin.store.opening import open_store
from chaintwin.twin import Twin
from chaintwin.twin.cells import Cells
from tests.serve.documents import document, event
from tests.serve.running import TOKEN, Running, eventually

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


def test_tag__of_what_is_known_is_told_without_hashing_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[Cells] = []
    digest = Cells.digest

    def noted(cells: Cells) -> str:
        hashed.append(cells)
        return digest(cells)

    monkeypatch.setattr(Cells, "digest", noted)
    with open_store(tmp_path / "log.db") as store:
        app = create_app(
            store, settings=Settings((token_hash(TOKEN),), workers=0), twin=Twin.open(load(Example.BEER_GAME), store=store)
        )
        with TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            for number in (902, 903):
                assert client.post("/epcis/capture", json=document(event(number))).status_code == 202
            eventually(lambda: client.get("/health/ready").is_success and client.get("/api/v1/state").json()["behind"] == 0)
            paths = ("/api/v1/state?at=2026-03-02T00:00:00Z", "/api/v1/state?at=2026-03-02T00:00:00Z&table=instances&perPage=1")
            for path in paths:
                first = client.get(path)
                hashed.clear()
                again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
                assert (again.status_code, hashed) == (304, [])
                assert ("link" in again.headers) is ("link" in first.headers)
                # The control: who has another answer is told the hash.
                assert client.get(path, headers={"If-None-Match": '"other"'}).json()["hash"] == first.json()["hash"]
                assert hashed
            assert "link" in first.headers
            hashed.clear()
            assert client.get("/api/v1/parameters").json()["inForce"] is None
            assert hashed == []
            for path in ("/api/v1/state", "/api/v1/state?table=stock", "/api/v1/state?site=retailer", "/api/v1/health"):
                plain, whole = client.get(unhashed(path)).json(), client.get(path).json()
                assert _without_moments(plain) == _without_moments(whole)
                assert '"hash"' in client.get(path).text
                assert '"hash"' not in client.get(unhashed(path)).text
            hashed.clear()
            for path in ("/api/v1/state", "/api/v1/state?site=retailer", "/api/v1/health"):
                assert client.get(unhashed(path)).is_success
            assert hashed == []
            assert client.get("/api/v1/state?hash=no").status_code == 400
            missing = client.get("/api/v1/state?path=stock/nowhere/nothing", headers={"If-None-Match": "*"})
            assert missing.status_code == 404


def unhashed(path: str) -> str:
    """Return a question that asks for no hash."""
    return path + ("&" if "?" in path else "?") + "hash=false"


def _without_moments(document: Any) -> Any:
    """Return an answer without its hash and what passes with the time."""
    if isinstance(document, dict):
        passing = ("hash", "time", "ageSeconds", "deviation")
        return {name: _without_moments(value) for name, value in document.items() if name not in passing}
    return [_without_moments(one) for one in document] if isinstance(document, list) else document


def test_tag__of_a_site_is_another_when_fidelity_was_measured(tmp_path: Path) -> None:
    with open_store(tmp_path / "log.db") as store:
        app = create_app(
            store, settings=Settings((token_hash(TOKEN),), workers=0), twin=Twin.open(load(Example.BEER_GAME), store=store)
        )
        with TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            path, given = "/api/v1/state?site=retailer&at=2026-03-02T00:00:00Z", {}
            for measured, score in ((0, None), (1, 0.5), (2, 0.75)):
                if score is not None:
                    keep_summary(store, Summary(measured, 0, "", score, {}, (), {}, 0, 0, {"retailer": score}))
                answer = client.get(path, headers=given)
                assert answer.status_code == 200
                assert (answer.json()["fidelity"] or {"score": None})["score"] == score
                given = {"If-None-Match": answer.headers["etag"]}
                assert client.get(path, headers=given).status_code == 304
