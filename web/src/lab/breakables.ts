// What can break: everything of a network that a person may think of, with words to find it by. Pure.

import type { Network, Row } from "../api/client";
import type { Broken, Kind } from "./plan";

export interface Breakable extends Broken {
  name: string;
  /** A word more, such as the country. */
  more: string;
  /** What is searched. */
  text: string;
}

/** Return all that can break, suppliers first, each kind by name. */
export function listOf(
  network: Network,
  corridors: readonly string[],
  country: (code: string) => string,
  corridor: (name: string) => string,
): Breakable[] {
  const names = new Map(network.sites.map(({ site, name }) => [site, name]));
  const thing = (kind: Kind, id: string, name: string, more = ""): Breakable => ({ kind, id, name, more, text: `${name} ${id} ${more}` });
  const lane = ({ lane: id, origin, destination, mode }: Network["lanes"][number]): Breakable =>
    thing("lane", id, `${names.get(origin) ?? origin} → ${names.get(destination) ?? destination}`, mode ?? "");
  const countries = [...new Set(network.sites.flatMap((site) => (site.country ? [site.country] : [])))];
  const suppliers = new Map([
    ...network.suppliers.map(({ supplier, name }): [string, string] => [supplier, name]),
    ...network.owners.map(({ owner, name }): [string, string] => [owner, name]),
  ]);
  return [
    [...suppliers].map(([id, name]) => thing("supplier", id, name)),
    network.sites.map(({ site, name, country: code }) => thing("site", site, name, code ? country(code) : "")),
    corridors.map((name) => thing("corridor", name, corridor(name))),
    countries.map((code) => thing("country", code, country(code))),
    network.products.map(({ product, name }) => thing("product", product, name)),
    network.lanes.filter(({ flows }) => flows.length > 0).map(lane),
  ].flatMap((group) => group.sort((a, b) => a.name.localeCompare(b.name)));
}

/** Return how much harm each outage of a stress test does, by kind and id, the worst first. */
export function harmOf(outages: readonly Row[]): Map<string, number> {
  const ranked = [...outages].sort((a, b) => Number(a["rank"]) - Number(b["rank"]));
  return new Map(ranked.map((row) => [`${row["kind"]}\n${row["id"]}`, typeof row["impact"] === "number" ? row["impact"] : 0]));
}

/** Return the passages that lanes of a network go through. */
export function corridorsOf(routes: { routes: { passages: string[] }[] } | null): string[] {
  return [...new Set(routes?.routes.flatMap(({ passages }) => passages) ?? [])].sort();
}
