"""A real server of OPC UA for tests, in a process of its own that can be stopped, killed and started again."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.ingest.connectors.linked.servers import free_port
from tests.shared_data import REPOSITORY
from tests.store.programs import environment

WAIT = 60.0
"""Most seconds that a server takes for anything."""


@cache
def shelf() -> TemporaryDirectory[str]:
    """Return a folder of this process in which servers keep what they have in common."""
    return TemporaryDirectory(prefix="chaintwin-opcua-")


class PlantServer:
    """A server with some variables.

    Parameters
    ----------
    addresses : of its variables. wanted : more that the program knows: history, conforms, secure, users, queue, historized,
        reads (values that it answers with at once), timeless (no time of the source of what has no value yet).
    """

    def __init__(self, addresses: Sequence[str], **wanted: Any) -> None:
        self.port = free_port()
        self.wanted = {"port": self.port, "addresses": list(addresses), "shelf": shelf().name} | wanted
        self.process: subprocess.Popen[str] | None = None
        self.answers: queue.Queue[str] = queue.Queue()

    @property
    def url(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/line"

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.ingest.connectors.opcua.server_program", json.dumps(self.wanted)]
        self.answers = queue.Queue()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if not os.environ.get("OPCUA_SHOW") else None,
            text=True,
            env=environment(),
            cwd=REPOSITORY,
        )
        threading.Thread(target=self._listen, args=(self.process, self.answers), daemon=True).start()
        self.expect("ready")

    def kill(self) -> None:
        """End it at once, as a loss of power does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """Let it stand still: its connections are half open."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGCONT)

    def set(self, *values: tuple[Any, ...]) -> None:
        """Set variables: address, value, milliseconds since the begin of 2026, status."""
        self.ask({"set": values})
        self.expect("set")

    def count(self, address: str, first: int, end: int, *, seconds: float = 0.0) -> None:
        """Set numbers one after the other, and do not wait for the end."""
        self.ask({"count": [address, first, end, seconds]})

    def ask(self, wanted: dict[str, Any]) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()

    def expect(self, answer: str) -> None:
        found = self.answers.get(timeout=WAIT)
        assert found == answer, found

    @staticmethod
    def _listen(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
        if process.stderr is not None:
            threading.Thread(target=process.stderr.read, daemon=True).start()
        assert process.stdout is not None
        for line in process.stdout:
            answers.put(line.strip())


@contextmanager
def plant_server(addresses: Sequence[str], **wanted: Any) -> Iterator[PlantServer]:
    """A server that runs until the end of the block."""
    found = PlantServer(addresses, **wanted)
    found.start()
    try:
        yield found
    finally:
        found.kill()


def certificates(folder: Path) -> None:
    """Write certificates with keys: of the server, of the twin, of a stranger, and of an authority that issued the server's."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    made: dict[str, Any] = {}
    for name in ("authority", "server", "twin", "stranger"):
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer, signer = (subject, key) if name != "server" else (made["authority"][0].subject, made["authority"][1])
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(f"urn:example:{name}"), x509.DNSName("localhost")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=name == "authority", path_length=None), critical=True)
            .sign(signer, hashes.SHA256())
        )
        made[name] = (certificate, key)
        (folder / f"{name}.der").write_bytes(certificate.public_bytes(Encoding.DER))
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        secret = folder / f"{name}.key.pem"
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        secret.chmod(0o600)
