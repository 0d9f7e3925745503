// Which warnings are news. Pure.

import type { Schemas } from "../api/client";

type Outlook = Schemas["Outlook"];

/** Stock points that the last look ahead was the first to warn of; none where there was no look before it. */
export function news(outlook: Outlook): Set<string> {
  const fresh = outlook.warnings.filter((warning) => warning.since === outlook.time);
  return new Set(fresh.length < outlook.warnings.length ? fresh.map((warning) => warning.stockPoint) : []);
}

/** Sites that are warned of, with how many products each. */
export function warnedSites(outlook: Outlook | null): Map<string, number> {
  const found = new Map<string, number>();
  for (const { site } of outlook?.warnings ?? []) found.set(site, (found.get(site) ?? 0) + 1);
  return found;
}
