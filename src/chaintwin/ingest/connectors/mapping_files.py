"""Mapping files, whichever connector they are for: TOML, a name and parts of one kind; all faults are told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


class MappingCheck:
    """Reads the values of a mapping file and collects what is wrong with them.

    Parameters
    ----------
    text : TOML. file : its name, for messages.

    Raises
    ------
    InputError
        The text is no TOML.
    """

    no_toml = "mapping.toml"
    no_value = "mapping.value"
    """Codes of findings, of a kind of files each."""

    def __init__(self, text: str, *, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        try:
            self.document = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError([Finding(self.no_toml, str(error), "valid TOML", "mend the line", file)]) from error

    def fault(self, where: str, found: str, *, allowed: str, fix: str = "") -> None:
        """Note what is wrong with a value."""
        self.findings.append(Finding(self.no_value, found, allowed, fix, self.file, column=where))

    def unknown(self, where: str, found: Mapping[str, Any], *, known: frozenset[str] | set[str]) -> None:
        """Note entries that are not known."""
        for name in sorted(set(found) - known):
            self.fault(f"{where}.{name}".strip("."), f"the entry {name}", allowed=", ".join(sorted(known)), fix="leave it out")

    def name(self, what: str) -> str:
        """Return the name of the file's content.

        Parameters
        ----------
        what : the content is, in one word.
        """
        name = self.document.get("name")
        if not isinstance(name, str) or not name:
            self.fault("name", str(name), allowed="a text", fix=f"give the {what} a name")
        return str(name)

    def parts(self, entry: str, *, fix: str) -> list[dict[str, Any]]:
        """Return the parts ``[[entry]]``; none where they are no such parts.

        Parameters
        ----------
        fix : what a part would say.
        """
        parts = self.document.get(entry, [])
        if isinstance(parts, list) and parts and all(isinstance(part, dict) for part in parts):
            return parts
        self.fault(entry, str(parts)[:60], allowed=f"one or more parts [[{entry}]]", fix=fix)
        return []

    def end(self) -> None:
        """Refuse a file with faults.

        Raises
        ------
        InputError
            All of them.
        """
        if self.findings:
            raise InputError(self.findings)
