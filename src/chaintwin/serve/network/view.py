"""What was made of the network in force, kept until another one comes into force."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import msgspec

from chaintwin.network.network import Network
from chaintwin.serve.network.documents import network_document, routes_document
from chaintwin.serve.network.judging import dependence_document, findings_document


@dataclass(frozen=True, slots=True)
class Content:
    """One answer.

    Parameters
    ----------
    body : JSON. tag : what tells it from any other, as in ``ETag``.
    """

    body: bytes
    tag: str


class _Document:
    """One document, and who makes it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.content: Content | None = None


class NetworkView:
    """The documents of the network in force, each made when it is first asked for; may be used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._network: Network | None = None
        self._documents: dict[str, _Document] = {}

    def network(self, network: Network) -> Content:
        """Return what is where and what moves between.

        Parameters
        ----------
        network : in force.
        """
        return self.made("network", network, make=network_document)

    def routes(self, network: Network) -> Content:
        """Return the lines of lanes by sea.

        Parameters
        ----------
        network : in force.
        """
        return self.made("routes", network, make=routes_document)

    def findings(self, network: Network) -> Content:
        """Return what the doctor says.

        Parameters
        ----------
        network : in force.
        """
        return self.made("findings", network, make=findings_document)

    def dependence(self, network: Network) -> Content:
        """Return on whom and on which countries the network depends.

        Parameters
        ----------
        network : in force.
        """
        return self.made("dependence", network, make=dependence_document)

    def made(self, name: str, network: Network, *, make: Callable[[Network], dict[str, Any]]) -> Content:
        """Return a document, made where it is not there yet.

        Who asks for what another one is making waits for that, so that a page that many open is made once; who asks for another
        document does not.

        Parameters
        ----------
        name : of the document. network : in force. make : makes it.
        """
        with self._lock:
            if network is not self._network:
                self._network, self._documents = network, {}
            document = self._documents.setdefault(name, _Document())
        with document.lock:
            if document.content is None:
                body = msgspec.json.encode(make(network))
                document.content = Content(body, f'"{blake2b(body, digest_size=16).hexdigest()}"')
            return document.content
