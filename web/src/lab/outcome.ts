// What jobs found, as charts, the map and tables show it. It reads rows and calculates nothing of the chain. Pure.

import type { Fan } from "../charts/fan";
import type { IntervalRow } from "../charts/intervals";
import type { Row } from "../api/client";

/** Bands of a fan: the columns of their ends, and the share of the runs between. */
const BANDS = [
  ["q05", "q95", 0.9],
  ["q25", "q75", 0.5],
] as const;

/** A stock point runs short by the scenario where that is so much likelier than as usual. */
export const LIKELIER = 0.1;
/** What is missing counts as more than usual from so many times as much on. */
export const MORE = 2;
/** From so likely on it is short and not only in danger. */
export const LIKELY = 0.5;

export interface Shortage {
  point: string;
  site: string;
  product: string;
  isSold: boolean;
  probability: number;
  /** Probability as usual. */
  before: number;
  /** Day from which on it is more likely than not, and the earliest in any run; milliseconds. */
  first: number | null;
  earliest: number | null;
  units: number;
}

/** Figures that are told of a scenario, in the order in which people ask for them. */
export const FIGURES = ["fill_rate", "on_time_rate", "lost_sales", "backlog", "on_hand", "revenue", "total_cost"] as const;
export type Figure = (typeof FIGURES)[number];

/** Return the fan of rows of one thing by date. */
export function fanOf(rows: readonly Row[], name: string): Fan {
  const column = (key: string): number[] => rows.map((row) => numberIn(row[key]));
  return {
    name,
    times: rows.map((row) => Date.parse(String(row["date"]))),
    bands: BANDS.map(([low, high, level]) => ({ low: column(low), high: column(high), level })),
    middle: column("q50"),
  };
}

/**
 * Return who runs short with a scenario and would not as usual, or lacks so much more; customers' stock before others. Who is likely to run
 * short as usual, too, has no day of its own: the first days are those that are told first, then the most that is missing.
 */
export function shortagesOf(rows: readonly Row[], usual: readonly Row[]): Shortage[] {
  const before = new Map(usual.map((row) => [String(row["stock_point"]), numberIn(row["probability"])]));
  const missing = new Map(usual.map((row) => [String(row["stock_point"]), known(row["units"]) ?? 0]));
  const found = rows.map(
    (row): Shortage => ({
      point: String(row["stock_point"]),
      site: String(row["site_id"]),
      product: String(row["product_id"]),
      isSold: row["is_sold"] === true,
      probability: numberIn(row["probability"]),
      before: before.get(String(row["stock_point"])) ?? 0,
      first: timeIn(row["first_date"]),
      earliest: timeIn(row["earliest_date"]),
      units: numberIn(row["units"]),
    }),
  );
  const isNew = ({ before: was, probability }: Shortage): boolean => was < LIKELY && probability - was >= LIKELIER;
  const isMore = ({ point, probability, units }: Shortage): boolean => probability >= LIKELY && units >= MORE * (missing.get(point) ?? 0);
  const day = (one: Shortage): number => one.first ?? Number.MAX_VALUE;
  return found
    .filter((one) => isNew(one) || isMore(one))
    .map((one) => (one.before < LIKELY ? one : { ...one, first: null }))
    .sort((a, b) => Number(b.isSold) - Number(a.isSold) || day(a) - day(b) || b.units - a.units);
}

/** How a site fares: the worst of its shortages, and the first day of one that is likely. */
export interface Ripple {
  level: "short" | "low";
  day: number | null;
  count: number;
}

/** Return how each site fares that has a shortage. */
export function rippleOf(shortages: readonly Shortage[]): Map<string, Ripple> {
  const found = new Map<string, Ripple>();
  for (const { site, probability, first } of shortages) {
    const held: Ripple = found.get(site) ?? { level: "low", day: null, count: 0 };
    found.set(site, {
      level: probability >= LIKELY ? "short" : held.level,
      day: first === null ? held.day : Math.min(first, held.day ?? Infinity),
      count: held.count + 1,
    });
  }
  return found;
}

/** Return the points whose stock is worth a look: those that run short, then those that are fed by what breaks. */
export function lookedAt(shortages: readonly Shortage[], fed: readonly { site: string; product: string }[]): string[] {
  const found = [...shortages.map(({ point }) => point), ...fed.map(({ site, product }) => `${site}/${product}`)];
  return [...new Set(found)].slice(0, 60);
}

export interface Compared {
  figure: Figure;
  unit: string;
  rows: IntervalRow[];
}

/** Return the paired differences to the way it usually is, figure by figure, a row for each scenario. */
export function comparedBy(
  differences: readonly Row[],
  scenarios: readonly { job: string; name: string; color: string }[],
  verdictOf: (verdict: string) => string,
): Compared[] {
  return FIGURES.flatMap((figure) => {
    const mine = differences.filter((row) => row["figure"] === figure);
    const rows = scenarios.flatMap(({ job, name, color }): IntervalRow[] => {
      const row = mine.find((one) => one["job"] === job);
      if (!row) return [];
      return [
        {
          name,
          value: numberIn(row["difference"]),
          low: known(row["low"]),
          high: known(row["high"]),
          verdict: verdictOf(String(row["verdict"])),
          color,
        },
      ];
    });
    const unit = String(mine[0]?.["unit"] ?? "");
    return rows.length ? [{ figure, unit, rows }] : [];
  });
}

export interface KeyFigure {
  figure: Figure;
  unit: string;
  usual: number;
  value: number;
  difference: number;
  low: number | null;
  high: number | null;
  verdict: string;
}

/** Return what each figure is as usual and with one scenario. */
export function keyFigures(differences: readonly Row[], job: string): KeyFigure[] {
  return FIGURES.flatMap((figure): KeyFigure[] => {
    const row = differences.find((one) => one["job"] === job && one["figure"] === figure);
    if (!row) return [];
    const [usual, value, difference] = [row["reference"], row["value"], row["difference"]].map(numberIn) as [number, number, number];
    return [{ figure, unit: String(row["unit"]), usual, value, difference, low: known(row["low"]), high: known(row["high"]), verdict: String(row["verdict"]) }];
  });
}

/** Return the table of a comparison as it is exported: every figure of every scenario with its interval. */
export function comparisonTable(
  differences: readonly Row[],
  scenarios: readonly { job: string; name: string }[],
): { head: string[]; rows: (string | number | null)[][] } {
  const columns = ["figure", "unit", "good", "reference", "value", "difference", "low", "high", "relative", "replications", "verdict"];
  const names = new Map(scenarios.map(({ job, name }) => [job, name]));
  return {
    head: ["scenario", ...columns],
    rows: differences
      .filter((row) => names.has(String(row["job"])))
      .map((row) => [names.get(String(row["job"])) ?? "", ...columns.map((column) => cell(row[column]))]),
  };
}

function cell(value: unknown): string | number | null {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value)) ? value : null;
}

function known(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function numberIn(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

function timeIn(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
