// Land and borders of Natural Earth, projected once: coarse at first, fine when the map is enlarged.

import { geoGraticule10, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlasUrl from "world-atlas/countries-50m.json?url";

import { projection } from "./projection";
import { simplified, withoutSlivers } from "./simplified";

/** Degrees that points of the coarse world lie apart: about as many pixels as where the fine one takes over. */
const COARSE_DEGREES = 0.6;

type Atlas = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;

export interface World {
  land: Path2D;
  borders: Path2D;
}

let atlas: Promise<Atlas> | undefined;

/** Outline of the globe and its graticule. */
export function globe(): { outline: Path2D; graticule: Path2D } {
  const write = geoPath(projection);
  return { outline: new Path2D(write({ type: "Sphere" }) ?? ""), graticule: new Path2D(write(geoGraticule10()) ?? "") };
}

/** Load the world from this server's own files; they are read once. */
export async function loadWorld(detail: "coarse" | "fine"): Promise<World> {
  atlas ??= fetched().catch((error: unknown) => {
    atlas = undefined;
    throw error;
  });
  const whole = await atlas;
  const topology = detail === "coarse" ? simplified(whole, COARSE_DEGREES) : whole;
  const land = feature(topology, topology.objects.land).features.map(({ geometry }) => geometry);
  const drawn = detail === "coarse" ? land.map((one) => withoutSlivers(one, COARSE_DEGREES)) : land;
  const write = geoPath(projection);
  return {
    land: new Path2D(write({ type: "GeometryCollection", geometries: drawn }) ?? ""),
    borders: new Path2D(write(mesh(topology, topology.objects.countries, (one, other) => one !== other)) ?? ""),
  };
}

async function fetched(): Promise<Atlas> {
  const response = await fetch(atlasUrl);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as Atlas;
}
