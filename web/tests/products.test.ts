import { describe, expect, test } from "vitest";

import type { Network } from "../src/api/client";
import { depthOf, madeOf, usesOf } from "../src/products/recipes";
import { standings } from "../src/products/standing";
import type { Goods, SiteSummary, StockLine } from "../src/twin/summary";
import { network } from "./sample";

const recipe = (site: string, product: string, inputs: [string, number][], good = 1): Network["recipes"][number] => ({
  activity: `${site}/${product}`,
  site,
  product,
  yield: good,
  inputs: inputs.map(([name, quantity]) => ({ product: name, quantity })),
  beside: [],
});
const bought = (site: string, product: string): Network["stockPoints"][number] => ({ site, product, demand: 1, planned: 1, ways: ["buy"], isListed: true });

const made: Network = {
  ...network,
  recipes: [
    recipe("a", "car", [["body", 1], ["wheel", 4]], 0.9),
    recipe("b", "car", [["body", 1], ["wheel", 4]], 0.95),
    recipe("c", "car", [["body", 1], ["wheel", 3]]),
    recipe("a", "wheel", [["rubber", 2.5]]),
  ],
  stockPoints: [bought("a", "rubber"), bought("b", "rubber"), bought("c", "body")],
};

describe("recipes", () => {
  test("ways that are alike are one, with their sites and what is good of them", () => {
    const car = madeOf(made, "car");
    expect(car.ways.map(({ sites, good }) => [sites, good])).toEqual([
      [["a", "b"], [0.9, 0.95]],
      [["c"], [1, 1]],
    ]);
    expect(car.ways[0]?.parts.map(({ product, quantity, bought }) => [product, quantity, bought])).toEqual([
      ["body", 1, ["c"]],
      ["wheel", 4, []],
    ]);
    expect(car.ways[0]?.parts[1]?.ways[0]?.parts[0]).toMatchObject({ product: "rubber", quantity: 2.5, bought: ["a", "b"], ways: [] });
    expect(depthOf(car)).toBe(2);
    expect(depthOf(madeOf(made, "rubber"))).toBe(0);
  });

  test("what a product goes into is found level by level", () => {
    expect(usesOf(made, "car")).toEqual([]);
    const [wheel] = usesOf(made, "rubber");
    expect(wheel).toMatchObject({ product: "wheel", quantity: 2.5, sites: ["a"] });
    expect(wheel?.uses.map(({ product, quantity, sites }) => [product, quantity, sites])).toEqual([
      ["car", 4, ["a", "b"]],
      ["car", 3, ["c"]],
    ]);
  });

  test("a circle ends where it comes round", () => {
    const round: Network = { ...made, recipes: [recipe("a", "egg", [["hen", 0.1]]), recipe("a", "hen", [["egg", 1]])] };
    expect(madeOf(round, "egg").ways[0]?.parts[0]?.ways[0]?.parts[0]).toMatchObject({ product: "egg", isAgain: true, ways: [] });
    expect(usesOf(round, "egg")[0]?.uses[0]).toMatchObject({ product: "egg", isAgain: true, uses: [] });
  });
});

describe("standings", () => {
  const line = (product: string, more: Partial<StockLine>): StockLine => ({
    ...{ product, quantity: 0, planned: 10, demand: 1, cover: null, owed: 0, level: "unknown", isMissing: false, time: null, source: null, range: null, risk: null },
    ...more,
  });
  const summary = (site: string, lines: StockLine[]): [string, SiteSummary] => [site, { site, lines, level: "good", missing: 0, value: 0 }];

  test("a product is added up over its sites, the worst of them first", () => {
    const summaries = new Map([
      summary("a", [line("p", { quantity: 9, level: "good" }), line("q", {})]),
      summary("b", [line("p", { quantity: 1, level: "short", isMissing: true, owed: 2 }), line("q", { quantity: 1, level: "short" })]),
    ]);
    const goods = [{ product: "p", quantity: 3 }, { product: "p", quantity: 4 }] as Goods[];
    const [p, q] = standings(network, summaries, goods);
    expect(p).toMatchObject({ product: "p", quantity: 10, owed: 2, underWay: 7, missing: 1, level: "good" });
    expect(p?.rows.map(({ site }) => site)).toEqual(["b", "a"]);
    expect(q).toMatchObject({ product: "q", quantity: 1, underWay: 0, missing: 0 });
  });
});
