"""Bills of material: which one holds where, what goes in and what comes out beside."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Bills:
    """The bills, numbered by name.

    Parameters
    ----------
    headers : ``bill`` (number), ``bom_id``, ``site_id`` (null: every site), ``product_id``.
    lines : ``bill``, ``role``, ``other_product_id``, ``quantity`` (units for one unit made, scrap included).
    """

    headers: pl.DataFrame
    lines: pl.DataFrame

    @staticmethod
    def of(bom: pl.DataFrame) -> Bills:
        """Return the bills of the table ``bom``."""
        key = ["bom_id", "site_id", "product_id"]
        headers = bom.select(key).unique().sort(key).with_row_index("bill")
        gross = pl.col("quantity") / pl.when(pl.col("role") == "input").then(1 - pl.col("scrap_rate")).otherwise(1.0)
        lines = bom.join(headers, on=key, nulls_equal=True).select("bill", "role", "other_product_id", quantity=gross)
        return Bills(headers, lines)

    def choose(self, wanted: pl.DataFrame, *, plants_only: bool) -> pl.DataFrame:
        """Return the bill that holds for each wanted product at its site, where there is one.

        A bill of the site goes before a general one, the bill named like the product before others, then the first by name.

        Parameters
        ----------
        wanted : ``site_id``, ``product_id``, ``bom_id`` (null: any), and ``site_kind`` if ``plants_only``.
        plants_only : general bills hold at plants only.

        Returns
        -------
        ``site_id``, ``product_id``, ``bom_id`` as wanted, and ``bill``.
        """
        key = ["site_id", "product_id", "bom_id"]
        columns = [*key, "site_kind"] if plants_only else key
        fitting = wanted.select(columns).join(self.headers, on="product_id", suffix="_bill")
        here = pl.col("site_id_bill") == pl.col("site_id")
        general = pl.col("site_id_bill").is_null()
        if plants_only:
            general &= pl.col("site_kind") == "plant"
        named = pl.col("bom_id").is_null() | (pl.col("bom_id") == pl.col("bom_id_bill"))
        fitting = fitting.filter((here | general) & named)
        own = pl.col("bom_id_bill") == pl.col("product_id").cast(pl.String)
        ranked = fitting.sort(general, ~own, "bom_id_bill", "bill", maintain_order=True)
        return ranked.unique(subset=key, keep="first", maintain_order=True).select(*key, "bill")

    def other_products(self, sources: pl.DataFrame, *, role: str) -> pl.DataFrame:
        """Return the (site, product) pairs that go into, or come out beside, what the sources make."""
        made = sources.filter(pl.col("bill").is_not_null()).select("site_id", "bill").unique()
        lines = self.lines.filter(pl.col("role") == role)
        return made.join(lines, on="bill").select("site_id", product_id="other_product_id").unique()
