// What the map of the lab draws: all sites and lanes, what breaks crossed out, who runs short with the day. Pure.

import type { Network } from "../api/client";
import type { Line } from "../map/lines";
import { project } from "../map/projection";
import type { LaneMark, Scene, SiteMark } from "../map/renderer";
import type { Ripple } from "./outcome";

export interface Shown {
  network: Network;
  lines: ReadonlyMap<string, Line>;
  struckSites: ReadonlySet<string>;
  struckLanes: ReadonlySet<string>;
  ripple: ReadonlyMap<string, Ripple>;
  /** Whether it is known yet who runs short. */
  isKnown: boolean;
  dayOf: (time: number) => string;
}

/** Return the scene of the lab. */
export function labScene({ network, lines, struckSites, struckLanes, ripple, isKnown, dayOf }: Shown): Scene {
  const sites: SiteMark[] = [];
  for (const { site, name, kind, latitude, longitude } of network.sites) {
    if (latitude === null || longitude === null) continue;
    const [x, y] = project(longitude, latitude);
    const hit = ripple.get(site);
    sites.push({
      site,
      name: hit?.day ? `${name} · ${dayOf(hit.day)}` : name,
      kind,
      x,
      y,
      radius: hit?.level === "short" ? 8 : 6,
      level: hit?.level ?? (isKnown ? "good" : "unknown"),
      missing: hit?.level === "short",
      weight: (struckSites.has(site) ? 3 : 0) + (hit ? (hit.level === "short" ? 2 : 1) : 0),
      isStruck: struckSites.has(site),
    });
  }
  const lanes: LaneMark[] = [];
  for (const { lane, mode, origin, destination, flows } of network.lanes) {
    const line = lines.get(lane);
    if (line) lanes.push({ lane, line, mode, origin, destination, isActive: flows.length > 0, isStruck: struckLanes.has(lane) });
  }
  return { sites, lanes, goods: [], selected: null };
}

/** Return the lanes of activities. */
export function lanesOf(network: Network, activities: ReadonlySet<string>): Set<string> {
  return new Set(network.lanes.filter(({ flows }) => flows.some(({ activity }) => activities.has(activity))).map(({ lane }) => lane));
}
