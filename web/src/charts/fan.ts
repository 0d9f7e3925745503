// A fan: how likely a quantity is to be where over time, for one run of things or two to compare. Pure.

import { area, line } from "d3-shape";

import type { Format } from "../words/format";
import { SHARE, measured, reach, timeAxis, valueAxis, type Axis } from "./axes";
import { DASHES, dot, path, text, widthOf, type LegendEntry, type Paint, type Picture, type Shape } from "./picture";

export interface Band {
  low: number[];
  high: number[];
  /** Share of the runs between the two, 0 to 1. */
  level: number;
}

export interface Fan {
  name: string;
  times: number[];
  bands: Band[];
  middle: number[];
}

export interface Observed {
  times: number[];
  values: number[];
}

export interface FanInput {
  unit: string;
  /** One, or two to compare: the second is drawn with dashes. */
  fans: Fan[];
  observed: Observed | null;
  /** A moment that is marked, and what stands at it. */
  mark: { time: number; name: string } | null;
  width: number;
  height: number;
}

export interface FanPicture extends Picture {
  x: Axis;
  y: Axis;
  /** Where values are drawn. */
  plot: { left: number; right: number; top: number; bottom: number };
  legend: LegendEntry[];
}

export const COLORS: Paint[] = ["series-1", "series-2"];
const TOP = 22;
const BOTTOM = 26;
const RIGHT = 14;

/** Lay a fan out. */
export function fanPicture(input: FanInput, format: Format, words: { band: (share: string) => string; observed: string }): FanPicture {
  const { fans, observed, unit, width, height } = input;
  const values = fans.flatMap((fan) => [...fan.middle, ...fan.bands.flatMap((band) => [...band.low, ...band.high])]);
  const moments = [...fans.flatMap((fan) => fan.times), ...(observed?.times ?? [])];
  const range = reach([...values, ...(observed?.values ?? [])], unit);
  const [top, bottom] = [TOP, height - BOTTOM];
  const y = valueAxis(range, [bottom, top], unit, format);
  const left = Math.ceil(Math.max(...y.ticks.map(({ label }) => widthOf(label)), 20)) + 16;
  const right = width - RIGHT;
  const x = timeAxis(extent(moments), [left, right], format.locale);
  const shapes: Shape[] = [];
  for (const tick of y.ticks) {
    shapes.push(path(`M${left} ${tick.at.toFixed(1)}H${right}`, { stroke: "line", opacity: 0.7 }));
    shapes.push(text(left - 6, tick.at, tick.label, { anchor: "end" }));
  }
  for (const tick of x.ticks) {
    shapes.push(path(`M${tick.at.toFixed(1)} ${bottom}v4`, { stroke: "line" }));
    const half = widthOf(tick.label) / 2;
    if (tick.at - half >= 0 && tick.at + half <= width) shapes.push(text(tick.at, bottom + 15, tick.label, { anchor: "middle" }));
  }
  if (unit !== SHARE && unit) shapes.push(text(2, 8, unit));
  fans.forEach((fan, number) => shapes.push(...fanShapes(fan, number, x, y)));
  if (observed) {
    const dots = observed.times.map((time, place) => [time, observed.values[place] ?? Number.NaN] as const);
    const drawn = dots.filter(([, value]) => Number.isFinite(value)).map(([time, value]) => dot(x.place(time), y.place(value), 2.5));
    if (drawn.length) shapes.push(path(drawn.join(""), { fill: "text" }));
  }
  const { mark } = input;
  if (mark && mark.time >= extent(moments)[0] && mark.time <= extent(moments)[1]) {
    const at = x.place(mark.time);
    shapes.push(path(`M${at.toFixed(1)} ${top - 6}V${bottom}`, { stroke: "text-soft", dash: [3, 3] }));
    const isLate = at + widthOf(mark.name) + 6 > width;
    shapes.push(text(at + (isLate ? -4 : 4), top - 8, mark.name, { anchor: isLate ? "end" : "start" }));
  }
  return { width, height, shapes, x, y, plot: { left, right, top, bottom }, legend: legendOf(fans, observed, format, words) };
}

/** Return what each fan says at a place of its times: what there is, and the width of its bands. */
export function saidAt(fan: Fan, place: number, unit: string, format: Format): { middle: string; bands: string[] } {
  return {
    middle: measured(fan.middle[place] ?? Number.NaN, unit, format),
    bands: widestFirst(fan.bands)
      .filter(({ low, high }) => Number.isFinite(low[place]) && Number.isFinite(high[place]))
      .map(({ low, high, level }) => {
        const ends = [low, high].map((end) => measured(end[place] as number, unit, format));
        return `${format.percent(level)}: ${ends.join(" – ")}`;
      }),
  };
}

/** Return the place of the time nearest to a moment, -1 for none. */
export function nearest(times: readonly number[], moment: number): number {
  let found = -1;
  times.forEach((time, place) => {
    if (found < 0 || Math.abs(time - moment) < Math.abs((times[found] as number) - moment)) found = place;
  });
  return found;
}

/** Return the table of a fan: a head, and a row for each time. */
export function fanTable(fans: readonly Fan[], observed: Observed | null, words: { time: string; observed: string; middle: string }): {
  head: string[];
  rows: (string | number | null)[][];
} {
  const head = [words.time];
  for (const fan of fans) {
    const before = fan.name ? `${fan.name}: ` : "";
    head.push(`${before}${words.middle}`);
    for (const { level } of widestFirst(fan.bands)) head.push(...lowAndHigh(level).map((share) => `${before}${share}`));
  }
  if (observed) head.push(words.observed);
  const times = [...new Set([...fans.flatMap((fan) => fan.times), ...(observed?.times ?? [])])].sort((a, b) => a - b);
  const places = fans.map((fan) => new Map(fan.times.map((time, place) => [time, place])));
  const seen = new Map(observed?.times.map((time, place) => [time, observed.values[place]]));
  const rows = times.map((time) => {
    const row: (string | number | null)[] = [new Date(time).toISOString()];
    fans.forEach((fan, number) => {
      const place = places[number]?.get(time) ?? -1;
      row.push(known(fan.middle[place]));
      for (const { low, high } of widestFirst(fan.bands)) row.push(known(low[place]), known(high[place]));
    });
    if (observed) row.push(known(seen.get(time)));
    return row;
  });
  return { head, rows };
}

function fanShapes(fan: Fan, number: number, x: Axis, y: Axis): Shape[] {
  const color = COLORS[number] ?? "text";
  const places = fan.times.map((_, place) => place);
  const across = (place: number): number => x.place(fan.times[place] as number);
  const found: Shape[] = [];
  for (const { low, high } of widestFirst(fan.bands)) {
    const write = area<number>()
      .defined((place) => Number.isFinite(low[place]) && Number.isFinite(high[place]))
      .x(across)
      .y0((place) => y.place(low[place] as number))
      .y1((place) => y.place(high[place] as number));
    found.push(path(write(places) ?? "", { fill: color, opacity: 0.22 }));
  }
  const write = line<number>()
    .defined((place) => Number.isFinite(fan.middle[place]))
    .x(across)
    .y((place) => y.place(fan.middle[place] as number));
  found.push(path(write(places) ?? "", { stroke: color, width: 2, dash: number ? DASHES : [] }));
  return found;
}

function legendOf(
  fans: readonly Fan[],
  observed: Observed | null,
  format: Format,
  words: { band: (share: string) => string; observed: string },
): LegendEntry[] {
  const found: LegendEntry[] = [];
  fans.forEach((fan, number) => {
    if (fan.name) found.push({ name: fan.name, look: number ? "dashes" : "line", color: COLORS[number] ?? "text", opacity: 1 });
  });
  // A band of one fan lies on the wider ones, so what is seen of it is darker by them.
  widestFirst(fans[0]?.bands ?? []).forEach(({ level }, place) =>
    found.push({ name: words.band(format.percent(level)), look: "band", color: "series-1", opacity: 1 - 0.78 ** (place + 1) }),
  );
  if (observed?.times.length) found.push({ name: words.observed, look: "dots", color: "text", opacity: 1 });
  return found;
}

function widestFirst(bands: readonly Band[]): Band[] {
  return [...bands].sort((one, other) => other.level - one.level);
}

/** Return the quantiles that a band lies between, as a head of a table. */
function lowAndHigh(level: number): [string, string] {
  const [low, high] = [(1 - level) / 2, (1 + level) / 2].map((share) => `q${String(Math.round(share * 100)).padStart(2, "0")}`);
  return [low as string, high as string];
}

function extent(moments: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const moment of moments) [low, high] = [Math.min(low, moment), Math.max(high, moment)];
  return low <= high ? [low, high] : [0, 86_400_000];
}

function known(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
