"""Whether the sources of a project are there and let themselves be read: asked all at once, none for long."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

from chaintwin.clock import Clock
from chaintwin.errors import ChaintwinError, Finding, InputError
from chaintwin.ingest.connectors.interface import Probing, Run
from chaintwin.ingest.sources.configured import ConfiguredSource
from chaintwin.ingest.sources.waiting import Ending
from chaintwin.network.tables.feeds.feeds import FEEDS_KEY

PROBE_SECONDS = 8.0
"""Longest that a source may take to answer."""

_MESSAGE = re.compile(r"(?:(?P<where>.*?): )?found (?P<found>.*?); allowed: (?P<allowed>.*?)(?:; fix: (?P<fix>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Probed:
    """What became of the test of one source.

    Parameters
    ----------
    source : which. found : what it has, a sentence; empty where it does not answer. findings : why it does not.
    """

    source: ConfiguredSource
    found: str = ""
    findings: tuple[Finding, ...] = ()


def probe_sources(sources: Sequence[ConfiguredSource], *, clock: Clock, seconds: float = PROBE_SECONDS) -> list[Probed]:
    """Test the connections of sources at the same time, and return what was found of each, in their order.

    Parameters
    ----------
    sources : in order. clock : tells the time. seconds : that each may take; what takes longer is left to itself.
    """
    ending = Ending()
    probes = [_Probe(source, clock=clock, ending=ending) for source in sources]
    end = monotonic() + seconds
    for probe in probes:
        probe.thread.start()
    for probe in probes:
        probe.thread.join(max(0.0, end - monotonic()))
    # Who waits is woken; who hangs in a system call is a daemon and ends with the process.
    ending.set()
    return [probe.result or Probed(probe.source, findings=(_slow(probe.source, seconds),)) for probe in probes]


class _Probe:
    def __init__(self, source: ConfiguredSource, *, clock: Clock, ending: Ending) -> None:
        self.source = source
        self.result: Probed | None = None
        self._run = Run(clock, ending.sleep, source.options)
        self.thread = threading.Thread(target=self._probe, name=f"probe {source.name}", daemon=True)

    def _probe(self) -> None:
        connector = self.source.connector
        if not isinstance(connector, Probing):
            self.result = Probed(self.source, f"nobody knows: the connector {connector.name} cannot test its connection")
            return
        try:
            self.result = Probed(self.source, connector.probe(self.source.source, run=self._run))
        except InputError as fault:
            where = _where(self.source)
            findings = tuple(
                replace(finding, column=f"{where}: {finding.column}" if finding.column else where) for finding in fault.findings
            )
            self.result = Probed(self.source, findings=findings)
        except ChaintwinError as fault:
            self.result = Probed(self.source, findings=(_unreachable(self.source, str(fault)),))
        except OSError as fault:
            place = f"{fault.filename}: " if fault.filename else ""
            self.result = Probed(self.source, findings=(_unreachable(self.source, f"{place}{fault.strerror or fault}"),))
        except Exception as fault:
            found = f"a fault of the connector {connector.name} ({type(fault).__name__}: {fault})"
            self.result = Probed(self.source, findings=(_unreachable(self.source, found),))


def _unreachable(source: ConfiguredSource, text: str) -> Finding:
    """Return why a source cannot be read, in the parts of a finding."""
    parts = _MESSAGE.fullmatch(text)
    if parts is None:
        return _finding(source, "source.unreachable", found=text, allowed="a source that can be read")
    found = ": ".join(part for part in (parts["where"], parts["found"]) if part)
    return _finding(source, "source.unreachable", found=found, allowed=parts["allowed"], fix=parts["fix"] or "")


def _slow(source: ConfiguredSource, seconds: float) -> Finding:
    found = f"no answer within {seconds:g} s"
    return _finding(source, "source.slow", found=found, allowed="an answer within that time")


def _finding(source: ConfiguredSource, code: str, *, found: str, allowed: str, fix: str = "") -> Finding:
    is_address = "://" in source.source
    usual = "check the address, the network and who runs it" if is_address else f"check the path {source.source}"
    later = "enabled = false leaves it out, --offline the test"
    return Finding(code, found, allowed, fix or f"{usual}; {later}", source.file, source.row, _where(source))


def _where(source: ConfiguredSource) -> str:
    return f"{FEEDS_KEY}[{source.number}] {source.name}"
