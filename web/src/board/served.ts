// What a measurement of service found, made ready to be looked at. Pure.

import type { IntervalRow } from "../charts/intervals";

export type Row = Record<string, unknown>;

/** Measures in the order of the board; what has no words here is shown by its name. */
export const MEASURES = ["otif_order", "otif_line", "otif_volume", "on_time_rate", "fill_rate", "cycle_service_level", "ready_rate"] as const;
export const RIGHTS = ["product", "time", "quantity", "quality", "place", "cost"] as const;

export function numberOf(row: Row | undefined, name: string): number | null {
  const value = row?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** Measures as rows of a chart of intervals. */
export function measureRows(measures: readonly Row[], nameOf: (measure: string) => string): IntervalRow[] {
  const found = new Map(measures.map((row) => [String(row["measure"]), row]));
  return MEASURES.flatMap((measure) => {
    const row = found.get(measure);
    const value = numberOf(row, "value");
    if (value === null) return [];
    return [{ name: nameOf(measure), value, low: numberOf(row, "low"), high: numberOf(row, "high"), verdict: "", color: "accent" }];
  });
}

/** Lines of cost that cost something as rows of a chart of intervals, the largest first. */
export function costRows(lines: readonly Row[], nameOf: (line: string) => string): IntervalRow[] {
  return lines
    .flatMap((row) => {
      const value = numberOf(row, "amount");
      if (!value) return [];
      const half = numberOf(row, "half_width");
      const [low, high] = half === null ? [null, null] : [value - half, value + half];
      return [{ name: nameOf(String(row["line"])), value, low, high, verdict: "", color: "accent" }];
    })
    .sort((one, other) => other.value - one.value);
}

/** Customers of one kind, those that get least first. */
export function customersBy(customers: readonly Row[], by: string): Row[] {
  const share = (row: Row): number => numberOf(row, "otif_line") ?? 2;
  return customers.filter((row) => row["by"] === by).sort((one, other) => share(one) - share(other));
}
