// What of a network a broken thing is on, by what the network itself says: lanes, and the stock points that they fill. Pure.

import type { Network, Routes } from "../api/client";
import type { Broken } from "./plan";

/** A product that a stock point gets over a lane. */
export interface Fed {
  site: string;
  product: string;
  lane: string;
}

export interface Reached {
  sites: Set<string>;
  lanes: Set<string>;
  /** What the lanes bring elsewhere. */
  fed: Fed[];
}

/** Return the sites and lanes that broken things are on, and what no longer comes over these. */
export function reachedBy(network: Network, routes: Routes | null, broken: readonly Broken[]): Reached {
  const of = (kind: Broken["kind"]): Set<string> => new Set(broken.filter((one) => one.kind === kind).map(({ id }) => id));
  const [sites, countries, owners, lanes, products, corridors] = [
    of("site"),
    of("country"),
    of("supplier"),
    of("lane"),
    of("product"),
    of("corridor"),
  ];
  for (const { site, country, owner } of network.sites) {
    if ((country && countries.has(country)) || (owner && owners.has(owner))) sites.add(site);
  }
  for (const { lanes: along, passages } of routes?.routes ?? []) {
    if (passages.some((passage) => corridors.has(passage))) for (const lane of along) lanes.add(lane);
  }
  const found: Reached = { sites, lanes, fed: [] };
  for (const { supplier, points } of network.suppliers) {
    // What is bought comes over no lane of the network.
    if (owners.has(supplier)) found.fed.push(...points.map((point) => ({ ...point, lane: "" })));
  }
  for (const lane of network.lanes) {
    const isWhole = sites.has(lane.origin) || lanes.has(lane.lane);
    if (isWhole) lanes.add(lane.lane);
    for (const { product, mean } of lane.flows) {
      if (!isWhole && !products.has(product)) continue;
      lanes.add(lane.lane);
      if (mean && !sites.has(lane.destination)) found.fed.push({ site: lane.destination, product, lane: lane.lane });
    }
  }
  return found;
}

/** Return the ways that are there beside the broken ones: of each fed point the other lanes that usually bring the same. */
export function otherWays(network: Network, reached: Reached): Fed[] {
  const wanted = new Set(reached.fed.map(({ site, product }) => `${site}\n${product}`));
  return network.lanes.flatMap(({ lane, origin, destination, flows }) =>
    reached.lanes.has(lane) || reached.sites.has(origin)
      ? []
      : flows
          .filter(({ product, mean }) => (mean ?? 0) > 0 && wanted.has(`${destination}\n${product}`))
          .map(({ product }) => ({ site: destination, product, lane })),
  );
}

/** Return the lanes that can be hurried: those to fed sites that are not broken themselves. */
export function hurried(network: Network, reached: Reached): string[] {
  const sites = new Set(reached.fed.map(({ site }) => site));
  return network.lanes
    .filter(({ lane, destination, flows }) => sites.has(destination) && !reached.lanes.has(lane) && flows.length > 0)
    .map(({ lane }) => lane);
}
