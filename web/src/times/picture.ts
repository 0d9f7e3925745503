// Stock and goods of the moment that is shown. Pure.

import type { Network } from "../api/client";
import { goodsOnWay, siteSummaries, type Goods, type SiteSummary, type Wanted } from "../twin/summary";
import { forecastSummaries } from "./forecast";
import type { Moment } from "./times.svelte";

/** Stock of each site: as it was, as it is, or the median of the forecast. */
export function summariesAt(network: Network, moment: Moment, wanted: Wanted): Map<string, SiteSummary> {
  if (moment.kind === "ahead") return forecastSummaries(network, moment.forecast?.rows ?? [], wanted);
  return siteSummaries(network, moment.cells, wanted);
}

/** What is on its way; a forecast tells of none. */
export function goodsAt(network: Network, moment: Moment, wanted: Wanted): Goods[] {
  return moment.kind === "ahead" ? [] : goodsOnWay(network, moment.cells, moment.time, wanted);
}
