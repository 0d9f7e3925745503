import { describe, expect, test } from "vitest";

import type { Network, Scenario } from "../src/api/client";
import { corridorsOf, harmOf, listOf } from "../src/lab/breakables";
import { labScene, lanesOf } from "../src/lab/labScene";
import { comparedBy, comparisonTable, fanOf, keyFigures, lookedAt, rippleOf, shortagesOf } from "../src/lab/outcome";
import { START, TRIES_MAX, changed, measureOf, readPlan, toggled, tryOf, writePlan, type Plan } from "../src/lab/plan";
import { hurried, otherWays, reachedBy } from "../src/lab/reaching";
import { firstDay, scenarioOf, whyNot, type Context } from "../src/lab/scenario";
import { tomlOf } from "../src/lab/toml";
import { laneLines } from "../src/map/lines";
import { network as sample } from "./sample";

/** Two makers of one product that a shop gets, one of them through a canal, and a product that one maker makes alone. */
const network: Network = {
  ...sample,
  sites: [
    { site: "x", name: "Maker X", kind: "plant", country: "IN", region: null, owner: "them", latitude: 19, longitude: 73, tier: 1 },
    { site: "y", name: "Maker Y", kind: "plant", country: "CN", region: null, owner: "me", latitude: 31, longitude: 121, tier: 1 },
    { site: "s", name: "Shop", kind: "store", country: "GB", region: null, owner: "me", latitude: 51, longitude: 0, tier: 0 },
  ],
  owners: [
    { owner: "me", name: "Me" },
    { owner: "them", name: "Them" },
  ],
  suppliers: [{ supplier: "mill", name: "Mill", points: [{ site: "y", product: "p" }] }],
  lanes: [
    { lane: "x>s:sea", origin: "x", destination: "s", mode: "sea", distanceKm: 1, flows: [flow("p", 3), flow("q", 2)] },
    { lane: "y>s:air", origin: "y", destination: "s", mode: "air", distanceKm: 1, flows: [{ product: "p", activity: "y>s:air/p", mean: 1 }] },
  ],
  stockPoints: [
    { site: "s", product: "p", demand: 4, planned: 40, ways: ["move"], isListed: true },
    { site: "s", product: "q", demand: 2, planned: 20, ways: ["make", "move"], isListed: false },
  ],
};
const routes = { scale: 100, routes: [{ lanes: ["x>s:sea"], passages: ["suez"], points: [7300, 1900, -7300, 3200] }] };
const ready: Scenario[] = [
  {
    name: "fire",
    origin: "library",
    title: "Fire",
    note: "It burns.",
    fault: null,
    scenario: {
      name: "Fire",
      disruption: [
        { name: "one", where: { most_used: "plant" }, after: 30, duration: 10, recovery: 4, effect: { capacity: 0, stock_lost: 0.8 } },
        { name: "two", where: { everywhere: true }, after: 35, duration: "lognormal(mean=9, cv=1)", effect: { demand: 1.5 } },
      ],
    },
  },
];
const context: Context = { network, routes, ready };
const model: Plan = { ...START, from: "model" };

function flow(product: string, mean: number): Network["lanes"][number]["flows"][number] {
  return { product, activity: `x>s:sea/${product}`, mean };
}

describe("plan", () => {
  const plan: Plan = {
    from: "2026-03-01T06:00:00.123456Z",
    known: "2026-03-01T06:00:01Z",
    days: 200,
    at: 1,
    tries: [
      tryOf({ broken: [{ kind: "site", id: "a/b c" }], severity: 0.75, duration: 44, measures: [{ ...measureOf("expedite"), after: 5 }] }),
      tryOf({ ready: "library:fire", stretch: 1.5, name: "Nach dem Brand" }),
    ],
  };

  test("an address brings it back", () => {
    expect(readPlan(writePlan(plan))).toEqual(plan);
    expect(writePlan(START)).toBeNull();
    expect(readPlan(null)).toEqual(START);
  });

  test("what is wrong in an address does no harm", () => {
    expect(readPlan("{")).toEqual(START);
    expect(readPlan("[1]")).toEqual(START);
    const found = readPlan(JSON.stringify({ f: "yesterday", k: 3, d: 1e9, a: 99, s: [7, { b: [["king", "x"], ["site"], 4], t: ["x", -5, 1e9], m: [["magic"]], l: "../x" }] }));
    expect(found).toEqual({ from: "now", known: "", days: 365, at: 0, tries: [tryOf({ onset: 0, duration: 180 })] });
    expect(readPlan(JSON.stringify({ s: Array.from({ length: 9 }, () => ({})) })).tries.length).toBe(TRIES_MAX);
  });

  test("what is broken is mended by the same, and takes the place of a ready scenario", () => {
    const broken = { kind: "site", id: "x" } as const;
    const out = toggled(tryOf({ ready: "library:fire" }), broken);
    expect(out).toMatchObject({ ready: "", broken: [broken] });
    expect(toggled(out, broken).broken).toEqual([]);
    expect(changed(plan, 0, { severity: 0.5 }).tries[0]?.severity).toBe(0.5);
    expect(changed(plan, 0, { severity: 0.5 }).tries[1]).toBe(plan.tries[1]);
  });
});

describe("what is reached", () => {
  test("a site, its country, its owner and its passage cut off the same shop", () => {
    for (const broken of [{ kind: "site", id: "x" }, { kind: "country", id: "IN" }, { kind: "supplier", id: "them" }, { kind: "corridor", id: "suez" }] as const) {
      const found = reachedBy(network, routes, [broken]);
      expect([...found.lanes]).toEqual(["x>s:sea"]);
      expect(found.fed.map(({ product }) => product)).toEqual(["p", "q"]);
      expect(otherWays(network, found)).toEqual([{ site: "s", product: "p", lane: "y>s:air" }]);
      expect(hurried(network, found)).toEqual(["y>s:air"]);
    }
  });

  test("who is bought of cuts off who buys", () => {
    const found = reachedBy(network, routes, [{ kind: "supplier", id: "mill" }]);
    expect(found.fed).toEqual([{ site: "y", product: "p", lane: "" }]);
    expect([found.sites.size, found.lanes.size]).toEqual([0, 0]);
  });

  test("a product breaks wherever it moves, and nothing else with it", () => {
    expect(reachedBy(network, routes, [{ kind: "product", id: "q" }]).fed).toEqual([{ site: "s", product: "q", lane: "x>s:sea" }]);
    expect(reachedBy(network, routes, [{ kind: "product", id: "p" }]).lanes).toEqual(new Set(["x>s:sea", "y>s:air"]));
  });
});

describe("scenario", () => {
  const broken = tryOf({ broken: [{ kind: "supplier", id: "them" }], severity: 0.8, onset: 5, duration: 20, recovery: 10 });

  test("it says what a file would say, with days of the calendar", () => {
    expect(scenarioOf(broken, model, "out", context)).toEqual({
      name: "out",
      change: [],
      disruption: [
        { name: "supplier out", where: { supplier: ["them"] }, start: "2026-01-06", duration: 20, recovery: 10, effect: { capacity: 0.2 }, cause: "supplier" },
      ],
      intervention: [],
    });
    expect(scenarioOf(tryOf({}), model, "none", context)).toBeNull();
    expect(firstDay({ ...START, from: "2026-03-01T06:00:00Z" }, network)).toBe(Date.UTC(2026, 2, 1));
  });

  test("a passage that is wholly closed is sailed around", () => {
    const closed = tryOf({ broken: [{ kind: "corridor", id: "suez" }] });
    expect(scenarioOf(closed, model, "", context)?.disruption[0]).not.toHaveProperty("effect");
    expect(scenarioOf({ ...closed, severity: 0.4 }, model, "", context)?.disruption[0]).toMatchObject({ effect: { capacity: 0.6 } });
  });

  test("a ready scenario is moved, stretched and weakened as the engine does it", () => {
    const found = scenarioOf(tryOf({ ready: "library:fire", severity: 0.5, stretch: 2, onset: 3 }), model, "", context);
    expect(found?.disruption[0]).toMatchObject({ start: "2026-01-04", duration: 20, recovery: 8, effect: { capacity: 0.5, stock_lost: 0.4 } });
    expect(found?.disruption[1]).toMatchObject({ start: "2026-01-09", duration: "lognormal(mean=9, cv=1)", effect: { demand: 1.25 } });
    expect(found?.disruption.every((block) => !("after" in block))).toBe(true);
    expect(scenarioOf(tryOf({ ready: "library:nothing" }), model, "", context)).toBeNull();
  });

  test("measures are changes and interventions of those that are cut off", () => {
    const measures = [measureOf("buffer"), measureOf("expedite"), measureOf("reroute"), measureOf("overtime")];
    const found = scenarioOf({ ...broken, measures }, model, "", context);
    expect(found?.change).toEqual([
      { table: "stock_points", column: "service_target", set: 0.99, where: { site_id: "s", product_id: ["p", "q"] } },
      { table: "sources", where: { site_id: "s", product_id: "p", lane_id: "x>s:sea" }, column: "share", multiply: 0 },
    ]);
    expect(found?.intervention).toEqual([
      { name: "expedite", where: { lane: ["y>s:air"] }, start: "2026-01-09", duration: 27, effect: { lead_time: 0.5, cost: 2 } },
      { name: "overtime", where: { kind: "plant" }, start: "2026-01-09", duration: 27, effect: { capacity: 1.5, cost: 1.2 } },
    ]);
  });

  test("a backup comes behind all other ways, which are listed where they were implied", () => {
    const found = scenarioOf({ ...broken, measures: [measureOf("backup")] }, model, "", context);
    expect(found?.change).toEqual([
      { table: "sources", insert: { site_id: "s", product_id: "p", kind: "buy", rule: "contingency", priority: 9, lead_time: 14, cost: 13 } },
      { table: "sources", insert: { site_id: "s", product_id: "q", kind: "make" } },
      { table: "sources", insert: { site_id: "s", product_id: "q", kind: "move", lane_id: "x>s:sea" } },
      { table: "sources", insert: { site_id: "s", product_id: "q", kind: "buy", rule: "contingency", priority: 9, lead_time: 14, cost: 1.3 } },
    ]);
    const live = { ...START, from: "2026-03-01T06:00:00Z" };
    expect(whyNot("backup", broken, live, context)).toBe("lab.why.model");
    expect(scenarioOf({ ...broken, measures: [measureOf("backup")] }, live, "", context)?.change).toEqual([]);
  });

  test("a measure that cannot help says why", () => {
    expect(whyNot("reroute", tryOf({ broken: [{ kind: "product", id: "q" }] }), model, context)).toBe("lab.why.ways");
    expect(whyNot("buffer", tryOf({ broken: [{ kind: "site", id: "s" }] }), model, context)).toBe("lab.why.fed");
    expect(whyNot("expedite", tryOf({ ready: "library:fire" }), model, context)).toBe("lab.why.own");
    expect(whyNot("overtime", broken, model, { ...context, network: { ...network, sites: [] } })).toBe("lab.why.plants");
  });

  test("its file is TOML with days that are no texts", () => {
    const text = tomlOf(scenarioOf({ ...broken, measures: [measureOf("buffer")] }, model, 'the "big" one', context) as never);
    expect(text).toContain('name = "the \\"big\\" one"');
    expect(text).toContain("[[disruption]]\nname = \"supplier out\"\nwhere = { supplier = [\"them\"] }\nstart = 2026-01-06\n");
    expect(text).toContain("effect = { capacity = 0.2 }");
  });
});

describe("breakables", () => {
  test("everything of the network can be found, and ranked by its harm", () => {
    const all = listOf(network, corridorsOf(routes), (code) => `Land ${code}`, (name) => name.toUpperCase());
    expect(all.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      "supplier me", "supplier mill", "supplier them", "site x", "site y", "site s", "corridor suez", "country CN", "country GB", "country IN",
      "product q", "product p", "lane x>s:sea", "lane y>s:air",
    ]);
    expect(all.find(({ id }) => id === "x>s:sea")?.text).toContain("Maker X → Shop");
    expect([...harmOf([{ kind: "lane", id: "l", impact: null, rank: 2 }, { kind: "site", id: "x", impact: 5, rank: 1 }])]).toEqual([["site\nx", 5], ["lane\nl", 0]]);
  });
});

describe("outcome", () => {
  const row = { site_id: "s", product_id: "p", is_sold: true, first_date: "2026-01-20T00:00:00Z", earliest_date: "2026-01-18T00:00:00Z", units: 9 };
  const rows = [
    { ...row, stock_point: "s/p", probability: 0.9 },
    { ...row, stock_point: "s/q", product_id: "q", probability: 0.3, first_date: null },
    { ...row, stock_point: "x/p", site_id: "x", is_sold: false, probability: 1, first_date: "2026-01-02T00:00:00Z" },
    { ...row, stock_point: "y/p", site_id: "y", probability: 0.6 },
  ];

  test("who runs short anyway is left out, customers come first", () => {
    const found = shortagesOf(rows, [{ stock_point: "y/p", probability: 0.55, units: 8 }, { stock_point: "s/p", probability: 0.1, units: 1 }]);
    expect(found.map(({ point, before }) => [point, before])).toEqual([["s/p", 0.1], ["s/q", 0], ["x/p", 0]]);
    const ripple = rippleOf(found);
    expect(ripple.get("s")).toEqual({ level: "short", day: Date.UTC(2026, 0, 20), count: 2 });
    expect(ripple.has("y")).toBe(false);
    expect(lookedAt(found, [{ site: "s", product: "p" }, { site: "z", product: "p" }])).toEqual(["s/p", "s/q", "x/p", "z/p"]);
  });

  test("who is likely to run short as usual is told where much more is missing, and without a day", () => {
    const usual = rows.map((one) => ({ ...one, probability: 0.8, units: one.stock_point === "s/p" ? 4 : 9 }));
    expect(shortagesOf(rows, usual).map(({ point, first }) => [point, first])).toEqual([["s/p", null]]);
  });

  test("a fan has the columns of the rows", () => {
    const fan = fanOf([{ date: "2026-01-01T00:00:00Z", q05: 1, q25: 2, q50: 3, q75: 4, q95: 5 }, { date: "2026-01-02T00:00:00Z", q50: null }], "n");
    expect(fan.times).toEqual([Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 2)]);
    expect(fan.bands.map(({ low, high, level }) => [low[0], high[0], level])).toEqual([[1, 5, 0.9], [2, 4, 0.5]]);
    expect(fan.middle).toEqual([3, Number.NaN]);
  });

  test("differences stand side by side, figure by figure, and are exported whole", () => {
    const differences = [
      { job: "1", figure: "fill_rate", unit: "share", difference: -0.1, low: -0.2, high: 0, verdict: "worse", value: 0.8, reference: 0.9 },
      { job: "2", figure: "fill_rate", unit: "share", difference: -0.05, low: null, high: null, verdict: "unknown" },
      { job: "1", figure: "holding_cost", unit: "EUR/day", difference: 4, low: 3, high: 5, verdict: "worse" },
    ];
    const scenarios = [{ job: "1", name: "one", color: "series-1" }, { job: "2", name: "two", color: "series-2" }];
    const found = comparedBy(differences, scenarios, (verdict) => verdict.toUpperCase());
    expect(found.map(({ figure, rows: lines }) => [figure, lines.map(({ name, verdict }) => `${name} ${verdict}`)])).toEqual([["fill_rate", ["one WORSE", "two UNKNOWN"]]]);
    expect(keyFigures(differences, "1")).toEqual([
      { figure: "fill_rate", unit: "share", usual: 0.9, value: 0.8, difference: -0.1, low: -0.2, high: 0, verdict: "worse" },
    ]);
    const table = comparisonTable(differences, scenarios);
    expect(table.rows.length).toBe(3);
    expect(table.rows[2]?.slice(0, 3)).toEqual(["one", "holding_cost", "EUR/day"]);
  });

  test("the map crosses out what breaks and dates who runs short", () => {
    const scene = labScene({
      network,
      lines: laneLines(network, routes),
      struckSites: new Set(["x"]),
      struckLanes: lanesOf(network, new Set(["x>s:sea/q"])),
      ripple: new Map([["s", { level: "short", day: Date.UTC(2026, 0, 20), count: 1 }]]),
      isKnown: true,
      dayOf: () => "20 Jan",
    });
    expect(scene.sites.map(({ name, isStruck, level }) => [name, isStruck, level])).toEqual([
      ["Maker X", true, "good"],
      ["Maker Y", false, "good"],
      ["Shop · 20 Jan", false, "short"],
    ]);
    expect(scene.lanes.map(({ isStruck }) => isStruck)).toEqual([true, false]);
  });
});
