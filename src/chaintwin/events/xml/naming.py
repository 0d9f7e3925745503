"""Names of foreign namespaces: XML lets every element bind its own prefixes, a JSON document has one list of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chaintwin.events.contexts import BUILT_IN, CONTEXT_ADDRESS
from chaintwin.events.vocabulary import NAMESPACE, PREFIX

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


class Names:
    """The prefixes of one document, collected while it is read; one namespace has one prefix and the other way round."""

    def __init__(self) -> None:
        self._prefixes: dict[str, str] = {NAMESPACE: PREFIX}
        self._namespaces: dict[str, str] = dict(_RESERVED)
        self._keys: dict[str, str] = {}

    def key(self, tag: str, element: Element) -> str:
        """Return the name of a field of JSON for the name of an element or attribute.

        Parameters
        ----------
        tag : ``{namespace}name``, or a name without namespace, which comes back unchanged.
        element : where it stands; its prefixes are kept where they don't clash.
        """
        found = self._keys.get(tag)
        if found is None:
            namespace, _, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
            found = f"{self.prefix(namespace, element)}:{local}" if namespace else tag
            self._keys[tag] = found
        return found

    def prefix(self, namespace: str, element: Element) -> str:
        """Return the prefix of a namespace."""
        found = self._prefixes.get(namespace)
        if found is None:
            wanted = sorted(prefix for prefix, uri in element.nsmap.items() if uri == namespace and prefix)
            found = next((prefix for prefix in wanted if self._free(prefix, namespace)), "")
            number = 1
            while not found:
                candidate = f"ns{number}"
                found = candidate if self._free(candidate, namespace) else ""
                number += 1
            self._prefixes[namespace] = found
            self._namespaces[found] = namespace
        return found

    def value(self, text: str, element: Element) -> str:
        """Return a word with a prefix with the prefix of JSON; anything else unchanged."""
        prefix, colon, local = text.partition(":")
        if not colon or local.startswith("//") or prefix in _KEPT:
            return text
        namespace = element.nsmap.get(prefix)
        return text if namespace is None else f"{self.prefix(namespace, element)}:{local}"

    def context(self) -> list[str | dict[str, str]]:
        """Return the value of ``@context``."""
        own = {prefix: namespace for namespace, prefix in self._prefixes.items()}
        if not any(tag.startswith(f"{{{NAMESPACE}}}") for tag in self._keys):
            del own[PREFIX]
        return [CONTEXT_ADDRESS, own] if own else [CONTEXT_ADDRESS]

    def _free(self, prefix: str, namespace: str) -> bool:
        if _PREFIX.fullmatch(prefix) is None:
            return False
        taken = self._namespaces.get(prefix)
        return taken is None or taken == namespace


_KEPT: Final = frozenset({"gs1", "cbv", "urn", "https", "http"})
_RESERVED: Final = (
    *((prefix, namespace) for prefix, namespace in BUILT_IN.items() if prefix != "cbvmda"),
    ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    *((scheme, "") for scheme in ("urn", "http", "https", "ni", "tel", "mailto", "geo", "data", "file")),
)
"""Prefixes that JSON documents have anyway, and beginnings of URIs that would be mistaken for one."""

_PREFIX: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
