"""Keys of NATS: text that holds an Ed25519 key, and files of credentials that hold one beside a signed name."""

from __future__ import annotations

import re
from base64 import b32decode, b32encode, b64encode
from binascii import Error, crc_hqx
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chaintwin.errors import UsageError
from chaintwin.guard.token_files import secret_in

SEED, USER = 18 << 3, 20 << 3
"""First bits of a seed, and of a user: ``S`` and ``U`` in base 32."""

_PART = re.compile(r"-{3,}BEGIN ([A-Z ]+)-{3,}\s+([^\s-][^\s]*)\s+-{3,}END")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs what a server asks for.

    Parameters
    ----------
    secret : of Ed25519, 32 bytes. kind : whom it is of, the first byte of its public text.
    """

    secret: bytes
    kind: int = USER

    def __repr__(self) -> str:
        """Tell nothing of it."""
        return "Key()"

    @property
    def public(self) -> str:
        """Its public half as text."""
        return encoded_key(bytes([self.kind]) + self._key.public_key().public_bytes_raw())

    @property
    def seed(self) -> str:
        """Itself as text."""
        return encoded_key(bytes([SEED | self.kind >> 5, (self.kind & 31) << 3]) + self.secret)

    def signed(self, content: bytes) -> bytes:
        """Return the signature of something."""
        return self._key.sign(content)

    @property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key, and what an account says of its owner.

    Parameters
    ----------
    key : that signs. token : signed by the account (a JWT); empty where the server itself knows the key.
    """

    key: Key
    token: str = ""

    def answer(self, nonce: str) -> dict[str, str]:
        """Return what a client says to be let in.

        Parameters
        ----------
        nonce : what the server wants to be signed.
        """
        signature = {"sig": b64encode(self.key.signed(nonce.encode())).decode()}
        return signature | ({"jwt": self.token} if self.token else {"nkey": self.key.public})


def encoded_key(content: bytes) -> str:
    """Return bytes with their check in base 32."""
    checked = content + crc_hqx(content, 0).to_bytes(2, "little")
    return b32encode(checked).decode().rstrip("=")


def key_of(seed: str) -> Key:
    """Return the key of a seed.

    Parameters
    ----------
    seed : text that begins with ``S``.

    Raises
    ------
    ValueError
        It is none; says nothing of it.
    """
    try:
        content = b32decode(seed + "=" * (-len(seed) % 8))
    except Error:
        content = b""
    if len(content) != 36 or crc_hqx(content[:-2], 0).to_bytes(2, "little") != content[-2:] or content[0] & 0xF8 != SEED:
        raise ValueError("no seed of a key")
    return Key(content[2:-2], (content[0] & 7) << 5 | content[1] >> 3)


def credentials_in(path: Path, *, option: str) -> Credentials:
    """Return the credentials of a file: a seed alone, or a file as ``nsc`` writes it, with a token and a seed.

    Parameters
    ----------
    path : of the file, which its owner alone can read. option : by which it was named, for messages.

    Raises
    ------
    UsageError
        The file cannot be read, others can read it too, or it holds no credentials.
    """
    text = secret_in(path, option=option)
    parts = dict(_PART.findall(text))
    try:
        key = key_of(parts.get("USER NKEY SEED", text.strip()))
    except ValueError:
        allowed = "a seed, or a file of credentials with a token and a seed"
        raise UsageError(f"{option}: found no seed of a key in {path}; allowed: {allowed}") from None
    return Credentials(key, parts.get("NATS USER JWT", ""))
