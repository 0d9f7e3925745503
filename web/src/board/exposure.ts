// What a stress test found, made ready to be looked at: who takes longer to recover than the chain survives, and who costs most. Pure.

import { scaleSymlog } from "d3-scale";

import { dot, fitted, path, text, widthOf, type Picture, type Shape } from "../charts/picture";
import type { Format } from "../words/format";

/** A row of the table outages; a time is null where it has no end. */
export interface Outage {
  rank: number;
  kind: string;
  id: string;
  name: string | null;
  time_to_recover: number;
  time_to_survive: number | null;
  is_exposed: boolean;
  impact: number;
  exposure_index: number;
  impact_by_period: number | null;
}

export interface Placed {
  x: number;
  y: number;
  outage: Outage;
}

export interface ExposurePicture extends Picture {
  points: Placed[];
}

const [LEFT, RIGHT, TOP, BOTTOM] = [54, 16, 14, 44];
const TICKS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

/** Lay outages out by time to survive and to recover: what lies above the line is exposed. Those that never run out stand at the right edge. */
export function exposurePicture(
  outages: readonly Outage[],
  size: { width: number; height: number },
  format: Format,
  words: { survive: string; recover: string; exposed: string; endless: string },
): ExposurePicture {
  const { width, height } = size;
  const known = outages.flatMap((one) => [one.time_to_recover, one.time_to_survive ?? 0]).filter(Number.isFinite);
  const most = Math.max(...known, 1) * 1.15;
  const endless = width - RIGHT - 6;
  const hasEndless = outages.some((one) => one.time_to_survive === null);
  const x = scaleSymlog([0, most], [LEFT, hasEndless ? endless - 40 : endless]);
  const y = scaleSymlog([0, most], [height - BOTTOM, TOP]);
  const shapes: Shape[] = [];
  // Above the line of equal times it takes longer to recover than the chain survives.
  const line = Array.from({ length: 41 }, (_, step) => (most * step * step) / 1600);
  const edge = line.map((value) => `${x(value).toFixed(1)} ${y(value).toFixed(1)}`);
  shapes.push(path(`M${edge.join("L")}L${x(0)} ${y(most)}Z`, { fill: "short", opacity: 0.1 }));
  shapes.push(path(`M${edge.join("L")}`, { stroke: "short", dash: [4, 4] }));
  shapes.push(text(LEFT + 8, TOP + 8, words.exposed, { color: "short", bold: true }));
  for (const value of TICKS.filter((one) => one <= most)) {
    shapes.push(path(`M${LEFT} ${y(value).toFixed(1)}H${endless}`, { stroke: "line", opacity: 0.5 }));
    shapes.push(text(LEFT - 6, y(value), format.number(value), { anchor: "end" }));
    shapes.push(text(x(value), height - BOTTOM + 12, format.number(value), { anchor: "middle" }));
  }
  if (hasEndless) {
    shapes.push(path(`M${endless} ${TOP}V${height - BOTTOM}`, { stroke: "line" }));
    shapes.push(text(endless, height - BOTTOM + 12, words.endless, { anchor: "end" }));
  }
  shapes.push(text((LEFT + endless) / 2, height - 12, words.survive, { anchor: "middle" }));
  shapes.push(text(2, 6, fitted(words.recover, width / 2)));
  const points = outages.map((outage) => ({
    x: outage.time_to_survive === null ? endless : x(outage.time_to_survive),
    y: y(outage.time_to_recover),
    outage,
  }));
  // The worst are drawn last, so that nothing hides them.
  for (const { x: across, y: up, outage } of [...points].reverse()) {
    const radius = 3 + 9 * Math.sqrt(Math.max(outage.exposure_index, 0));
    shapes.push(path(dot(across, up, radius), { fill: outage.is_exposed ? "short" : "accent", opacity: 0.75 }));
  }
  // The worst are named, where their names do not lie on each other: one above the other.
  const taken: { from: number; to: number; y: number }[] = [];
  for (const { x: across, y: up, outage } of points.filter((one) => one.outage.is_exposed).slice(0, 3)) {
    const name = fitted(outage.name ?? outage.id, 150);
    const long = widthOf(name);
    const isRight = across + long + 16 > width;
    const [from, to] = isRight ? [across - 14 - long, across - 14] : [across + 14, across + 14 + long];
    let at = up - 18;
    while (taken.some((one) => Math.abs(one.y - at) < 15 && one.from < to && one.to > from)) at -= 16;
    taken.push({ from, to, y: at });
    shapes.push(path(`M${across.toFixed(1)} ${up.toFixed(1)}L${(isRight ? to : from).toFixed(1)} ${at.toFixed(1)}`, { stroke: "text-soft", opacity: 0.6 }));
    shapes.push(text(isRight ? to : from, at, name, { anchor: isRight ? "end" : "start", color: "text" }));
  }
  return { width, height, shapes, points };
}

/** Place of the point nearest to where a pointer is, -1 where none is near. */
export function nearestPoint(points: readonly Placed[], x: number, y: number): number {
  let [found, least] = [-1, 24];
  points.forEach((one, place) => {
    const away = Math.hypot(one.x - x, one.y - y);
    if (away < least) [found, least] = [place, away];
  });
  return found;
}

const ROW = 26;

/** Lay the costliest out as bars. */
export function impactPicture(outages: readonly Outage[], width: number, unit: string, format: Format): Picture & { rowHeight: number } {
  const most = Math.max(...outages.map((one) => one.impact), 0) || 1;
  const left = Math.min(Math.max(...outages.map((one) => widthOf(one.name ?? one.id)), 20) + 14, width * 0.36);
  const said = outages.map((one) => format.amount(one.impact, unit));
  const right = width - Math.max(...said.map((one) => widthOf(one)), 20) - 14;
  const shapes: Shape[] = [];
  outages.forEach((one, place) => {
    const y = ROW * (place + 0.5);
    const long = Math.max(((right - left) * one.impact) / most, 1);
    shapes.push(text(0, y, fitted(one.name ?? one.id, left - 10), { color: "text" }));
    shapes.push(path(`M${left} ${y - 8}h${long.toFixed(1)}v16h${(-long).toFixed(1)}Z`, { fill: one.is_exposed ? "short" : "accent" }));
    shapes.push(text(left + long + 6, y, said[place] ?? "", { color: "text" }));
  });
  return { width, height: ROW * outages.length, shapes, rowHeight: ROW };
}
