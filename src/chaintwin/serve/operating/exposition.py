"""Numbers in the text form of Prometheus, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """Numbers of one name.

    Parameters
    ----------
    name : with its unit last, ``_total`` for what only grows. kind : ``counter`` or ``gauge``. help : in words.
    samples : labels and number.
    """

    name: str
    kind: str
    help: str
    samples: Sequence[Sample]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts in classes.

    Parameters
    ----------
    name, help : as of a metric. bounds : upper ends of the classes. rows : labels, counts of the classes (one more than
        bounds), sum.
    """

    name: str
    help: str
    bounds: Sequence[float]
    rows: Sequence[tuple[Mapping[str, str], Sequence[int], float]]


def exposition(metrics: Iterable[Metric | Histogram]) -> str:
    r"""Return all numbers as text.

    Example
    -------
    >>> print(exposition([Metric("log_entries", "gauge", "Entries of the log.", [({"kind": 'a"b'}, 3)])]), end="")
    # HELP log_entries Entries of the log.
    # TYPE log_entries gauge
    log_entries{kind="a\"b"} 3
    """
    lines: list[str] = []
    for metric in metrics:
        kind = "histogram" if isinstance(metric, Histogram) else metric.kind
        lines += [f"# HELP {metric.name} {_escaped(metric.help, quotes=False)}", f"# TYPE {metric.name} {kind}"]
        if isinstance(metric, Metric):
            lines += [f"{metric.name}{_labels(labels)} {_number(value)}" for labels, value in metric.samples]
            continue
        for labels, counts, total in metric.rows:
            below = 0
            for bound, count in zip((*metric.bounds, float("inf")), counts, strict=True):
                below += count
                lines.append(f"{metric.name}_bucket{_labels({**labels, 'le': _number(bound)})} {below}")
            lines += [f"{metric.name}_sum{_labels(labels)} {_number(total)}", f"{metric.name}_count{_labels(labels)} {below}"]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str, *, quotes: bool = True) -> str:
    found = text.replace("\\", "\\\\").replace("\n", "\\n")
    return found.replace('"', '\\"') if quotes else found


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
