"""Signed and encrypted connections with certificates, users and passwords; what is refused, in clear words."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaintwin.ingest.connectors.http.pages import SourceFailedError
from tests.ingest.connectors.mqtt.reading import open_log
from tests.ingest.connectors.opcua.reading import ALL, TEMPERATURE, take_all
from tests.ingest.connectors.opcua.servers import certificates, plant_server


def test_read__protected(tmp_path: Path, options: dict[str, str]) -> None:
    folder = tmp_path / "certificates"
    certificates(folder)
    secret, wrong = tmp_path / "secret", tmp_path / "wrong"
    secret.write_text("correct-horse\n", encoding="ascii")
    wrong.write_text("battery-staple\n", encoding="ascii")
    for path in (secret, wrong):
        path.chmod(0o600)
    known = options | {
        "security": "encrypt",
        "cert-file": str(folder / "twin.pem"),
        "key-file": str(folder / "twin.key.pem"),
        "trust-file": str(folder / "server.der"),
        "username": "twin",
        "password-file": str(secret),
        "tries": "2",
    }
    stranger = {"cert-file": str(folder / "stranger.der"), "key-file": str(folder / "stranger.key.pem")}
    with plant_server(ALL, secure=str(folder), users={"twin": "correct-horse"}) as running:
        with open_log(tmp_path / "log.db") as store:
            running.set((TEMPERATURE, 20.5, 1_000))
            assert take_all(running.url, store, known).accepted == 2
            running.set((TEMPERATURE, 21.5, 2_000))
            assert take_all(running.url, store, known).accepted == 1, "the subscription is taken over"
            running.set((TEMPERATURE, 22.5, 3_000))
            signed = known | {"security": "sign", "trust-file": str(folder / "authority.pem")}
            assert take_all(running.url, store, signed).accepted == 1
            for bad, said in (
                ({"password-file": str(wrong)}, "refuses the user or the password"),
                ({"username": "", "password-file": ""}, "refuses the user or the password"),
                ({"trust-file": str(folder / "stranger.pem")}, "trust-file does not vouch for"),
                (stranger, "refuses our certificate"),
                (
                    {"policy": "Aes256Sha256RsaPss"},
                    "does not offer encrypt with Aes256Sha256RsaPss; it has encrypt with Basic256",
                ),
                ({"security": "none", "username": "", "password-file": ""}, "does not offer security=none"),
            ):
                with pytest.raises(SourceFailedError, match=said) as refused:
                    take_all(running.url, store, known | bad)
                assert "battery" not in str(refused.value)
            assert b"correct-horse" not in b"".join(path.read_bytes() for path in tmp_path.glob("log.db*"))


def test_read__a_password_is_not_sent_in_the_clear(tmp_path: Path, options: dict[str, str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("correct-horse\n", encoding="ascii")
    secret.chmod(0o600)
    known = options | {"username": "twin", "password-file": str(secret), "tries": "1"}
    with plant_server(ALL, users={"twin": "correct-horse"}) as running, open_log(tmp_path / "log.db") as store:
        with pytest.raises(SourceFailedError, match="password unencrypted"):
            take_all(running.url, store, known)
        assert take_all(running.url, store, known | {"plain-password": "send"}).accepted == 1
