"""What flows through each site: who fills what from where, how much stays there as demand, what must come from outside."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from chaintwin.errors import Finding, Severity
from chaintwin.ingest.shipment_log.frames import ordered_sum

PAIR = ("site_id", "product_id")


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows of a log.

    Parameters
    ----------
    lines : the usable lines that are part of the network, with ``demand_share``: the part of what arrived that was not sent on.
    sources : ``site_id``, ``product_id``, ``kind`` (``move`` or ``buy``), ``lane_id``, ``from_site``, ``share`` (by units).
    points : ``site_id``, ``product_id``, ``is_origin`` (nothing arrives there in the log).
    findings : assumptions made.
    """

    lines: pl.DataFrame
    sources: pl.DataFrame
    points: pl.DataFrame
    findings: tuple[Finding, ...]


def follow_flows(lines: pl.DataFrame, lanes: pl.DataFrame) -> Flows:
    """Balance what arrives at each site with what leaves it, product by product.

    What arrives and is not sent on is demand; what is sent and never arrived is bought outside; sources share in proportion
    to the units the log shows. Flows that would close a loop (returns) are left out, the smallest of the loop first.

    Parameters
    ----------
    lines : usable lines with ``lane_id``, ``sender_site``, ``to_site``, ``from_site``, ``hub``.
    lanes : as in ``LaneTables.lanes``.
    """
    lines, findings = _without_loops(lines)
    into_site = lines.group_by(
        site_id="to_site", product_id="product", lane_id="lane_id", from_site="sender_site", maintain_order=True
    ).agg(ordered_sum("quantity"))
    supply = lanes.filter("is_supply").select("lane_id", "from_site", hub="to_site")
    through = (
        lines.filter("is_hub")
        .group_by("from_site", "hub", product_id="product", maintain_order=True)
        .agg(ordered_sum("quantity"))
    )
    into_hub = through.join(supply, on=["from_site", "hub"], maintain_order="left").select(
        site_id="hub", product_id="product_id", lane_id="lane_id", from_site="from_site", quantity="quantity"
    )
    moves = pl.concat([into_site, into_hub])
    received = moves.group_by(PAIR, maintain_order=True).agg(ordered_sum("quantity").alias("received"))
    sent = moves.group_by(site_id="from_site", product_id="product_id", maintain_order=True).agg(
        ordered_sum("quantity").alias("sent")
    )
    balance = received.join(sent, on=PAIR, how="full", coalesce=True, maintain_order="left_right").with_columns(
        pl.col("received", "sent").fill_null(0.0)
    )
    # Rounding must not make a market of a hub that sends on all it gets.
    slack = 1e-9 * pl.max_horizontal("received", "sent")
    bought = balance.with_columns(quantity=pl.col("sent") - pl.col("received")).filter(pl.col("quantity") > slack)
    kept = pl.when(pl.col("received") - pl.col("sent") > slack).then(1 - pl.col("sent") / pl.col("received")).otherwise(0.0)
    shares = balance.select(to_site="site_id", product="product_id", demand_share=kept)
    lines = lines.join(shares, on=["to_site", "product"], how="left", maintain_order="left")
    nothing = pl.lit(None, dtype=pl.String)
    buys = bought.select(*PAIR, nothing.alias("lane_id"), nothing.alias("from_site"), "quantity", pl.lit("buy").alias("kind"))
    sources = pl.concat([moves.with_columns(pl.lit("move").alias("kind")).select(buys.columns), buys])
    share = pl.col("quantity") / pl.col("quantity").sum().over(PAIR)
    sources = sources.select(*PAIR, "kind", "lane_id", "from_site", share.alias("share")).sort(*PAIR, "kind", "lane_id")
    points = balance.select(*PAIR, (pl.col("received") <= 0).alias("is_origin")).sort(PAIR)
    return Flows(lines, sources, points, findings)


def _without_loops(lines: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Return the lines without those that send a product back to where it came from, directly or by other sites."""
    edges = lines.group_by("sender_site", "to_site", "product", maintain_order=True).agg(ordered_sum("quantity"))
    # Only sites that both send and receive a product can lie on a loop.
    relays = (
        edges.select("product", site="sender_site")
        .unique()
        .join(edges.select("product", site="to_site").unique(), on=["product", "site"])
    )
    for side in ("sender_site", "to_site"):
        edges = edges.join(relays, left_on=["product", side], right_on=["product", "site"], how="semi")
    edges = edges.sort(["product", "quantity", "sender_site", "to_site"], descending=[False, True, False, False])
    onward: dict[tuple[str, str], set[str]] = {}
    closing = []
    for sender, receiver, product, _ in edges.iter_rows():
        if _reaches(onward, product, receiver, target=sender):
            closing.append((sender, receiver, product))
        else:
            onward.setdefault((product, sender), set()).add(receiver)
    if not closing:
        return lines, ()
    schema = dict.fromkeys(("sender_site", "to_site", "product"), pl.String)
    backward = pl.DataFrame(closing, schema=schema, orient="row")
    left_out = lines.join(backward, on=list(schema), how="semi").height
    found = f"{closing[0][2]} sent back from {closing[0][0]} to {closing[0][1]}"
    fix = "left out as a return; a loop without end cannot be ordered"
    finding = Finding("import.loop", found, "flows without loops", fix, severity=Severity.WARNING, count=left_out)
    return lines.join(backward, on=list(schema), how="anti", maintain_order="left"), (finding,)


def _reaches(onward: dict[tuple[str, str], set[str]], product: str, start: str, *, target: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        site = waiting.pop()
        if site == target:
            return True
        new = onward.get((product, site), set()) - seen
        seen |= new
        waiting += new
    return False
