// Land and borders of Natural Earth, projected once: coarse at first, fine when the map is enlarged.

import { geoGraticule10, geoPath } from "d3-geo";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import coarseUrl from "world-atlas/countries-110m.json?url";
import fineUrl from "world-atlas/countries-50m.json?url";

import { projection } from "./projection";

export interface World {
  land: Path2D;
  borders: Path2D;
}

/** Outline of the globe and its graticule. */
export function globe(): { outline: Path2D; graticule: Path2D } {
  const write = geoPath(projection);
  return { outline: new Path2D(write({ type: "Sphere" }) ?? ""), graticule: new Path2D(write(geoGraticule10()) ?? "") };
}

/** Load the world from this server's own files. */
export async function loadWorld(detail: "coarse" | "fine"): Promise<World> {
  const response = await fetch(detail === "coarse" ? coarseUrl : fineUrl);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const topology = (await response.json()) as Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
  const write = geoPath(projection);
  return {
    land: new Path2D(write(feature(topology, topology.objects.land)) ?? ""),
    borders: new Path2D(write(mesh(topology, topology.objects.countries, (one, other) => one !== other)) ?? ""),
  };
}
