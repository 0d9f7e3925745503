// How much orders vary against demand, made ready to be looked at: ratios of variances by echelon with their intervals. Pure.

import type { IntervalRow } from "../charts/intervals";

/** A row of the table ratios; null where demand does not vary, or one run has to say everything. */
export interface Ratio {
  level: "stock point" | "product" | "echelon";
  echelon: number;
  product_id: string | null;
  points: number;
  bucket: string;
  periods: number;
  flow: "orders" | "shipments";
  against: "customers" | "asked";
  mean: number;
  variance: number;
  demand_variance: number;
  variance_ratio: number | null;
  variance_ratio_low: number | null;
  variance_ratio_high: number | null;
}

export interface Choice {
  level: "product" | "echelon";
  bucket: string;
  flow: Ratio["flow"];
  against: Ratio["against"];
}

export const FLOWS = ["orders", "shipments"] as const;
export const AGAINST = ["customers", "asked"] as const;
export const LEVELS = ["echelon", "product"] as const;
const MOST = 20;

/** Return the lengths that were looked at, the shortest first. */
export function bucketsOf(ratios: readonly Ratio[]): string[] {
  const sizes = new Map(ratios.map(({ bucket, periods }) => [bucket, periods]));
  return [...sizes].sort(([, one], [, other]) => one - other).map(([name]) => name);
}

/** Return the ratios that are meant: echelons from the customers upwards, products by how much they amplify. */
export function chosen(ratios: readonly Ratio[], choice: Choice): Ratio[] {
  const found = ratios.filter(
    (one) =>
      one.level === choice.level && one.bucket === choice.bucket && one.flow === choice.flow && one.against === choice.against && one.variance_ratio !== null,
  );
  if (choice.level === "echelon") return found.sort((one, other) => one.echelon - other.echelon);
  return found.sort((one, other) => (other.variance_ratio ?? 0) - (one.variance_ratio ?? 0)).slice(0, MOST);
}

/** What a ratio says: orders vary more or less than demand, or that cannot be told from neither. */
export function verdictOf({ variance_ratio: value, variance_ratio_low: low, variance_ratio_high: high }: Ratio): "more" | "less" | "neither" {
  if (value === null || low === null || high === null) return "neither";
  return low > 1 ? "more" : high < 1 ? "less" : "neither";
}

const COLORS = { more: "short", less: "good", neither: "unknown" } as const;

/** Return ratios as rows of a chart of intervals. */
export function ratioRows(ratios: readonly Ratio[], nameOf: (ratio: Ratio) => string, said: (verdict: "more" | "less" | "neither") => string): IntervalRow[] {
  return ratios.map((ratio) => {
    const verdict = verdictOf(ratio);
    return {
      name: nameOf(ratio),
      value: ratio.variance_ratio ?? Number.NaN,
      low: ratio.variance_ratio_low,
      high: ratio.variance_ratio_high,
      verdict: said(verdict),
      color: COLORS[verdict],
    };
  });
}
