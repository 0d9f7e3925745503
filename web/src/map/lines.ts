// Lines that goods follow on the flat world, and where on them something is. Pure.

import { geoDistance, geoInterpolate } from "d3-geo";

import type { Network, Routes } from "../api/client";
import { WORLD_WIDTH, project, type Point } from "./projection";

/** A line of the flat world: its points, and how long it is up to each. */
export interface Line {
  x: Float32Array;
  y: Float32Array;
  /** Length up to each point; two ends of a cut at the edge of the world have the same. */
  upTo: Float32Array;
  length: number;
}

/** Steps of a great circle are at most so long, radians: about 200 km. */
const STEP = 0.03;

/** Who jumps farther than this from one point to the next went over the edge of the world. */
const JUMP = WORLD_WIDTH / 2;

/** Unpack a line of the server: first point, then steps, in parts of a degree. */
export function unpacked(points: readonly number[], scale: number): Point[] {
  const found: Point[] = [];
  let [longitude, latitude] = [0, 0];
  for (let place = 0; place + 1 < points.length; place += 2) {
    longitude += points[place] as number;
    latitude += points[place + 1] as number;
    found.push([longitude / scale, latitude / scale]);
  }
  return found;
}

/** Return the great circle between two places, as (longitude, latitude). */
export function greatCircle(from: Point, to: Point): Point[] {
  const way = geoInterpolate(from, to);
  const steps = Math.min(Math.max(Math.ceil(geoDistance(from, to) / STEP), 1), 128);
  return Array.from({ length: steps + 1 }, (_, step) => way(step / steps) as Point);
}

/** Project a line of (longitude, latitude) and measure it. */
export function lineOf(places: readonly Point[]): Line {
  const x = new Float32Array(places.length);
  const y = new Float32Array(places.length);
  const upTo = new Float32Array(places.length);
  let length = 0;
  places.forEach(([longitude, latitude], place) => {
    const [px, py] = project(longitude, latitude);
    x[place] = px;
    y[place] = py;
    if (place) {
      const dx = px - (x[place - 1] as number);
      const dy = py - (y[place - 1] as number);
      if (Math.abs(dx) < JUMP) length += Math.hypot(dx, dy);
    }
    upTo[place] = length;
  });
  return { x, y, upTo, length };
}

/** Tell whether a line is cut between a point and the one before it. */
export function isCut(line: Line, place: number): boolean {
  return Math.abs((line.x[place] as number) - (line.x[place - 1] as number)) >= JUMP;
}

/** Write where on a line a share of its length ends into ``into``. */
export function pointAt(line: Line, share: number, into: Point): void {
  const wanted = share * line.length;
  let low = 0;
  let high = line.upTo.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((line.upTo[middle] as number) <= wanted) low = middle;
    else high = middle;
  }
  const span = (line.upTo[high] as number) - (line.upTo[low] as number);
  const part = span > 0 ? (wanted - (line.upTo[low] as number)) / span : 0;
  into[0] = (line.x[low] as number) + part * (span > 0 ? (line.x[high] as number) - (line.x[low] as number) : 0);
  into[1] = (line.y[low] as number) + part * (span > 0 ? (line.y[high] as number) - (line.y[low] as number) : 0);
}

/** Return the line of each lane whose ends have positions: the way of ships where the server knows it, else a great circle. */
export function laneLines(network: Network, routes: Routes | null): Map<string, Line> {
  const places = new Map<string, Point>();
  for (const { site, longitude, latitude } of network.sites) {
    if (longitude !== null && latitude !== null) places.set(site, [longitude, latitude]);
  }
  const found = new Map<string, Line>();
  const circles = new Map<string, Line>();
  for (const route of routes?.routes ?? []) {
    const line = lineOf(unpacked(route.points, routes?.scale ?? 1));
    for (const lane of route.lanes) found.set(lane, line);
  }
  for (const { lane, origin, destination } of network.lanes) {
    if (found.has(lane)) continue;
    const from = places.get(origin);
    const to = places.get(destination);
    if (!from || !to) continue;
    const ends = `${origin}\n${destination}`;
    const line = circles.get(ends) ?? lineOf(greatCircle(from, to));
    circles.set(ends, line);
    found.set(lane, line);
  }
  return found;
}
