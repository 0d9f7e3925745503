"""Cells that were refused: what would only be said because they look blank is not said again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from chaintwin.errors import Finding, Severity

ECHOES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bom.fraction": ("quantity", "scrap_rate", "role"),
        "calendar.always_open": ("open_share", "weekday", "date"),
        "capacity.zero": ("capacity",),
        "demand.nothing": ("quantity", "series"),
        "lane.too_fast": ("lead_time", "mode", "distance_km"),
        "place.half": ("latitude", "longitude"),
        "policy.levels": ("policy", "reorder_point", "order_up_to"),
        "policy.parameter": ("policy",),
        "policy.phase": ("review_period", "review_phase"),
        "price.missing": ("price",),
        "season.mean": ("value", "period"),
        "series.gaps": ("value", "period"),
        "series.short": ("value", "period"),
        "source.contingency_only": ("rule",),
        "source.no_bill": ("kind", "bom_id", "site_id", "product_id"),
        "source.no_bills": ("kind",),
        "source.no_lane": ("kind", "lane_id", "from_site", "site_id", "product_id"),
        "source.substitute": ("kind", "bom_id", "lead_time", "minimum_order", "batch", "rule"),
        "source.shares": ("share", "priority", "rule"),
        "unit.missing": ("unit",),
    }
)
"""Findings of the tables, and the columns whose refused cells bring them about."""

WHOLE_COLUMNS = ("season.mean", "series.gaps", "series.short", "source.contingency_only", "source.shares", "source.substitute")
"""Of these, findings about several rows at once: any refused cell of the columns brings them about."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The errors of reading, by place.

    Parameters
    ----------
    cells : file, row and header of each; an empty header stands for the whole row.
    folded : file and header of errors of which only the first few rows are known.
    files : every file with an error.
    """

    cells: frozenset[tuple[str, int, str]] = frozenset()
    folded: frozenset[tuple[str, str]] = frozenset()
    files: frozenset[str] = frozenset()

    @staticmethod
    def of(findings: Iterable[Finding]) -> Refused:
        """Return the places of the errors among findings."""
        errors = [finding for finding in findings if finding.severity is Severity.ERROR]
        return Refused(
            frozenset((error.file, error.row, error.column) for error in errors if error.row > 1),
            frozenset((error.file, error.column) for error in errors if error.count > 1),
            frozenset(error.file for error in errors),
        )

    def echoed_by(self, code: str) -> tuple[str, ...]:
        """Return the columns whose refused cells bring a finding about; none where nothing was refused."""
        return ECHOES.get(code, ()) if self.cells else ()

    def rows(self, file: str, headers: Sequence[str], *, is_whole: bool) -> list[int] | None:
        """Return the rows of which a cell was refused; None if that may be any row.

        Parameters
        ----------
        file : the table's.
        headers : the columns that matter, as the file calls them.
        is_whole : one refused cell spoils the finding whatever its row.
        """
        wanted = {*headers, ""}
        found = [row for name, row, header in self.cells if name == file and header in wanted]
        is_open = any(name == file and header in wanted for name, header in self.folded)
        return None if is_open or (is_whole and found) else sorted(found)
