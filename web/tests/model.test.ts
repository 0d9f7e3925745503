import { describe, expect, test } from "vitest";

import { BOX, COLUMN_MOST, diagramOf } from "../src/model/tiers";
import { network } from "./sample";

describe("diagram", () => {
  test("material flows from left to right, and what has no tier stands first", () => {
    const found = diagramOf(network, 1000);
    const x = new Map(found.boxes.map((box) => [box.site, box.x]));
    expect(x.get("a")).toBeLessThan(x.get("b") as number);
    expect(x.get("b")).toBeLessThan(x.get("c") as number);
    expect(found.columns.map(({ tier }) => tier).at(0)).toBe(null);
  });

  test("boxes of a column do not lie on each other, and all are within the picture", () => {
    const sites = Array.from({ length: 200 }, (_, number) => ({ ...(network.sites[0] as (typeof network.sites)[number]), site: `s${number}` }));
    const found = diagramOf({ ...network, sites, lanes: [] }, 400);
    expect(found.boxes).toHaveLength(COLUMN_MOST);
    expect(found.columns[0]?.left).toBe(200 - COLUMN_MOST);
    const tops = found.boxes.map(({ y }) => y).sort((a, b) => a - b);
    for (let at = 1; at < tops.length; at += 1) expect((tops[at] as number) - (tops[at - 1] as number)).toBeGreaterThanOrEqual(BOX.height);
    expect(Math.max(...tops) + BOX.height).toBeLessThanOrEqual(found.height);
  });

  test("fewer lines cross than in the order of names", () => {
    const kinds = { ...(network.sites[0] as (typeof network.sites)[number]), name: "" };
    const names = ["a", "b", "c", "d", "e", "f"];
    const sites = names.flatMap((name) => [
      { ...kinds, site: `1${name}`, tier: 1 },
      { ...kinds, site: `0${name}`, tier: 0 },
    ]);
    const lane = network.lanes[0] as (typeof network.lanes)[number];
    const lanes = names.map((name, at) => ({ ...lane, lane: name, origin: `1${name}`, destination: `0${names[names.length - 1 - at]}` }));
    const found = diagramOf({ ...network, sites, lanes }, 400);
    let crossings = 0;
    for (const one of found.links) for (const other of found.links) if ((one.from.y - other.from.y) * (one.to.y - other.to.y) < 0) crossings += 1;
    expect(found.links).toHaveLength(6);
    expect(crossings).toBe(0);
  });
});
