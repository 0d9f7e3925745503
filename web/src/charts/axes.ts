// Axes: what a chart reaches over, where its ticks are, and what they say in a language. Pure.

import { scaleLinear, scaleUtc } from "d3-scale";

import type { Format } from "../words/format";

export interface Tick {
  /** Pixels. */
  at: number;
  label: string;
}

export interface Axis {
  /** Pixels of a value. */
  place: (value: number) => number;
  ticks: Tick[];
  /** Value at a place. */
  back: (at: number) => number;
}

/** What is written as parts of a hundred. */
export const SHARE = "share";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Return the values that an axis reaches over: a share up to all, and no closer than is worth a look; a quantity from nothing on. */
export function reach(values: Iterable<number>, unit: string): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  if (unit === SHARE && low >= 0 && high <= 1) return [Math.max(0, Math.min(low, 0.9)), 1];
  [low, high] = [Math.min(low, 0), Math.max(high, 0)];
  return low === high ? [0, 1] : [low, high];
}

/** Return the axis of a quantity between two places, the second for the highest value. */
export function valueAxis(range: [number, number], places: [number, number], unit: string, format: Format): Axis {
  const wanted = Math.max(2, Math.floor(Math.abs(places[1] - places[0]) / 44));
  const scale = scaleLinear(range, places).nice(wanted);
  const ticks = scale.ticks(wanted).map((value) => ({ at: scale(value), label: written(value, unit, format) }));
  return { place: (value) => scale(value), ticks, back: (at) => scale.invert(at) };
}

/** Return the axis of time between two places. */
export function timeAxis(range: [number, number], places: [number, number], locale: string): Axis {
  const [from, to] = range[0] === range[1] ? [range[0] - DAY / 2, range[1] + DAY / 2] : range;
  const scale = scaleUtc([from, to], places);
  const moments = scale.ticks(Math.max(2, Math.floor((places[1] - places[0]) / 84)));
  const step = moments.length > 1 ? Number(moments[1]) - Number(moments[0]) : to - from;
  const ticks = moments.map((moment) => ({ at: scale(moment), label: dated(moment, step, locale) }));
  return { place: (value) => scale(value), ticks, back: (at) => Number(scale.invert(at)) };
}

/** Write a value of a chart: shares as parts of a hundred, all else as numbers. */
export function written(value: number, unit: string, format: Format): string {
  if (!Number.isFinite(value)) return "–";
  return unit === SHARE ? format.percent(value) : format.number(value);
}

/** Write a value with what it is counted in. */
export function measured(value: number, unit: string, format: Format): string {
  const said = written(value, unit, format);
  return unit === SHARE || unit === "" || said === "–" ? said : `${said} ${unit}`;
}

/** Write a moment on an axis whose ticks are so many milliseconds apart. */
export function dated(moment: Date | number, step: number, locale: string): string {
  const time = new Date(moment);
  const isMidnight = time.getTime() % DAY === 0;
  const form: Intl.DateTimeFormatOptions =
    step < DAY && !isMidnight
      ? { hour: "numeric", minute: "2-digit" }
      : step < 28 * DAY
        ? { day: "numeric", month: "short" }
        : step < 360 * DAY
          ? time.getUTCMonth() === 0
            ? { year: "numeric", month: "short" }
            : { month: "short" }
          : { year: "numeric" };
  return new Intl.DateTimeFormat(locale, { ...form, timeZone: "UTC" }).format(time);
}
