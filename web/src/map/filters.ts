// Which sites and lanes a person wants to see. Pure.

import type { Network } from "../api/client";

export interface Filters {
  product: string | null;
  owner: string | null;
  tier: number | null;
  mode: string | null;
}

export interface Wanted {
  sites: Set<string>;
  lanes: Set<string>;
}

/** Return what meets all filters: sites by product, owner and tier; lanes by product and mode, with an end that is wanted. */
export function wantedBy(network: Network, filters: Filters): Wanted {
  const { product, owner, tier, mode } = filters;
  const keepers = new Set(network.stockPoints.filter((point) => point.product === product).map((point) => point.site));
  const sites = new Set<string>();
  for (const site of network.sites) {
    const isMeant =
      (product === null || keepers.has(site.site)) && (owner === null || site.owner === owner) && (tier === null || site.tier === tier);
    if (isMeant) sites.add(site.site);
  }
  const lanes = new Set<string>();
  const ends = new Set<string>();
  for (const lane of network.lanes) {
    const isCarried = product === null || lane.flows.some((flow) => flow.product === product);
    const isNear = sites.has(lane.origin) || sites.has(lane.destination);
    if (!isCarried || !isNear || (mode !== null && lane.mode !== mode)) continue;
    lanes.add(lane.lane);
    ends.add(lane.origin).add(lane.destination);
  }
  // With a mode only the sites that it reaches are meant.
  if (mode !== null) for (const site of sites) if (!ends.has(site)) sites.delete(site);
  return { sites, lanes };
}
