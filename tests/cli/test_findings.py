"""Findings as people see them."""

from __future__ import annotations

from chaintwin.cli.views.findings import FILE_LINES_MAX, by_file, findings_view, tally
from chaintwin.errors import Finding, Severity
from tests.cli.test_charts import printed

FAULT = Finding("number.low", "-2", "0 or more", "write 2", "lanes.csv", 4, "lead_time")
DOUBT = Finding("source.single", "lamp from factory alone", "two places", "", "products.csv", 2, "product_id", Severity.WARNING)
REMARK = Finding("loop", "a > b > a", "a delay", "", severity=Severity.NOTE)


def flat(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def test_findings_view__place_value_allowed_and_fix() -> None:
    text = flat(printed(findings_view([REMARK, DOUBT, FAULT], 80)))
    assert "error lanes.csv:4 lead_time: found -2; allowed: 0 or more; fix: write 2" in text
    assert text.index("lanes.csv") < text.index("products.csv") < text.index("the network as a whole")


def test_findings_view__folds_what_is_alike() -> None:
    many = [Finding("number.low", str(-row), "0 or more", "", "lanes.csv", row, "lead_time") for row in range(2, 12)]
    lines = printed(findings_view([*many, DOUBT], 80, same_max=1))
    assert "(and 9 more like it)" in flat(lines)
    assert sum("found -" in line for line in lines) == 1


def test_findings_view__a_flood_is_cut() -> None:
    many = [Finding("number.low", "-1", "0 or more", "", "lanes.csv", row, "lead_time") for row in range(2, FILE_LINES_MAX + 7)]
    lines = printed(findings_view(many, 80))
    assert "... and 5 more in this file" in lines[-1]


def test_by_file__files_with_errors_first() -> None:
    assert list(by_file([REMARK, DOUBT, FAULT])) == ["lanes.csv", "products.csv", ""]


def test_tally__words() -> None:
    assert tally([FAULT, DOUBT, DOUBT]) == "1 error, 2 warnings"
    assert tally([]) == "no findings"


def test_findings_view__markup_in_data_is_text() -> None:
    odd = Finding("x", "[bold]a[/bold] :smile: \x1b[31m", "plain text", "", "sites.csv", 2, "name")
    text = flat(printed(findings_view([odd], 80)))
    assert "[bold]a[/bold] :smile:" in text
    assert "\x1b" not in text
