// All that the state tells of one site, as the server answers it, and how it is read. Pure.

import type { Row } from "../api/client";

/** What is reported, wanted or expected of a value. */
export interface Part {
  value: unknown;
  at: string | null;
  source: string;
  deviation: number | null;
}

export interface SiteDocument {
  time: string;
  site: string;
  stock: { product: string; reported: Part | null; desired: Part | null; predicted: Part | null }[];
  resources: Row[];
  conditions: Row[];
  people: Row[];
  vehicles: Row[];
  devices: Row[];
  /** How far the twin is to be trusted, 0 to 1; null where it was never measured. */
  fidelity: { score: number | null; overall: number | null; measuredAt: string; products: Record<string, number> } | null;
}

/** Stock of a product as it was at the close of past periods. */
export interface Observed {
  times: number[];
  values: number[];
}

export function textOf(value: unknown): string {
  return typeof value === "string" && value ? value : "–";
}

export function timeOf(value: unknown): string | null {
  return typeof value === "string" && value ? value : null;
}

/** A number, also one that a table has as text; null for none. */
export function numberOf(value: unknown): number | null {
  const found = typeof value === "number" ? value : typeof value === "string" && value.trim() ? Number(value) : Number.NaN;
  return Number.isFinite(found) ? found : null;
}

/** Put what was so at a moment before what is known of later ones. */
export function withEarlier(known: ReadonlyMap<string, Observed>, time: number, document: SiteDocument): Map<string, Observed> {
  const found = new Map(known);
  for (const { product, reported } of document.stock) {
    const value = numberOf(reported?.value);
    if (value === null) continue;
    const before = found.get(product) ?? { times: [], values: [] };
    found.set(product, { times: [time, ...before.times], values: [value, ...before.values] });
  }
  return found;
}
