// A topology with fewer points. Arcs keep their ends, so that what shares a border still shares it. Pure.

import type { Geometry, Position } from "geojson";
import type { Objects, Topology } from "topojson-specification";

/** Leave out the points of each arc that lie nearer than so many degrees, both ways, to the last one that is kept. */
export function simplified<T extends Objects>(topology: Topology<T>, degrees: number): Topology<T> {
  const [across, down] = topology.transform?.scale ?? [1, 1];
  const apart: [number, number] = [degrees / Math.abs(across), degrees / Math.abs(down)];
  const isStepped = topology.transform !== undefined;
  return { ...topology, arcs: topology.arcs.map((arc) => (isStepped ? stepped(thinned(placed(arc), apart)) : thinned(arc, apart))) };
}

/** Leave out the polygons whose outline, and the holes which, are hardly anything: on a globe a ring that folded over is all the rest of it. */
export function withoutSlivers(geometry: Geometry, degrees: number): Geometry {
  const isLarge = (ring: Position[]): boolean => Math.abs(areaOf(ring)) >= degrees ** 2;
  const kept = (polygons: Position[][][]): Position[][][] =>
    polygons.filter(([outline = []]) => isLarge(outline)).map((rings) => rings.filter(isLarge));
  if (geometry.type === "GeometryCollection") return { ...geometry, geometries: geometry.geometries.map((one) => withoutSlivers(one, degrees)) };
  if (geometry.type === "Polygon") return { type: "MultiPolygon", coordinates: kept([geometry.coordinates]) };
  return geometry.type === "MultiPolygon" ? { ...geometry, coordinates: kept(geometry.coordinates) } : geometry;
}

/** Square degrees inside a ring of a flat map; negative where it goes round the other way. */
function areaOf(ring: Position[]): number {
  let doubled = 0;
  ring.forEach(([x = 0, y = 0], index) => {
    const [px = 0, py = 0] = ring[index - 1] ?? [x, y];
    doubled += (x - px) * (y + py);
  });
  return doubled / 2;
}

function thinned(points: number[][], [across, down]: [number, number]): number[][] {
  const kept: number[][] = [];
  let [x, y] = [NaN, NaN];
  points.forEach((point, index) => {
    const [px = 0, py = 0] = point;
    if (index > 0 && index < points.length - 1 && Math.abs(px - x) < across && Math.abs(py - y) < down) return;
    kept.push(point);
    [x, y] = [px, py];
  });
  return kept;
}

/** Return places of an arc that is written as a first one and steps from it. */
function placed(arc: number[][]): number[][] {
  let [x, y] = [0, 0];
  return arc.map(([dx = 0, dy = 0]) => [(x += dx), (y += dy)]);
}

function stepped(points: number[][]): number[][] {
  return points.map(([x = 0, y = 0], index) => {
    const [px = 0, py = 0] = points[index - 1] ?? [];
    return [x - px, y - py];
  });
}
