"""The service of a simulated project and what it costs to serve it, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chaintwin.cli.terminal.output import TYPED, Terminal, printable
from chaintwin.cli.views.numbers import NOTHING, count, number, percent

if TYPE_CHECKING:
    from rich.table import Table

    from chaintwin.risk.service.simulated import ProjectService

WAITS = (0, 1, 2, 3, 7, 14)
"""Waits that are shown, in periods."""

OWNERS_MAX = 5
"""Owners that are shown, those that tie up most money."""


def show_project_service(terminal: Terminal, found: ProjectService, *, by: str, top: int) -> None:
    """Print the six rights, service, cost to serve, cash and carbon.

    Parameters
    ----------
    terminal : where to.
    found : what ``measure_project`` returned.
    by : site, product or stream: the rows of cost to serve.
    top : rows.
    """
    from rich.text import Text

    span = found.span
    whole = found.customers.filter(found.customers["by"] == "all").to_dicts()[0]
    orders = round(whole["orders"] * span.replications)
    said = f"{count(span.replications, 'replication')} of {count(span.periods, found.period)}"
    terminal.title(f"{percent(whole['otif_order'])} of {count(orders, 'order')} on time in full ({said})")
    _show_rights(terminal, found)
    _show_service(terminal, found, whole)
    _show_costs(terminal, found, by=by, top=top)
    _show_lines(terminal, found)
    _show_cash(terminal, found)
    _show_carbon(terminal, found)
    terminal.show(Text(), Text(f"  Intervals at {100 * found.confidence:g} %, over replications.", style="dim"))


def project_service_document(found: ProjectService) -> dict[str, object]:
    """Return what ``--json`` says; the share of each amount is in the file of ``--shares``, where it belongs."""
    from chaintwin.risk.service.simulated.emitting import carbon_by_mode

    carbon = found.carbon
    return {
        "span": found.span,
        "confidence": found.confidence,
        "period": found.period,
        "currency": found.currency,
        "rights": found.rights,
        "waits": found.waits,
        "customers": found.customers,
        "ledger": {"total": found.served.total, "lines": found.lines},
        "cash": found.cash,
        "carbon": {
            "kg": None if carbon.emissions is None else carbon.emissions.total_kg,
            "g_per_tkm": None if carbon.emissions is None else carbon.emissions.g_per_tkm,
            "by_mode": carbon_by_mode(carbon),
            "hubs": carbon.hubs,
            "uncovered_share": carbon.uncovered,
            "without_weight_share": carbon.without_weight,
            "without_distance_share": carbon.without_distance,
            "without_factor_share": carbon.without_factor,
            "sources": [] if carbon.emissions is None else [f"{name} ({year})" for name, year in carbon.emissions.sources],
        },
    }


def project_service_about(found: ProjectService) -> dict[str, tuple[str | float, str]]:
    """Return value and meaning of what a workbook says beside the table."""
    return {
        "replications": (found.span.replications, "Independent runs."),
        "periods": (found.span.periods, f"Counted {found.period}s of each."),
        "confidence": (found.confidence, "Level of the intervals."),
        "ledger": (found.served.total, f"All costs, {found.currency} a {found.period}; the rows of one kind add up to it."),
    }


def _show_rights(terminal: Terminal, found: ProjectService) -> None:
    view = _table(("the six rights", "left"), ("share", "right"), ("interval", "right"), ("of", "left"), ("", "wrap"))
    for row in found.rights.to_dicts():
        view.add_row(
            row["right"],
            percent(row["share"]),
            _between(terminal, row["low"], row["high"]),
            row["of"] or NOTHING,
            row["how"],
        )
    terminal.show(view)


def _show_service(terminal: Terminal, found: ProjectService, whole: dict[str, float]) -> None:
    from rich.text import Text

    from chaintwin.risk.service.simulated.tallying import ORDER_SHARES, STREAM_SHARES

    terminal.title("Service in all")
    view = _table(("share", "right"), ("interval", "right"), ("of", "wrap"))
    meanings = {"otif_order": ORDER_SHARES["otif_order"][1]} | {name: what for name, (_, _, what) in STREAM_SHARES.items()}
    for name, meaning in meanings.items():
        view.add_row(percent(whole[name]), _between(terminal, whole[f"{name}_low"], whole[f"{name}_high"]), meaning)
    terminal.show(view)
    said = "Orders cannot be perfect more often than they are on time in full; documents are not simulated."
    terminal.show(Text(f"  {said}", style="dim"))
    shares = dict(found.waits.select("wait", "share").iter_rows())
    waits = ", ".join(f"{wait}: {percent(shares[wait])}" for wait in WAITS)
    terminal.show(Text(f"  Units served within so many {found.period}s: {waits}.", style="dim"))


def _show_costs(terminal: Terminal, found: ProjectService, *, by: str, top: int) -> None:
    from rich.text import Text

    money = f"{found.currency} a {found.period}"
    terminal.title(f"Cost to serve by {by}, {money}; the ledger has {number(found.served.total)}")
    view = _table(
        (by, "left"), *((name, "right") for name in ("units", "otif lines", "on time", "revenue", "cost", "a unit", "margin"))
    )
    table = found.customers.filter(found.customers["by"] == by).sort("cost_to_serve", "id", descending=[True, False])
    for row in table.head(top).to_dicts():
        view.add_row(*_customer(row, printable(row["id"])))
    view.add_section()
    rest = found.customers.filter(found.customers["by"] == "unattributed").to_dicts()
    for row in rest:
        if row["cost_to_serve"]:
            view.add_row("unattributed", *[NOTHING] * 4, number(row["cost_to_serve"]), NOTHING, NOTHING)
    for row in found.customers.filter(found.customers["by"] == "all").to_dicts():
        view.add_row(*_customer(row, "all"))
    terminal.show(view)
    if table.height > top:
        terminal.show(Text(f"  ... and {table.height - top:,} more; --top shows them, --out writes them.", style="dim"))


def _customer(row: dict[str, float | None], name: str) -> Sequence[str]:
    figures = (number(row["demand"]), percent(row["otif_line"]), percent(row["on_time_rate"]), number(row["revenue"]))
    margin = number(row["margin"])
    return (name, *figures, number(row["cost_to_serve"]), number(row["cost_per_unit"]), margin)


def _show_lines(terminal: Terminal, found: ProjectService) -> None:
    terminal.title(f"The ledger, {found.currency} a {found.period}: whose it is")
    view = _table(("line", "left"), *((name, "right") for name in ("amount", "+/-", "direct", "by driver", "unattributed")))
    for row in found.lines.to_dicts():
        if row["amount"]:
            amounts = (row["amount"], row["half_width"], row["direct"], row["shared"], row["unattributed"])
            view.add_row(row["line"].replace("_", " "), *(number(amount) for amount in amounts))
    terminal.show(view)


def _show_cash(terminal: Terminal, found: ProjectService) -> None:
    from rich.text import Text

    terminal.title("Cash to cash, days")
    view = _table(("owner", "left"), *((name, "right") for name in ("inventory", "receivable", "payable", "cash to cash", "+/-")))
    owners = found.cash.drop_nulls("account_id").sort("inventory", "account_id", descending=[True, False])
    for row in [*owners.head(OWNERS_MAX).to_dicts(), *found.cash.filter(found.cash["account_id"].is_null()).to_dicts()]:
        days = [row[f"{name}_days"] for name in ("inventory", "receivable", "payable", "cash_to_cash")]
        name = "all as one" if row["account_id"] is None else printable(row["account_id"])
        view.add_row(name, *(number(each) for each in days), number(row["cash_to_cash_days_half_width"]))
    terminal.show(view)
    if owners.height == 0:
        terminal.show(Text("  The project lists no partners, so that no bills are followed.", style="dim"))
    elif owners.height > OWNERS_MAX:
        terminal.show(Text(f"  The {OWNERS_MAX} of {owners.height:,} owners with most in stock; --json has all.", style="dim"))


def _show_carbon(terminal: Terminal, found: ProjectService) -> None:
    from rich.text import Text

    from chaintwin.risk.service.simulated.emitting import carbon_by_mode

    carbon = found.carbon
    if carbon.emissions is None:
        terminal.title("Carbon of transport: nothing is known")
    else:
        terminal.title(f"Carbon of transport: {number(carbon.emissions.total_kg)} kg of CO2 equivalent a {found.period}")
        view = _table(("mode", "left"), *((name, "right") for name in ("tonne-km", "kg", "g a tonne-km")))
        for row in carbon_by_mode(carbon).to_dicts():
            view.add_row(row["mode"], *(number(row[name]) for name in ("tonne_km", "kg", "g_per_tkm")))
        if carbon.hubs.height:
            view.add_row("hubs", NOTHING, number(float(carbon.hubs["kg"].sum())), NOTHING)
        terminal.show(view)
        sources = "; ".join(f"{name} ({year})" for name, year in carbon.emissions.sources)
        terminal.show(Text(f"  Factors: {printable(sources)}.", style="dim"))
    lacking = (("a weight", carbon.without_weight), ("a distance", carbon.without_distance), ("a factor", carbon.without_factor))
    reasons = ", ".join(f"{percent(share)} lack {what}" for what, share in lacking if share)
    said = (
        f"{percent(carbon.uncovered)} of the units moved are not covered: {reasons}."
        if reasons
        else "All units moved are covered."
    )
    hubs = "" if carbon.hubs.height else " Hubs are left out; --hub-factor takes them in."
    terminal.show(Text(f"  {said}{hubs}", style="dim"))


def _between(terminal: Terminal, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return NOTHING
    to = " to " if terminal.glyphs is TYPED else "…"
    return f"{100 * low:.1f}{to}{100 * high:.1f}"


def _table(*columns: tuple[str, str]) -> Table:
    """Return a table whose columns stand left or right and keep their width; ``wrap`` is left, and breaks lines."""
    from rich.table import Table

    view = Table(box=None, padding=(0, 1), header_style="dim")
    for name, side in columns:
        if side == "wrap":
            view.add_column(name, ratio=1)
        else:
            view.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    return view
