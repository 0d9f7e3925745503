import type { Network } from "../src/api/client";

const site = { country: null, region: null, kind: "store" };

/** Three sites on a chain and one without a position. */
export const network: Network = {
  name: "sample",
  period: "day",
  periodHours: 24,
  start: "2026-01-01",
  currency: "EUR",
  sites: [
    { ...site, site: "a", name: "Alpha", owner: "you", latitude: 0, longitude: 0, tier: 2 },
    { ...site, site: "b", name: "Beta", owner: "me", latitude: 0, longitude: 20, tier: 1 },
    { ...site, site: "c", name: "Gamma", owner: "me", latitude: 10, longitude: 30, tier: 0 },
    { ...site, site: "nowhere", name: "Nowhere", owner: null, latitude: null, longitude: null, tier: null },
  ],
  owners: [{ owner: "me", name: "Me" }],
  suppliers: [{ supplier: "mill", name: "Mill", points: [{ site: "a", product: "p" }] }],
  products: [
    { product: "p", name: "Product", unit: "each", value: 10 },
    { product: "q", name: "Other", unit: "each", value: 1 },
  ],
  lanes: [
    {
      lane: "a>b:sea",
      origin: "a",
      destination: "b",
      mode: "sea",
      distanceKm: 2226,
      flows: [{ product: "p", activity: "a>b:sea/p", mean: 4 }],
    },
    { lane: "b>c:road", origin: "b", destination: "c", mode: "road", distanceKm: 1500, flows: [{ product: "q", activity: "b>c:road/q", mean: 4 }] },
    { lane: "c>nowhere:air", origin: "c", destination: "nowhere", mode: "air", distanceKm: null, flows: [] },
  ],
  recipes: [],
  stockPoints: [
    { site: "a", product: "p", demand: 4, planned: 100, ways: ["make"], isListed: true },
    { site: "b", product: "p", demand: 4, planned: 40, ways: ["move"], isListed: true },
    { site: "c", product: "q", demand: 0, planned: 10, ways: ["move"], isListed: false },
  ],
};
