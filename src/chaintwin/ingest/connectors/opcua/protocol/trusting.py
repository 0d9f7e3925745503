"""Certificates: ours, with its key, and whether that of a server is one that we trust."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chaintwin.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

PEM = b"-----BEGIN"


def certificates_in(path: str, *, option: str) -> list[Certificate]:
    """Return the certificates of a file, at least one.

    Parameters
    ----------
    path : of a file in PEM or DER. option : that names it, for messages.

    Raises
    ------
    UsageError
        It holds none.
    """
    from cryptography import x509

    content = Path(path).read_bytes()
    try:
        return list(x509.load_pem_x509_certificates(content)) if PEM in content else [x509.load_der_x509_certificate(content)]
    except ValueError as fault:
        raise UsageError(f"{option}: found no certificate in {path} ({fault}); allowed: a file in PEM or DER") from None


def key_in(path: str) -> RSAPrivateKey:
    """Return the key of a file.

    Parameters
    ----------
    path : of a file in PEM or DER without a password.

    Raises
    ------
    UsageError
        It holds none of RSA.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    content = Path(path).read_bytes()
    load = serialization.load_pem_private_key if PEM in content else serialization.load_der_private_key
    try:
        key = load(content, password=None)
    except (ValueError, TypeError) as fault:
        raise UsageError(f"key-file: found no key in {path} ({fault}); allowed: one of RSA without a password") from None
    if not isinstance(key, RSAPrivateKey):
        raise UsageError(f"key-file: found a key in {path} that is none of RSA; allowed: one of RSA, as OPC UA has it")
    return key


def application_of(certificate: Certificate) -> str:
    """Return the URI of the application that a certificate is for; empty where it names none.

    Parameters
    ----------
    certificate : of ours.
    """
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ""
    return next(iter(names.get_values_for_type(x509.UniformResourceIdentifier)), "")


def distrust(certificate: Certificate, trusted: Sequence[Certificate], *, now: datetime) -> str:
    """Return why a certificate of a server is not trusted; empty where it is.

    A certificate that is trusted itself counts as it stands, or who issued it does, and its time then has to be right.

    Parameters
    ----------
    certificate : of the server. trusted : the server's own, or those of who may issue one. now : in UTC.
    """
    from cryptography.exceptions import InvalidSignature

    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        times = f"{certificate.not_valid_before_utc} to {certificate.not_valid_after_utc}"
        return f"a certificate of the server that is valid from {times}"
    if certificate in trusted:
        return ""
    for other in trusted:
        try:
            certificate.verify_directly_issued_by(other)
        except (ValueError, TypeError, InvalidSignature):
            continue
        if other.not_valid_before_utc <= now <= other.not_valid_after_utc:
            return ""
    return f"a certificate of the server ({certificate.subject.rfc4514_string()}) that trust-file does not vouch for"
