"""Values that name a person: encrypted with a key of their subject, so that destroying the key erases them for ever.

Each subject has a data key of its own. It is kept wrapped with the master key, which lies apart from the log. AES-256-GCM
serves for both, each time with a fresh random nonce.
"""

from __future__ import annotations

import os
from hashlib import sha256
from hmac import digest as hmac_digest

KEY_BYTES = 32
_NONCE_BYTES = 12


def new_key() -> bytes:
    """Return a fresh random key, 32 bytes."""
    return os.urandom(KEY_BYTES)


def subject_digest(subject: str, master: bytes) -> bytes:
    """Return what a subject is filed under, 32 bytes; without the master key it cannot be guessed from names.

    Parameters
    ----------
    subject : whose it is. master : 32 bytes.
    """
    return hmac_digest(master, b"subject\x00" + subject.encode(), "sha256")


def master_mark(master: bytes) -> bytes:
    """Return what a master key is recognized by, 16 bytes; it tells nothing of the key."""
    return sha256(b"chaintwin master key\x00" + master).digest()[:16]


def wrap(data_key: bytes, master: bytes) -> bytes:
    """Return a data key encrypted with the master key."""
    return encrypt(data_key, data_key=master, bound_to=b"data key")


def unwrap(wrapped: bytes, master: bytes) -> bytes:
    """Return a data key that was wrapped.

    Raises
    ------
    ValueError
        It was wrapped with another master key, or was changed.
    """
    return decrypt(wrapped, data_key=master, bound_to=b"data key")


def encrypt(value: bytes, *, data_key: bytes, bound_to: bytes) -> bytes:
    """Return nonce, ciphertext and tag of a value.

    Parameters
    ----------
    value : what is to be kept from others. data_key : 32 bytes.
    bound_to : where it belongs, such as entry and place; it only decrypts there.

    Example
    -------
    >>> key = new_key()
    >>> decrypt(encrypt(b"Ada", data_key=key, bound_to=b"1"), data_key=key, bound_to=b"1")
    b'Ada'
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(data_key).encrypt(nonce, value, bound_to)


def decrypt(content: bytes, *, data_key: bytes, bound_to: bytes) -> bytes:
    """Return the value that ``encrypt`` was given.

    Raises
    ------
    ValueError
        Key, place or content is not the one of the encryption.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(content) < _NONCE_BYTES:
        raise ValueError("the encrypted value is cut short")
    try:
        return AESGCM(data_key).decrypt(content[:_NONCE_BYTES], content[_NONCE_BYTES:], bound_to)
    except InvalidTag:
        raise ValueError("the encrypted value does not belong to this key and place, or was changed") from None
