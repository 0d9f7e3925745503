// Which warnings are news. Pure.

import type { Schemas } from "../api/client";

type Outlook = Schemas["Outlook"];

/** Stock points that the last look ahead was the first to warn of; none where there was no look before it. */
export function news(outlook: Outlook): Set<string> {
  if (outlook.isFirst) return new Set();
  return new Set(outlook.warnings.filter((warning) => warning.since === outlook.time).map((warning) => warning.stockPoint));
}
