"""The text of a mapping file, whichever connector it is for."""

from __future__ import annotations

from pathlib import Path

from chaintwin.errors import Finding, InputError


def mapping_text(path: Path | str) -> str:
    """Return the text of a mapping file.

    Parameters
    ----------
    path : of a TOML file in UTF-8.

    Raises
    ------
    InputError
        It cannot be read, or is no UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        finding = Finding("mapping.unreadable", str(fault), "a TOML file in UTF-8", "check the path", Path(path).name)
        raise InputError([finding]) from None
