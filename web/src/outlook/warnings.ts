// Which warnings are news. Pure.

import type { Schemas } from "../api/client";

type Outlook = Schemas["Outlook"];

/** Stock points that the last look ahead was the first to warn of; none where there was no look before it. */
export function news(outlook: Outlook): Set<string> {
  const fresh = outlook.warnings.filter((warning) => warning.since === outlook.time);
  return new Set(fresh.length < outlook.warnings.length ? fresh.map((warning) => warning.stockPoint) : []);
}
