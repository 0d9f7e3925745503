"""The files of the page, as they were built into the package."""

from __future__ import annotations

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDER = "_web"
"""Folder in the package that the build fills; its source is ``web/`` at the root of the repository."""

ASSETS = "/assets/"
"""Paths of files whose names hold a hash of their content, so that they never change."""

_TEXTS = (".html", ".js", ".css", ".svg", ".json", ".txt")


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file.

    Parameters
    ----------
    content : its bytes. zipped : the same by gzip; None where that saves nothing. media_type, tag : as in the headers.
    is_lasting : whether nothing else will ever be at its path.
    """

    content: bytes
    zipped: bytes | None
    media_type: str
    tag: str
    is_lasting: bool


@cache
def page_files() -> Mapping[str, PageFile]:
    """Return the files of the page by path, read once in a process; none where the package was installed without a page."""
    folder = files("chaintwin") / FOLDER
    return dict(_files(folder, "/")) if folder.is_dir() else {}


def _files(folder: Traversable, path: str) -> list[tuple[str, PageFile]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            found += _files(entry, f"{path}{entry.name}/")
        elif not entry.name.startswith("."):
            name = f"{path}{entry.name}"
            found.append(("/" if name == "/index.html" else name, _file(name, entry.read_bytes())))
    return found


def _file(name: str, content: bytes) -> PageFile:
    media_type = mimetypes.guess_type(name, strict=True)[0] or "application/octet-stream"
    is_text = name.endswith(_TEXTS)
    zipped = gzip.compress(content, mtime=0) if is_text else content
    tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    shown = f"{media_type}; charset=utf-8" if is_text else media_type
    return PageFile(content, zipped if len(zipped) < len(content) else None, shown, tag, name.startswith(ASSETS))
