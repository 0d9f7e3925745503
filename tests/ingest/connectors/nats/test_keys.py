"""Who lets itself be read by whom: tokens, passwords, keys, credentials, certificates; and no secret goes where it should not."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.http.pages import SourceFailedError
from chaintwin.ingest.connectors.nats.keys import Credentials, Key, credentials_in, encoded_key, key_of
from tests.ingest.connectors.linked.servers import need
from tests.ingest.connectors.mqtt.reading import mapping_file, open_log, take_all
from tests.ingest.connectors.mqtt.test_mqtt import certificates
from tests.ingest.connectors.nats.servers import publish, server, warm

OPERATOR, ACCOUNT = 14 << 3, 0
"""Kinds of keys besides those of users."""


def secret(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="ascii")
    path.chmod(0o600)
    return str(path)


def key(name: str, kind: int | None = None) -> Key:
    content = sha256(name.encode()).digest()
    return Key(content) if kind is None else Key(content, kind)


def test_key_of__a_published_pair() -> None:
    """Seed and public key of the documentation of the server's keys."""
    seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    assert key_of(seed).public == "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"
    assert key_of(seed).seed == seed
    assert "SUACSSL3" not in repr(Credentials(key_of(seed)))


@pytest.mark.parametrize(
    "wrong", ["", "SUAC", "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4", encoded_key(bytes(34)), "1" * 58]
)
def test_key_of__refused(wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no seed"):
        key_of(wrong)
    path = secret(tmp_path, "seed", wrong)
    with pytest.raises(UsageError) as refused:
        credentials_in(Path(path), option="creds-file")
    assert len(wrong) < 10 or wrong not in str(refused.value)


def test_credentials_in__others_can_read_it(tmp_path: Path) -> None:
    path = Path(secret(tmp_path, "seed", key("twin").seed))
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        credentials_in(path, option="creds-file")


def signed(claims: dict[str, Any], *, by: Key) -> str:
    """Return what a key says of another, as the server reads it."""

    def part(content: bytes) -> str:
        return urlsafe_b64encode(content).decode().rstrip("=")

    head = part(json.dumps({"typ": "JWT", "alg": "ed25519-nkey"}).encode())
    body = part(json.dumps({"iat": 1_700_000_000, "iss": by.public, "jti": claims["sub"], **claims}).encode())
    return f"{head}.{body}.{part(by.signed(f'{head}.{body}'.encode()))}"


def test_read__ways_to_be_let_in(tmp_path: Path) -> None:
    need("nats-server")
    options = {"mapping": mapping_file(tmp_path), "tries": "1"}
    user, other = key("twin"), key("other")
    ways = [
        ("token: correct-horse", {"auth_token": "correct-horse"}, {"token-file": "correct-horse"}, {"token-file": "battery"}),
        (
            "users = [ { user: twin, password: correct-horse } ]",
            {"user": "twin", "pass": "correct-horse"},
            {"username": "=twin", "password-file": "correct-horse"},
            {"username": "=twin", "password-file": "battery"},
        ),
        (
            f"users = [ {{ nkey: {user.public} }}, {{ user: admin, password: admin }} ]",
            {"user": "admin", "pass": "admin"},
            {"creds-file": user.seed},
            {"creds-file": other.seed},
        ),
    ]
    for number, (configuration, login, right, wrong) in enumerate(ways):
        folder = tmp_path / str(number)

        def given(said: dict[str, str], folder: Path = folder) -> dict[str, str]:
            found = {name: value[1:] if value[0] == "=" else secret(folder, f"{name}.x", value) for name, value in said.items()}
            return options | found

        more = f"authorization {{ {configuration} }}\n"
        with server(folder, more=more, login=login) as running, open_log(folder / "log.db") as store:
            running.stream()
            publish(running, warm(3))
            assert take_all(f"{running.url}/PLANT", store, given(right)).accepted == 4
            for said in (given(wrong), options):
                with pytest.raises(SourceFailedError, match=r"refuses: Authorization Violation.*creds-file") as refused:
                    take_all(f"{running.url}/PLANT", store, said)
                assert "battery" not in str(refused.value)
            content = b"".join(path.read_bytes() for path in folder.glob("log.db*"))
            assert b"correct-horse" not in content
            assert user.seed.encode() not in content


def test_read__credentials_of_an_account(tmp_path: Path) -> None:
    """An operator vouches for an account, and that for a user, as servers for many tenants have it."""
    need("nats-server")
    operator, account, system, user = key("operator", OPERATOR), key("account", ACCOUNT), key("system", ACCOUNT), key("user")
    of_operator = signed({"sub": operator.public, "name": "o", "nats": {"type": "operator", "version": 2}}, by=operator)
    names = ["subs", "data", "payload", "imports", "exports", "conn", "leaf"]
    limits: dict[str, Any] = dict.fromkeys(names, -1) | {"wildcards": True}
    streams = dict.fromkeys(["mem_storage", "disk_storage", "streams", "consumer"], -1)
    accounts = {
        one.public: signed(
            {"sub": one.public, "name": "a", "nats": {"type": "account", "version": 2, "limits": allowed}}, by=operator
        )
        for one, allowed in ((account, limits | streams), (system, limits))
    }
    of_user = signed({"sub": user.public, "name": "u", "nats": {"type": "user", "version": 2, "subs": -1, "data": -1,
              "payload": -1, "pub": {}, "sub": {}}}, by=account)  # fmt: skip
    creds = secret(
        tmp_path,
        "twin.creds",
        f"-----BEGIN NATS USER JWT-----\n{of_user}\n------END NATS USER JWT------\n\n*** IMPORTANT ***\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n",
    )
    known_accounts = "\n".join(f"  {name}: {token}" for name, token in accounts.items())
    more = (
        f"operator: {of_operator}\nsystem_account: {system.public}\nresolver: MEMORY\n"
        f"resolver_preload: {{\n{known_accounts}\n}}\n"
    )

    with server(tmp_path / "server", more=more) as running, open_log(tmp_path / "log.db") as store:
        known = credentials_in(Path(creds), option="creds-file")
        assert known.token == of_user
        running.answer = lambda said: known.answer(said["nonce"])
        running.stream()
        publish(running, warm(3))
        options = {"mapping": mapping_file(tmp_path), "creds-file": creds}
        assert take_all(f"{running.url}/PLANT", store, options).accepted == 4
        stranger = Path(creds).read_text(encoding="ascii").replace(user.seed, key("stranger").seed)
        wrong = options | {"creds-file": secret(tmp_path, "wrong.creds", stranger), "tries": "1"}
        with pytest.raises(SourceFailedError, match="refuses"):
            take_all(f"{running.url}/PLANT", store, wrong)


def test_read__what_a_user_may_not_do_is_told(tmp_path: Path) -> None:
    more = """authorization { users = [
      { user: admin, password: admin },
      { user: twin, password: twin, permissions: { publish: ["$JS.API.STREAM.>"], subscribe: "_INBOX.>" } } ] }
    """
    options = {"mapping": mapping_file(tmp_path), "username": "twin", "password-file": secret(tmp_path, "word", "twin")}
    with server(tmp_path / "server", more=more, login={"user": "admin", "pass": "admin"}) as running:
        running.stream()
        with open_log(tmp_path / "log.db") as store, pytest.raises(SourceFailedError, match=r"Permissions Violation.*\$JS\.API"):
            take_all(f"{running.url}/PLANT", store, options)


def test_read__tls_and_certificates(tmp_path: Path) -> None:
    need("nats-server")
    folder = tmp_path / "server"
    certificates(folder)
    security = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    security.load_cert_chain(str(folder / "host.pem"), str(folder / "host.key"))
    more = (
        f'tls {{ cert_file: "{folder}/host.pem", key_file: "{folder}/host.key", ca_file: "{folder}/ca.pem", verify: true }}\n'
        "authorization { token: correct-horse }\n"
    )
    login = {"auth_token": "correct-horse"}
    options = {
        "mapping": mapping_file(tmp_path),
        "token-file": secret(tmp_path, "token", "correct-horse"),
        "ca-file": str(folder / "ca.pem"),
        "cert-file": str(folder / "host.pem"),
        "key-file": str(folder / "host.key"),
        "tries": "1",
    }
    with server(folder, more=more, login=login, security=security) as running, open_log(tmp_path / "log.db") as store:
        running.stream()
        # Large enough for many records of TLS, in both directions at once.
        publish(running, warm(300, size=20_000))
        source = f"natss://127.0.0.1:{running.port}/PLANT"
        assert take_all(source, store, options | {"batch": "50"}).accepted == 301
        for bad, said in (
            (options | {"ca-file": str(folder / "other.pem")}, "TLS.*ca-file"),
            ({**options, "cert-file": "", "key-file": ""}, "found"),
        ):
            with pytest.raises(SourceFailedError, match=said):
                take_all(source, store, bad)
        with pytest.raises(SourceFailedError, match="natss://"):
            take_all(source.replace("natss", "nats"), store, options)


def test_read__no_secret_goes_to_a_server_without_tls_where_tls_was_asked_for(tmp_path: Path) -> None:
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def pretend() -> None:
        link, _ = listener.accept()
        link.settimeout(2.0)
        link.sendall(b'INFO {"server_id":"x","version":"2.9.10","auth_required":true,"max_payload":1048576}\r\n')
        try:
            while content := link.recv(4_096):
                heard.append(content)
        except TimeoutError:
            pass

    thread = threading.Thread(target=pretend)
    thread.start()
    options = {"mapping": mapping_file(tmp_path), "token-file": secret(tmp_path, "token", "correct-horse"), "tries": "1"}
    source = f"natss://127.0.0.1:{listener.getsockname()[1]}/PLANT"
    with open_log(tmp_path / "log.db") as store, pytest.raises(SourceFailedError, match="no TLS"):
        take_all(source, store, options)
    thread.join()
    listener.close()
    assert heard == []


def test_read__something_else_answers(tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def pretend() -> None:
        for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"INFO {no json\r\n"):
            link, _ = listener.accept()
            link.sendall(answer)
            time.sleep(0.05)
            link.close()

    thread = threading.Thread(target=pretend)
    thread.start()
    options = {"mapping": mapping_file(tmp_path), "tries": "1"}
    source = f"nats://127.0.0.1:{listener.getsockname()[1]}/PLANT"
    with open_log(tmp_path / "log.db") as store:
        for said in ("HTTP", "breaks off", "no json"):
            with pytest.raises(SourceFailedError, match=said):
                take_all(source, store, options)
    thread.join()
    listener.close()
