// From the globe to the flat world, and from the flat world to the screen. Pure.

import { geoNaturalEarth1, type GeoProjection } from "d3-geo";

/** Width of the flat world, in its own units; all positions are projected once, and the view only moves and enlarges them. */
export const WORLD_WIDTH = 1000;

/** The meridian in the middle lies so that the cut runs through the Bering Strait and not through Chukotka. */
const MIDDLE = 11;

export const projection: GeoProjection = geoNaturalEarth1()
  .rotate([-MIDDLE, 0])
  .fitWidth(WORLD_WIDTH, { type: "Sphere" })
  .precision(0.1);

export const WORLD_HEIGHT = worldHeight();

export const ZOOM_MAX = 200;

export interface View {
  /** Screen = x + zoom * world, and so for y. */
  zoom: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export type Point = [number, number];

/** Project longitude and latitude; what lies past 180 degrees is the same place. */
export function project(longitude: number, latitude: number): Point {
  return projection([longitude, latitude]) ?? [0, 0];
}

/** Return longitude and latitude of a point of the flat world, null outside of it. */
export function unproject(point: Point): Point | null {
  const found = projection.invert?.(point);
  return found && found.every(Number.isFinite) ? [found[0], found[1]] : null;
}

/** How much the whole world is enlarged to fill a screen; zoom 1 of an address. */
export function baseZoom(size: Size): number {
  return Math.max(Math.min(size.width / WORLD_WIDTH, size.height / WORLD_HEIGHT), 0.05);
}

/** Return the view that shows points with room around them, and the whole world for none. */
export function fitView(points: Point[], size: Size, margin = 60): View {
  const base = baseZoom(size);
  if (!points.length) return centered(WORLD_WIDTH / 2, WORLD_HEIGHT / 2, base, size);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const across = Math.max(size.width - 2 * margin, 50) / Math.max(right - left, 1e-6);
  const down = Math.max(size.height - 2 * margin, 50) / Math.max(bottom - top, 1e-6);
  // One town does not need to fill the screen.
  const zoom = Math.min(Math.max(Math.min(across, down), base * 0.9), base * 12);
  return clamped(centered((left + right) / 2, (top + bottom) / 2, zoom, size), size);
}

/** Return the view with a point of the flat world in the middle. */
export function centered(x: number, y: number, zoom: number, size: Size): View {
  return { zoom, x: size.width / 2 - zoom * x, y: size.height / 2 - zoom * y };
}

/** Enlarge around a point of the screen, which stays where it is. */
export function zoomedAt(view: View, factor: number, at: Point, size: Size): View {
  const base = baseZoom(size);
  const zoom = Math.min(Math.max(view.zoom * factor, base * 0.8), base * ZOOM_MAX);
  const by = zoom / view.zoom;
  return clamped({ zoom, x: at[0] - (at[0] - view.x) * by, y: at[1] - (at[1] - view.y) * by }, size);
}

/** Move by pixels. */
export function moved(view: View, dx: number, dy: number, size: Size): View {
  return clamped({ ...view, x: view.x + dx, y: view.y + dy }, size);
}

/** Return the view of a screen of another size with the same in its middle. */
export function recentered(view: View, before: Size, size: Size): View {
  const [x, y] = [(before.width / 2 - view.x) / view.zoom, (before.height / 2 - view.y) / view.zoom];
  return clamped(centered(x, y, (view.zoom / baseZoom(before)) * baseZoom(size), size), size);
}

/** Keep a part of the world on the screen. */
export function clamped(view: View, size: Size): View {
  const keep = 80;
  return {
    zoom: view.zoom,
    x: Math.min(Math.max(view.x, keep - view.zoom * WORLD_WIDTH), size.width - keep),
    y: Math.min(Math.max(view.y, keep - view.zoom * WORLD_HEIGHT), size.height - keep),
  };
}

/** Return what an address says of a view: longitude, latitude, zoom. */
export function placeOf(view: View, size: Size): [number, number, number] | null {
  const middle: Point = [(size.width / 2 - view.x) / view.zoom, (size.height / 2 - view.y) / view.zoom];
  const place = unproject(middle);
  return place && [place[0], place[1], view.zoom / baseZoom(size)];
}

/** Return the view that an address tells of. */
export function viewAt(place: [number, number, number], size: Size): View {
  const [x, y] = project(place[0], place[1]);
  return clamped(centered(x, y, place[2] * baseZoom(size), size), size);
}

function worldHeight(): number {
  const south = projection([MIDDLE, -90]);
  const north = projection([MIDDLE, 90]);
  return south && north ? south[1] - north[1] : WORLD_WIDTH / 2;
}
