// What a fork says, as the page shows it: stock by period with quantiles, and which job to take. Pure.

import type { Job, Network } from "../api/client";
import { lineFor, summed, type SiteSummary, type Wanted } from "../twin/summary";
import { momentOf, nameTime, periodNow, type Calendar } from "./moments";

/** A row of the table `stock` of a fork: a stock point at the close of a period. */
export interface StockRow {
  site_id: string;
  product_id: string;
  period: number;
  mean: number;
  q01: number;
  q05: number;
  q25: number;
  q50: number;
  q75: number;
  q95: number;
  q99: number;
  /** Probability that something that was asked for is not given. */
  p_short: number;
  owed: number;
}

/** Stock at the close of one period, by stock point. */
export interface ForecastDay {
  period: number;
  close: number;
  rows: StockRow[];
  runs: number;
  /** Moment that the forecast begins from, ISO 8601. */
  from: string | null;
}

export interface Fan {
  product: string;
  times: number[];
  bands: { low: number[]; high: number[]; level: number }[];
  middle: number[];
  /** Probability of a shortage by period. */
  risk: number[];
}

/** What a forecast is asked for. */
export interface Question {
  /** `now`, or a moment. */
  at: string;
  days: number;
  /** Period under way when it is asked for. */
  period: number;
}

/** Probability of the interval that stands beside a median. */
export const INTERVAL = 0.9;
/** From this probability on a shortage is more likely than not. */
const LIKELY = 0.5;

/** What to ask for: from now on, or from the latest event where that is what the present state is of. */
export function questionOf(present: number, clock: number, latest: string, calendar: Calendar, days: number): Question {
  return { at: present === clock ? "now" : latest, days, period: periodNow(calendar, present) };
}

/** Who asks for the looks ahead of the server's own; such a look gives way to whoever asks for a job, so only what is done counts. */
const OUTLOOK = "outlook";

/** The latest job that answers a question: without a scenario, from the period under way, far enough, not failed. */
export function usable(jobs: readonly Job[], question: Question, calendar: Calendar): Job | null {
  for (const job of jobs) {
    const asked = job.asked as { scenario?: object | null; days?: number; asPlanned?: boolean };
    const isPlain = job.kind === "fork" && !asked.scenario && !asked.asPlanned && job.state !== "failed" && job.state !== "cancelled";
    if (job.by === OUTLOOK && job.state !== "done") continue;
    if (!isPlain || job.time === null || (asked.days ?? 30) < question.days) continue;
    if (periodNow(calendar, momentOf(job.time)) === question.period) return job;
  }
  return null;
}

/** Periods that a job tells of, first and last; null where it has told of none. */
export function periodsOf(job: Job | null): [number, number] | null {
  const span = (job?.about as { span?: { first: number; periods: number } } | undefined)?.span;
  return span ? [span.first, span.first + span.periods - 1] : null;
}

/** The stock of each site as the forecast has it: the median of each stock point, with the interval around it. */
export function forecastSummaries(network: Network, rows: readonly StockRow[], wanted: Wanted): Map<string, SiteSummary> {
  const ahead = new Map(rows.map((row) => [`${row.site_id}\n${row.product_id}`, row]));
  return summed(network, wanted, (point) => {
    const row = ahead.get(`${point.site}\n${point.product}`);
    const isShort = (row?.p_short ?? 0) >= LIKELY;
    const line = lineFor(point, row ? { quantity: row.q50, time: null, source: null } : undefined, isShort ? (row?.owed ?? 0) : 0);
    if (row) Object.assign(line, { range: [row.q05, row.q95], risk: row.p_short, owed: 0 });
    return line;
  });
}

/** What a chart shows of each product of a site. */
export function fansOf(rows: readonly StockRow[], calendar: Calendar): Map<string, Fan> {
  const found = new Map<string, Fan>();
  for (const row of [...rows].sort((one, other) => one.period - other.period)) {
    let fan = found.get(row.product_id);
    if (!fan) {
      const bands = [0.98, 0.9, 0.5].map((level) => ({ low: [], high: [], level }));
      fan = { product: row.product_id, times: [], bands, middle: [], risk: [] };
      found.set(row.product_id, fan);
    }
    fan.times.push(nameTime(calendar, row.period));
    fan.middle.push(row.q50);
    fan.risk.push(row.p_short);
    [[row.q01, row.q99], [row.q05, row.q95], [row.q25, row.q75]].forEach(([low, high], place) => {
      fan.bands[place]?.low.push(low as number);
      fan.bands[place]?.high.push(high as number);
    });
  }
  return found;
}
