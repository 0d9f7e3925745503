// How an outage runs through a chain, made ready to be looked at: who is hit when, how deep, and when it is over, stage by stage. Pure.

import { scaleLinear } from "d3-scale";

import { fitted, fittedMiddle, path, text, widthOf, type LegendEntry, type Picture, type Shape } from "../charts/picture";
import type { Format } from "../words/format";

export const KINDS = ["site", "supplier", "country", "lane", "product"] as const;
export type Kind = (typeof KINDS)[number];

/** What is out, and for how many days. */
export interface Out {
  kind: Kind;
  id: string;
  days: number;
}

/** A row of the table stages; a time is null where there is none. */
export interface Stage {
  stage: number;
  points: number;
  reached: number;
  onset: number | null;
  depth: number;
  time_to_recover: number | null;
}

/** A row of the table points: a stock point that was reached. */
export interface PointHit {
  stage: number;
  site_id: string;
  product_id: string;
  onset: number;
  depth: number;
  time_to_recover: number | null;
  missed_value: number;
}

/** One line of the chart: a stage as a whole, or a site with all its products that were reached. */
export interface Row {
  stage: number;
  /** Null for the stage as a whole. */
  site: string | null;
  name: string;
  /** Periods after the break until it is hit first, null where it never is, and until the last of it is well again, null where that is not in the run. */
  from: number | null;
  until: number | null;
  /** Largest part of what is usually passed on that is missing, 0 to 1; at a site that of the product which misses most. */
  depth: number;
  /** Those that miss most first. */
  points: PointHit[];
}

const DAYS_MOST = 3650;
const SITES_MOST = 8;

/** Read what an address says is out; null where it says nothing, or wrongly. */
export function outIn(words: string | null): Out | null {
  const found = /^(site|supplier|country|lane|product):(\d{1,4}):(.+)$/.exec(words ?? "");
  const days = Number(found?.[2]);
  return found && days >= 1 && days <= DAYS_MOST ? { kind: found[1] as Kind, id: found[3] as string, days } : null;
}

export function writeOut({ kind, id, days }: Out): string {
  return `${kind}:${days}:${id}`;
}

/** Return the scenario of an outage that begins where the warm-up ends, with the keys of a scenario file. */
export function scenarioOf({ kind, id, days }: Out): Record<string, unknown> {
  const cause = kind === "supplier" ? { cause: "supplier" } : {};
  const disruption = { name: "outage", where: { [kind]: [id] }, duration: days, effect: { capacity: 0 }, ...cause };
  return { name: `${kind} ${id}`.slice(0, 200), disruption: [disruption] };
}

/** Return what a job was asked to put out, null where it was asked for something else than one outage. */
export function outOf(asked: Record<string, unknown>): Out | null {
  const scenario = asked["scenario"] as { disruption?: { where?: Record<string, unknown>; duration?: unknown }[] } | undefined;
  const [only, ...more] = scenario?.disruption ?? [];
  const kind = KINDS.find((one) => Array.isArray(only?.where?.[one]));
  const ids = kind ? (only?.where?.[kind] as unknown[]) : [];
  const days = Number(only?.duration);
  if (!kind || more.length || ids.length !== 1 || !Number.isInteger(days)) return null;
  const found = { kind, id: String(ids[0]), days };
  return JSON.stringify(scenario) === JSON.stringify(scenarioOf(found)) ? found : null;
}

/** Return the lines of the chart: stages from the first makers down to who sells, with the sites that miss most, those hit first above. */
export function rowsOf(stages: readonly Stage[], points: readonly PointHit[], first: number, words: { stage: (stage: Stage) => string; site: (id: string) => string }): Row[] {
  const found: Row[] = [];
  for (const stage of [...stages].sort((one, other) => other.stage - one.stage)) {
    if (!stage.reached) continue;
    const mine = points.filter((point) => point.stage === stage.stage).sort((one, other) => other.missed_value - one.missed_value || other.depth - one.depth);
    const whole = stage.onset === null ? { from: null, until: null } : span([{ ...stage, onset: stage.onset }], first);
    found.push({ stage: stage.stage, site: null, name: words.stage(stage), ...whole, depth: stage.depth, points: mine });
    const sites = [...new Set(mine.map((point) => point.site_id))].map((site) => {
      const own = mine.filter((point) => point.site_id === site);
      const missed = own.reduce((sum, point) => sum + point.missed_value, 0);
      const row: Row = { stage: stage.stage, site, name: words.site(site), ...span(own, first), depth: own[0]?.depth ?? 0, points: own };
      return { row, missed };
    });
    const most = sites.sort((one, other) => other.missed - one.missed || (one.row.from ?? 0) - (other.row.from ?? 0)).slice(0, SITES_MOST);
    found.push(...most.map(({ row }) => row).sort((one, other) => (one.from ?? 0) - (other.from ?? 0) || one.name.localeCompare(other.name)));
  }
  return found;
}

/** Return from when until when after the break some stock points are hit: with the first of them, and with the last. */
export function span(hits: readonly { onset: number; time_to_recover: number | null }[], first: number): { from: number; until: number | null } {
  const ends = hits.map(({ onset, time_to_recover: time }) => (time === null ? Infinity : onset + time - first));
  const last = Math.max(...ends);
  return { from: Math.min(...hits.map(({ onset }) => onset)) - first, until: Number.isFinite(last) ? last : null };
}

export interface RipplePicture extends Picture {
  legend: LegendEntry[];
  plot: { left: number; right: number; top: number; bottom: number };
  rowHeight: number;
}

const ROW = 26;
const [TOP, BOTTOM] = [42, 40];

/** Lay the lines out as bars over the periods after the break; a bar whose end is not in the run goes on to the edge with an arrow. */
export function ripplePicture(
  input: { rows: readonly Row[]; lasts: number; periods: number; width: number },
  format: Format,
  words: { out: string; time: string; bar: string; stage: string },
): RipplePicture {
  const { rows, lasts, periods, width } = input;
  const said = rows.map(({ from, depth }) => (from === null ? "–" : format.percent(depth)));
  const left = Math.min(Math.max(...rows.map(({ name }) => widthOf(name)), 40) + 32, width * 0.4);
  const right = width - Math.max(...said.map((one) => widthOf(one)), 30) - 14;
  const [top, bottom] = [TOP, TOP + ROW * rows.length];
  const ends = rows.flatMap(({ from, until }) => [from ?? 0, until ?? 0]);
  const last = Math.min(periods, Math.max(...ends, lasts, 7) * 1.08);
  const x = scaleLinear([0, last], [left, right]);
  const shapes: Shape[] = [];
  for (const value of x.ticks(Math.max(2, Math.floor((right - left) / 80)))) {
    shapes.push(path(`M${x(value).toFixed(1)} ${top}V${bottom}`, { stroke: "line", opacity: 0.7 }));
    // A long chart is read at both ends.
    for (const y of [top - 10, bottom + 12]) shapes.push(text(x(value), y, format.number(value), { anchor: "middle" }));
  }
  const until = x(Math.min(lasts, last));
  shapes.push(path(`M${left} ${top}H${until.toFixed(1)}V${bottom}H${left}Z`, { fill: "ahead", opacity: 0.16 }));
  shapes.push(text(left + widthOf(words.out) > width ? 0 : left, top - 30, fitted(words.out, width)));
  shapes.push(text((left + right) / 2, bottom + 30, words.time, { anchor: "middle" }));
  rows.forEach((row, place) => {
    const y = top + ROW * (place + 0.5);
    const isStage = row.site === null;
    const color = isStage ? "series-3" : "short";
    if (isStage && place) shapes.push(path(`M0 ${y - ROW / 2}H${width}`, { stroke: "line" }));
    shapes.push(text(isStage ? 0 : 12, y, fittedMiddle(row.name, left - (isStage ? 8 : 30)), { color: "text", bold: isStage }));
    shapes.push(text(width - 2, y, said[place] ?? "", { anchor: "end", color: "text" }));
    if (row.from === null) return;
    const [begin, end] = [x(Math.min(row.from, last)), row.until === null ? right - 6 : Math.max(x(Math.min(row.until, last)), x(Math.min(row.from, last)) + 3)];
    const [up, down] = isStage ? [y - 4, y + 4] : [y - 8, y + 8];
    shapes.push(path(`M${begin.toFixed(1)} ${up}H${end.toFixed(1)}V${down}H${begin.toFixed(1)}Z`, { fill: color, opacity: 0.25 + 0.75 * row.depth }));
    // The edge is seen however shallow it is.
    shapes.push(path(`M${begin.toFixed(1)} ${up}V${down}`, { stroke: color, width: 2 }));
    if (row.until === null) shapes.push(path(`M${end.toFixed(1)} ${y - 9}L${(end + 8).toFixed(1)} ${y}L${end.toFixed(1)} ${y + 9}Z`, { fill: color }));
  });
  const legend: LegendEntry[] = [
    { name: words.stage, look: "band", color: "series-3", opacity: 0.8 },
    { name: words.bar, look: "band", color: "short", opacity: 0.8 },
    { name: words.out, look: "band", color: "ahead", opacity: 0.3 },
  ];
  return { width, height: bottom + BOTTOM, shapes, legend, plot: { left, right, top, bottom }, rowHeight: ROW };
}
