// What the map is to draw, from what is known. Pure.

import type { Network } from "../api/client";
import type { Goods, SiteSummary } from "../twin/summary";
import type { Wanted } from "./filters";
import { bunches } from "./flow";
import type { Line } from "./lines";
import { project } from "./projection";
import type { GoodsMark, LaneMark, Scene, SiteMark } from "./renderer";

export interface Known {
  network: Network;
  lines: ReadonlyMap<string, Line>;
  wanted: Wanted;
  summaries: ReadonlyMap<string, SiteSummary>;
  goods: readonly Goods[];
  worth: ReadonlyMap<string, number>;
  selected: string | null;
}

/** Smallest and largest radius of a site, pixels. */
const RADII = [5, 11] as const;

/** Return the scene: sites by the value of their stock, lanes that are wanted, goods on them. */
export function sceneOf({ network, lines, wanted, summaries, goods, worth, selected }: Known): Scene {
  const most = Math.max(...[...summaries.values()].map(({ value }) => value), 1e-9);
  const sites: SiteMark[] = [];
  for (const site of network.sites) {
    const isShown = wanted.sites.has(site.site) || site.site === selected;
    if (!isShown || site.longitude === null || site.latitude === null) continue;
    const summary = summaries.get(site.site);
    const share = Math.sqrt((summary?.value ?? 0) / most);
    const [x, y] = project(site.longitude, site.latitude);
    sites.push({
      site: site.site,
      name: site.name,
      kind: site.kind,
      x,
      y,
      radius: RADII[0] + share * (RADII[1] - RADII[0]),
      level: summary?.level ?? "unknown",
      missing: (summary?.missing ?? 0) > 0,
      weight: share + (summary?.missing ? 1 : 0),
    });
  }
  const lanes: LaneMark[] = [];
  const place = new Map<string, number>();
  const active = new Set(goods.map((load) => load.lane));
  for (const { lane, mode, origin, destination } of network.lanes) {
    const line = lines.get(lane);
    if (!line || !wanted.lanes.has(lane)) continue;
    place.set(lane, lanes.length);
    lanes.push({ lane, line, mode, origin, destination, isActive: active.has(lane) });
  }
  const marks: GoodsMark[] = [];
  const found = bunches(goods, worth);
  const dearest = Math.max(...found.map((bunch) => bunch.worth), 1e-9);
  for (const bunch of found) {
    const lane = place.get(bunch.lane);
    if (lane !== undefined) marks.push({ lane, share: bunch.share, radius: 1.8 + 2.4 * Math.sqrt(bunch.worth / dearest) });
  }
  return { sites, lanes, goods: marks, selected };
}
