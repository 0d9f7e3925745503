// How a product stands at all its sites together. Pure.

import type { Network } from "../api/client";
import { BADNESS, levelOf, type Goods, type Level, type SiteSummary, type StockLine } from "../twin/summary";

export interface Standing {
  product: string;
  /** Sites that keep it, the worst first. */
  rows: { site: string; line: StockLine }[];
  level: Level;
  /** Units at all sites of which something is reported; null where nothing is. */
  quantity: number | null;
  owed: number;
  /** Units on their way. */
  underWay: number;
  /** Sites where it is out of stock or owed. */
  missing: number;
  /** Units that customers ask for in a period. */
  demand: number;
}

/** Return how every product stands, in the order of the network. */
export function standings(network: Network, summaries: ReadonlyMap<string, SiteSummary>, goods: Goods[]): Standing[] {
  const rows = new Map<string, Standing["rows"]>();
  for (const [site, { lines }] of summaries) {
    for (const line of lines) {
      const mine = rows.get(line.product);
      if (mine) mine.push({ site, line });
      else rows.set(line.product, [{ site, line }]);
    }
  }
  const ends = new Set(network.sites.filter(({ tier }) => tier === 0).map(({ site }) => site));
  const asked = new Map<string, number>();
  for (const { site, product, demand } of network.stockPoints) if (ends.has(site)) asked.set(product, (asked.get(product) ?? 0) + (demand ?? 0));
  const moving = new Map<string, number>();
  for (const { product, quantity } of goods) moving.set(product, (moving.get(product) ?? 0) + quantity);
  return network.products.map(({ product }) => {
    const mine = (rows.get(product) ?? []).sort((a, b) => BADNESS[a.line.level] - BADNESS[b.line.level] || a.site.localeCompare(b.site));
    const reported = mine.filter(({ line }) => line.level !== "unknown");
    return {
      product,
      rows: mine,
      level: levelOf(mine.map(({ line }) => line)),
      quantity: reported.length ? reported.reduce((total, { line }) => total + line.quantity, 0) : null,
      owed: mine.reduce((total, { line }) => total + line.owed, 0),
      underWay: moving.get(product) ?? 0,
      missing: mine.filter(({ line }) => line.isMissing).length,
      demand: asked.get(product) ?? 0,
    };
  });
}
