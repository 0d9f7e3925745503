"""Which target an address means."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from chaintwin.errors import UsageError
from chaintwin.guard.token_files import token_in
from chaintwin.ingest.connectors.mqtt.addresses import is_mqtt
from chaintwin.ingest.connectors.opcua.addresses import is_opcua
from chaintwin.ingest.history.playing import Target
from chaintwin.world.targets.kept import KeptMark

STANDARD_OUTPUT = "-"
LINES = ".jsonl"

ALLOWED = (
    "http(s)://HOST/epcis, mqtt(s)://HOST/TOPIC, opc.tcp://127.0.0.1:PORT/PATH, a folder, a file that ends in .jsonl, or - for "
    "standard output"
)


@contextmanager
def opened_target(
    to: str,
    kept: KeptMark,
    *,
    options: Mapping[str, str],
    token_file: Path | None,
    sites: Iterable[str] = (),
    sleep: Callable[[float], None],
    note: Callable[[str], None],
) -> Iterator[Target]:
    """Open where a world is told, and close it at the end.

    Parameters
    ----------
    to : address, folder, file, or ``-``. kept : how far it came before. options : of the connection, by name.
    token_file : with the token of a repository over HTTP. sites : that tell events. sleep : waits. note : takes remarks.

    Raises
    ------
    UsageError
        There is no such target, or an option is not one of it.
    """
    if token_file is not None and not to.startswith(("http://", "https://")):
        raise UsageError(f"--token-file: found it beside --to {to}; allowed: with a repository over HTTP")
    if is_mqtt(to):
        from chaintwin.world.targets.broker import BrokerTarget

        with closing(BrokerTarget(to, kept, options=options, sleep=sleep, note=note)) as broker:
            yield broker
        return
    if is_opcua(to):
        from chaintwin.world.targets.control_system import ServerTarget

        with closing(ServerTarget(to, kept, sites=sites, options=options, sleep=sleep, note=note)) as server:
            yield server
        return
    if options:
        raise UsageError(f"--option: found {', '.join(options)}; allowed: with mqtt and opc.tcp")
    if to.startswith(("http://", "https://")):
        import httpx

        from chaintwin.ingest.history.targets import HttpTarget, repository_address

        headers = {} if token_file is None else {"Authorization": f"Bearer {token_in(token_file)}"}
        address = repository_address(to)
        if kept.path is not None:
            kept.path.parent.mkdir(parents=True, exist_ok=True)
        with httpx.Client(headers=headers, timeout=60.0) as client:
            yield HttpTarget(client, address, kept.path, sleep, note)
        return
    if "://" in to or not to:
        raise UsageError(f"--to: found {to!r}; allowed: {ALLOWED}")
    with _files(to, kept) as target:
        yield target


@contextmanager
def _files(to: str, kept: KeptMark) -> Iterator[Target]:
    from chaintwin.world.targets.files import FolderTarget, LinesTarget

    if to == STANDARD_OUTPUT:
        yield LinesTarget(sys.stdout.buffer, kept, is_durable=False)
        return
    place = Path(to)
    if place.suffix.lower() != LINES:
        if place.is_file():
            raise UsageError(f"--to: found the file {to}; allowed: {ALLOWED}")
        yield FolderTarget(place, kept)
        return
    if not place.parent.is_dir():
        raise UsageError(f"--to: found no folder {place.parent}; allowed: a folder that exists")
    with place.open("ab" if kept.played().count else "wb") as stream:
        yield LinesTarget(stream, kept, is_durable=True)
