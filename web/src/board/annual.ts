// What a year of disruptions costs, made ready to be looked at: the exceedance curve with its band, levels, and what the worst years are made of. Pure.

import { scaleLinear, scaleLog } from "d3-scale";

import type { IntervalRow } from "../charts/intervals";
import { dot, path, text, widthOf, type LegendEntry, type Paint, type Picture, type Shape } from "../charts/picture";
import type { Format } from "../words/format";

export const MEASURES = ["margin", "sales", "units"] as const;
export const YEARS = [2000, 10_000, 50_000] as const;
export const PLAYED = [0, 100, 200] as const;

/** What is asked for, as an address holds it. */
export interface Wanted {
  measure: (typeof MEASURES)[number];
  /** Years with an event that are drawn. */
  years: number;
  /** How many of them are played by the rules of the network; 0 for none. */
  simulated: number;
}

export const USUAL: Wanted = { measure: "margin", years: 10_000, simulated: 0 };

/** A point of a curve: how probable a year is that loses more. */
export interface Point {
  by: "priced" | "played";
  loss: number;
  probability: number;
  low: number;
  high: number;
}

/** A row of the table levels; null where too few years tell. */
export interface Level {
  by: "priced" | "played";
  level: number;
  return_period: number;
  value_at_risk: number | null;
  value_at_risk_low: number | null;
  value_at_risk_high: number | null;
  expected_shortfall: number | null;
  expected_shortfall_low: number | null;
  expected_shortfall_high: number | null;
}

/** A row of the table contributions. */
export interface Part {
  by: string;
  id: string;
  name: string;
  events: number;
  mean: number;
  shortfall: number;
  shortfall_low: number;
  shortfall_high: number;
  shortfall_share: number;
}

/** Read what an address asks for; null where it asks for nothing, or wrongly. */
export function wantedIn(words: string | null): Wanted | null {
  const found = /^(margin|sales|units),(\d{1,7}),(\d{1,4})$/.exec(words ?? "");
  if (!found) return null;
  const [years, simulated] = [Number(found[2]), Number(found[3])];
  if (years < 2 || years > 1_000_000 || simulated > 2000 || (simulated > 0 && simulated < 40)) return null;
  return { measure: found[1] as Wanted["measure"], years, simulated };
}

export function writeWanted({ measure, years, simulated }: Wanted): string {
  return `${measure},${years},${simulated}`;
}

/** Return what a job was asked for; what is as usual is left out of it. */
export function wantedOf(asked: Record<string, unknown>): Wanted {
  return {
    measure: MEASURES.find((one) => one === asked["measure"]) ?? USUAL.measure,
    years: Number(asked["years"] ?? USUAL.years),
    simulated: Number(asked["simulated"] ?? USUAL.simulated),
  };
}

/** Years that must lie above the largest loss that is drawn: with fewer the curve is a drawing of chance. */
const TAIL_YEARS = 10;

/** Return the points of one curve that enough years tell of, the smallest loss first. */
export function curveOf(points: readonly Point[], by: Point["by"], least: number): Point[] {
  return points.filter((point) => point.by === by && point.probability >= least).sort((one, other) => one.loss - other.loss);
}

/** Return the smallest probability that so many years with an event tell of. */
export function leastTold(years: number, eventProbability: number): number {
  return (eventProbability * TAIL_YEARS) / Math.max(years, 1);
}

/** Return how probable a year is that loses more than an amount; null beyond what the curve tells. */
export function at(curve: readonly Point[], loss: number): Point | null {
  const last = curve[curve.length - 1];
  if (!last || loss > last.loss) return null;
  let found: Point | null = null;
  for (const point of curve) {
    if (point.loss > loss) break;
    found = point;
  }
  return found;
}

export interface CurvesPicture extends Picture {
  legend: LegendEntry[];
  plot: { left: number; right: number; top: number; bottom: number };
  x: (loss: number) => number;
  y: (probability: number) => number;
}

export interface CurvesInput {
  curves: { name: string; points: Point[]; levels: Level[] }[];
  /** Whether amounts stand on a logarithmic axis. */
  isLogarithmic: boolean;
  width: number;
  height: number;
}

const COLORS: Paint[] = ["series-1", "series-2"];
const [RIGHT, TOP, BOTTOM] = [76, 30, 46];
/** Tenfolds that a logarithmic axis of amounts has at most: what is less is next to nothing. */
const TENFOLDS = 4;

/** Lay exceedance curves out: amounts to the right, probabilities downwards on a logarithmic axis, so that rare years are seen. */
export function curvesPicture(
  { curves, isLogarithmic, width, height }: CurvesInput,
  format: Format,
  words: { loss: string; probability: string; period: string; band: string; level: string },
): CurvesPicture {
  const points = curves.flatMap((curve) => curve.points);
  const rare = Math.min(...points.map(({ probability }) => probability), 1);
  const bottomValue = 10 ** Math.floor(Math.log10(Math.max(rare, 1e-9)) + 0.02);
  const tenths: number[] = [];
  for (let tenth = 1; tenth >= bottomValue * 0.999; tenth /= 10) tenths.push(tenth);
  const left = Math.ceil(Math.max(...tenths.map((tenth) => widthOf(format.chance(tenth))))) + 14;
  const [right, top, bottom] = [width - RIGHT, TOP, height - BOTTOM];
  const upDown = scaleLog([Math.min(bottomValue, 0.1), 1], [bottom, top]).clamp(true);
  const y = (probability: number): number => upDown(Math.max(probability, 1e-12));
  const most = Math.max(...points.map(({ loss }) => loss), 0) || 1;
  const least = Math.min(...points.map(({ loss }) => loss).filter((loss) => loss > 0), most / 10);
  const first = 10 ** Math.floor(Math.log10(Math.max(least, most / 10 ** TENFOLDS)));
  const across = isLogarithmic ? scaleLog([first, most * 1.1], [left, right]).clamp(true) : scaleLinear([0, most * 1.02], [left, right]);
  const x = (loss: number): number => across(isLogarithmic ? Math.max(loss, first) : loss);
  const shapes: Shape[] = [];
  for (const tenth of tenths) {
    shapes.push(path(`M${left} ${y(tenth).toFixed(1)}H${right}`, { stroke: "line", opacity: 0.7 }));
    shapes.push(text(left - 6, y(tenth), format.chance(tenth), { anchor: "end" }));
    if (tenth < 1) shapes.push(text(right + 8, y(tenth), format.number(Math.round(1 / tenth))));
  }
  for (const { value, label } of amounts(isLogarithmic, first, most, Math.max(2, Math.floor((right - left) / 90)), format)) {
    shapes.push(path(`M${x(value).toFixed(1)} ${bottom}v4`, { stroke: "line" }));
    shapes.push(text(x(value), bottom + 14, label, { anchor: "middle" }));
  }
  shapes.push(text(2, 8, words.probability));
  shapes.push(text(width - 2, 8, words.period, { anchor: "end" }));
  shapes.push(text((left + right) / 2, height - 10, words.loss, { anchor: "middle" }));
  const legend: LegendEntry[] = [];
  curves.forEach(({ name, points: curve, levels }, number) => {
    const color = COLORS[number] ?? "text";
    const dash = number ? [6, 4] : [];
    if (curve.length > 1) {
      const corner = (point: Point, value: number): string => `${x(point.loss).toFixed(1)} ${y(value).toFixed(1)}`;
      const edge = [...curve.map((point) => corner(point, point.high)), ...[...curve].reverse().map((point) => corner(point, point.low))];
      shapes.push(path(`M${edge.join("L")}Z`, { fill: color, opacity: 0.22 }));
      shapes.push(path(`M${curve.map((point) => corner(point, point.probability)).join("L")}`, { stroke: color, width: 2, dash }));
    }
    for (const level of levels) {
      const value = level.value_at_risk;
      if (value === null || value <= 0 || value > most || 1 - level.level < bottomValue * 0.999) continue;
      const height = y(1 - level.level);
      if (level.value_at_risk_low !== null && level.value_at_risk_high !== null) {
        const ends = [level.value_at_risk_low, Math.min(level.value_at_risk_high, most)].map((end) => x(end).toFixed(1));
        shapes.push(path(`M${ends[0]} ${height.toFixed(1)}H${ends[1]}`, { stroke: color, width: 2 }));
      }
      shapes.push(path(dot(x(value), height, 4), { fill: color }));
    }
    legend.push({ name, look: number ? "dashes" : "line", color, opacity: 1 });
  });
  legend.push({ name: words.band, look: "band", color: "series-1", opacity: 0.22 }, { name: words.level, look: "dots", color: "series-1", opacity: 1 });
  return { width, height, shapes, legend, x, y, plot: { left, right, top, bottom } };
}

/** Return the place of the point nearest to a place across, -1 for none. */
export function nearestAcross(points: readonly Point[], place: (loss: number) => number, across: number): number {
  let [found, least] = [-1, Infinity];
  points.forEach((point, number) => {
    const away = Math.abs(place(point.loss) - across);
    if (away < least) [found, least] = [number, away];
  });
  return found;
}

const MOST_PARTS = 8;

/** Return what adds most to the worst years, the largest first, as rows of a chart of intervals. */
export function partRows(parts: readonly Part[], isWanted: (by: string) => boolean, nameOf: (part: Part) => string): IntervalRow[] {
  return parts
    .filter((part) => isWanted(part.by) && part.shortfall > 0)
    .sort((one, other) => other.shortfall - one.shortfall)
    .slice(0, MOST_PARTS)
    .map((part) => ({ name: nameOf(part), value: part.shortfall, low: part.shortfall_low, high: part.shortfall_high, verdict: "", color: "accent" }));
}

function amounts(isLogarithmic: boolean, first: number, most: number, count: number, format: Format): { value: number; label: string }[] {
  const short = (value: number): string => format.number(value);
  if (!isLogarithmic) return scaleLinear([0, most * 1.02], [0, 1]).ticks(count).map((value) => ({ value, label: short(value) }));
  const found: number[] = [];
  for (let value = first; value <= most * 1.1; value *= 10) found.push(value);
  const step = Math.ceil(found.length / count);
  return found.filter((_, place) => place % step === 0).map((value) => ({ value, label: value < 1 ? format.figure(value) : short(value) }));
}
