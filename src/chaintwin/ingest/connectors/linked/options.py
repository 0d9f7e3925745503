"""Options that sources over a connection have in common, and what is wrong with what a person set of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.ingest.connectors.interface import Option, number_of

TRIES = Option("tries", "How often a first connection is tried, with waits from half a second to a minute.", "6")
GRACE = Option("grace", "Seconds without a connection after which the source is told to be gone.", "10")
PASSWORD_FILE = Option("password-file", "File with the password, which its owner alone can read.", is_file=True)


def tries_of(options: Mapping[str, str]) -> int:
    """Return how often a first connection is tried, 1 to 1,000.

    Raises
    ------
    UsageError
        It is no number of that range.
    """
    return int(number_of(options, TRIES.name, least=1, most=1_000))


def grace_of(options: Mapping[str, str]) -> float:
    """Return the seconds without a connection after which a source is told to be gone, up to a day.

    Raises
    ------
    UsageError
        It is no number of that range.
    """
    return number_of(options, GRACE.name, least=0, most=86_400)


def check_words(options: Mapping[str, str], words: Mapping[str, Sequence[str]]) -> None:
    """Refuse an option that is none of its words.

    Parameters
    ----------
    options : by name. words : that each of some options may be.

    Raises
    ------
    UsageError
        One of them is something else.
    """
    for name, allowed in words.items():
        if options[name] not in allowed:
            raise UsageError(f"{name}: found {options[name]!r}; allowed: {', '.join(allowed)}")


def check_files(options: Mapping[str, str], names: Sequence[str], *, form: str) -> None:
    """Refuse a file that is not there.

    Parameters
    ----------
    options : by name. names : of those that name files of TLS; empty ones name none. form : of the files, in words.

    Raises
    ------
    UsageError
        One of them is missing.
    """
    for name in names:
        if options[name] and not Path(options[name]).is_file():
            raise UsageError(f"{name}: found no file {options[name]}; allowed: a file in {form}")


def check_certificate(options: Mapping[str, str]) -> None:
    """Refuse files of TLS in PEM that are not there, and a key without its certificate.

    Parameters
    ----------
    options : with ``ca-file``, ``cert-file`` and ``key-file``.

    Raises
    ------
    UsageError
        One of them is missing.
    """
    check_files(options, ("ca-file", "cert-file", "key-file"), form="PEM")
    if options["key-file"] and not options["cert-file"]:
        raise UsageError("key-file: found no cert-file beside it; allowed: both or none")
