// Points with intervals, one beneath the other, as paired differences are told. Pure.

import { scaleLinear } from "d3-scale";

import type { Format } from "../words/format";
import { measured, written, type Tick } from "./axes";
import { dot, fitted, fittedMiddle, path, text, widthOf, type Paint, type Picture, type Shape } from "./picture";

export interface IntervalRow {
  name: string;
  value: number;
  low: number | null;
  high: number | null;
  /** What is said of it, such as better or not shown; empty for nothing. */
  verdict: string;
  color: Paint;
}

export interface IntervalInput {
  unit: string;
  rows: IntervalRow[];
  /** A value that is marked, such as no difference. */
  zero: number | null;
  width: number;
}

export interface IntervalPicture extends Picture {
  plot: { left: number; right: number; top: number; bottom: number };
  rowHeight: number;
}

export const ROW = 30;
const TOP = 6;
const BOTTOM = 24;

/** Lay intervals out: names on the left, points with their intervals in the middle, values on the right. */
export function intervalPicture({ unit, rows, zero, width }: IntervalInput, format: Format): IntervalPicture {
  const said = rows.map((row) => [measured(row.value, unit, format), row.verdict].filter(Boolean).join(" · "));
  const left = Math.min(Math.max(...rows.map(({ name }) => widthOf(name)), 20) + 14, width * 0.34);
  const right = width - Math.min(Math.max(...said.map((one) => widthOf(one)), 20) + 14, width * 0.36);
  const [top, bottom] = [TOP, TOP + ROW * rows.length];
  const ends = rows.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]).filter(Number.isFinite);
  if (zero !== null || !ends.length) ends.push(zero ?? 0);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const spread = high > low ? high - low : Math.abs(high) || 1;
  const count = Math.max(2, Math.floor((right - left) / 90));
  const scale = scaleLinear([low - spread * 0.05, high + spread * 0.05], [left, right]);
  const ticks: Tick[] = scale.ticks(count).map((value) => ({ at: scale(value), label: written(value, unit, format) }));
  const shapes: Shape[] = [];
  for (const { at, label } of ticks) {
    shapes.push(path(`M${at.toFixed(1)} ${top}V${bottom}`, { stroke: "line", opacity: 0.7 }));
    shapes.push(text(at, bottom + 13, label, { anchor: "middle" }));
  }
  if (zero !== null) shapes.push(path(`M${scale(zero).toFixed(1)} ${top}V${bottom + 4}`, { stroke: "text-soft", width: 1.5 }));
  rows.forEach((row, place) => {
    const y = top + ROW * (place + 0.5);
    shapes.push(text(0, y, fittedMiddle(row.name, left - 10), { color: "text" }));
    if (Number.isFinite(row.value)) {
      if (row.low !== null && row.high !== null) {
        const [from, to] = [scale(row.low), scale(row.high)].map((at) => at.toFixed(1));
        const bar = `M${from} ${y - 5}v10M${from} ${y}H${to}M${to} ${y - 5}v10`;
        shapes.push(path(bar, { stroke: row.color, width: 2 }));
      }
      shapes.push(path(dot(scale(row.value), y, 4.5), { fill: row.color }));
    }
    shapes.push(text(right + 10, y, fitted(said[place] ?? "", width - right - 10), { color: "text" }));
  });
  return { width, height: bottom + BOTTOM, shapes, plot: { left, right, top, bottom }, rowHeight: ROW };
}

/** Say a row whole: value, interval, verdict. */
export function saidRow(row: IntervalRow, unit: string, format: Format): string {
  const value = measured(row.value, unit, format);
  const interval = row.low === null || row.high === null ? "" : `${measured(row.low, unit, format)} – ${measured(row.high, unit, format)}`;
  return [value, interval, row.verdict].filter(Boolean).join(" · ");
}

/** Return the table of intervals: a head, and a row for each. */
export function intervalTable(rows: readonly IntervalRow[], words: { name: string; value: string; low: string; high: string; verdict: string }): {
  head: string[];
  rows: (string | number | null)[][];
} {
  const hasVerdict = rows.some(({ verdict }) => verdict);
  return {
    head: [words.name, words.value, words.low, words.high, ...(hasVerdict ? [words.verdict] : [])],
    rows: rows.map(({ name, value, low, high, verdict }) => [name, value, low, high, ...(hasVerdict ? [verdict] : [])]),
  };
}
