import { describe, expect, test } from "vitest";

import { at, curveOf, curvesPicture, leastTold, nearestAcross, partRows, wantedIn, wantedOf, writeWanted, type Level, type Part, type Point } from "../src/board/annual";
import { bucketsOf, chosen, ratioRows, verdictOf, type Ratio } from "../src/board/bullwhip";
import { outIn, outOf, ripplePicture, rowsOf, scenarioOf, writeOut, type PointHit, type Stage } from "../src/board/ripple";
import { coverageLevel, differences, inTrouble, scoreLevel, weakest, type Source } from "../src/board/board";
import { costRows, customersBy, measureRows } from "../src/board/served";
import { exposurePicture, impactPicture, nearestPoint, type Outage } from "../src/board/exposure";
import { news } from "../src/outlook/warnings";
import { Format } from "../src/words/format";

describe("fidelity", () => {
  test("the weakest come first, names in order where they are equal", () => {
    expect(weakest({ b: 0.5, a: 0.5, c: 0.1, d: 0.9 }, 3)).toEqual([
      ["c", 0.1],
      ["a", 0.5],
      ["b", 0.5],
    ]);
  });

  test("too few inside an interval is worse than too many", () => {
    expect([0.5, 0.8, 0.85, 0.9, 0.95, 1].map(coverageLevel)).toEqual(["short", "low", "good", "good", "good", "low"]);
    expect([0.2, 0.5, 0.8].map(scoreLevel)).toEqual(["short", "low", "good"]);
  });

  test("sources in trouble come first", () => {
    const source = (name: string, state: Source["state"]): Source => ({ name, state }) as Source;
    const found = inTrouble([source("a", "receiving"), source("c", "failing"), source("b", "waiting")]);
    expect(found.map(({ name }) => name)).toEqual(["c", "b", "a"]);
  });
});

describe("what an event changed", () => {
  test("values that differ, one a row; when it was written is left out", () => {
    const cells = [
      { path: "stock/a/p", before: { quantity: 5, time: "x" }, after: { quantity: 3, time: "y" } },
      { path: "order/1", before: null, after: { open: 2, due: null, source: "s" } },
      { path: "order/2", before: { open: 2 }, after: null },
    ];
    expect(differences(cells)).toEqual([
      { path: "stock/a/p", name: "quantity", before: "5", after: "3" },
      { path: "order/1", name: "open", before: "–", after: "2" },
      { path: "order/2", name: "open", before: "2", after: "–" },
    ]);
  });
});

describe("warnings", () => {
  const warning = (stockPoint: string, since: string) =>
    ({ site: stockPoint.slice(0, 1), stockPoint, since }) as Parameters<typeof news>[0]["warnings"][number];
  const outlook = (isFirst: boolean, ...warnings: ReturnType<typeof warning>[]) =>
    ({ time: "t2", isFirst, warnings }) as Parameters<typeof news>[0];

  test("what the last look was the first to warn of is news, unless it was the first look of all", () => {
    expect([...news(outlook(false, warning("a1", "t1"), warning("b1", "t2")))]).toEqual(["b1"]);
    expect([...news(outlook(false, warning("a1", "t2"), warning("b1", "t2")))]).toEqual(["a1", "b1"]);
    expect([...news(outlook(true, warning("a1", "t2"), warning("b1", "t2")))]).toEqual([]);
  });
});

describe("exposure", () => {
  const format = new Format("en");
  const words = { survive: "survive", recover: "recover", exposed: "exposed", endless: "for ever" };
  const outage = (id: string, survive: number | null, recover: number, impact: number): Outage => ({
    rank: 1,
    kind: "site",
    id,
    name: null,
    time_to_recover: recover,
    time_to_survive: survive,
    is_exposed: survive !== null && survive < recover,
    impact,
    exposure_index: impact / 100,
    impact_by_period: null,
  });
  const outages = [outage("a", 3, 30, 100), outage("b", 60, 30, 0), outage("c", null, 30, 0)];
  const picture = exposurePicture(outages, { width: 600, height: 380 }, format, words);

  test("who is exposed lies left of who survives longer, and who never runs out at the right edge", () => {
    const [a, b, c] = picture.points;
    expect(a?.x).toBeLessThan(b?.x as number);
    expect(b?.x).toBeLessThan(c?.x as number);
    expect(new Set(picture.points.map(({ y }) => y)).size).toBe(1);
    for (const { x, y } of picture.points) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(600);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(380);
    }
  });

  test("the point under the pointer is found, and none where none is near", () => {
    const [a] = picture.points;
    expect(nearestPoint(picture.points, (a?.x ?? 0) + 3, (a?.y ?? 0) - 3)).toBe(0);
    expect(nearestPoint(picture.points, 0, 0)).toBe(-1);
  });

  test("bars are as long as what they cost", () => {
    const found = impactPicture([outage("a", 3, 30, 100), outage("b", 3, 30, 50)], 500, "EUR", format);
    const long = found.shapes.flatMap((shape) => (shape.kind === "path" ? [Number(/h([\d.]+)v16/.exec(shape.d)?.[1])] : []));
    expect(long).toHaveLength(2);
    expect((long[1] as number) / (long[0] as number)).toBeCloseTo(0.5, 2);
  });
});

describe("service", () => {
  test("measures keep their order, and those that are not there are left out", () => {
    const rows = measureRows(
      [
        { measure: "fill_rate", value: 0.9, low: 0.89, high: 0.91 },
        { measure: "otif_order", value: 0.5, low: null, high: null },
        { measure: "ready_rate", value: null },
      ],
      (name) => name.toUpperCase(),
    );
    expect(rows.map(({ name, low, high }) => [name, low, high])).toEqual([
      ["OTIF_ORDER", null, null],
      ["FILL_RATE", 0.89, 0.91],
    ]);
  });

  test("costs are sorted, those of nothing are left out", () => {
    const rows = costRows(
      [
        { line: "a", amount: 1, half_width: 0.1 },
        { line: "b", amount: 0, half_width: 0 },
        { line: "c", amount: 5, half_width: null },
      ],
      (line) => line,
    );
    expect(rows.map(({ name, low, high }) => [name, low, high])).toEqual([
      ["c", null, null],
      ["a", 0.9, 1.1],
    ]);
  });

  test("customers who get least come first, those without lines last", () => {
    const customers = [
      { by: "site", id: "a", otif_line: 0.9 },
      { by: "product", id: "p", otif_line: 0.1 },
      { by: "site", id: "b", otif_line: null },
      { by: "site", id: "c", otif_line: 0.2 },
    ];
    expect(customersBy(customers, "site").map((row) => row["id"])).toEqual(["c", "a", "b"]);
  });
});

describe("the loss of a year", () => {
  const format = new Format("en");
  const point = (loss: number, probability: number, by: Point["by"] = "priced"): Point => ({ by, loss, probability, low: probability * 0.8, high: Math.min(1, probability * 1.2) });
  const points = [point(1000, 0.01), point(0, 0.6), point(10, 0.3), point(100, 0.1), point(10_000, 0.0001), point(0, 0.7, "played")];
  const words = { loss: "loss", probability: "probability", period: "one year in", band: "band", level: "level" };
  const level: Level = {
    by: "priced",
    level: 0.9,
    return_period: 10,
    value_at_risk: 100,
    value_at_risk_low: 90,
    value_at_risk_high: 120,
    expected_shortfall: 300,
    expected_shortfall_low: 250,
    expected_shortfall_high: 350,
  };

  test("an address holds what is asked for, and nothing that cannot be", () => {
    expect(wantedIn(writeWanted({ measure: "units", years: 2000, simulated: 40 }))).toEqual({ measure: "units", years: 2000, simulated: 40 });
    for (const wrong of [null, "", "units", "gold,10,0", "units,1,0", "units,100,39", "units,100,2001", "units,9999999,0"]) expect(wantedIn(wrong), String(wrong)).toBeNull();
    // A job leaves out what is as usual.
    expect(wantedOf({ measure: "sales" })).toEqual({ measure: "sales", years: 10_000, simulated: 0 });
  });

  test("the curve ends where too few years tell of it, and is read as a step", () => {
    const curve = curveOf(points, "priced", leastTold(10_000, 0.9));
    expect(curve.map(({ loss }) => loss)).toEqual([0, 10, 100, 1000]);
    expect([0, 9, 10, 500, 1000].map((loss) => at(curve, loss)?.probability)).toEqual([0.6, 0.6, 0.3, 0.1, 0.01]);
    expect(at(curve, 1001)).toBeNull();
    expect(at([], 0)).toBeNull();
  });

  test.each([true, false])("larger losses lie to the right, rarer ones lower, all within the plot (logarithmic: %s)", (isLogarithmic) => {
    const curve = curveOf(points, "priced", 0.001);
    const { plot, x, y, shapes, legend } = curvesPicture({ curves: [{ name: "priced", points: curve, levels: [level] }], isLogarithmic, width: 600, height: 360 }, format, words);
    const [across, down] = [curve.map(({ loss }) => x(loss)), curve.map(({ probability }) => y(probability))];
    expect(across).toEqual([...across].sort((a, b) => a - b));
    expect(down).toEqual([...down].sort((a, b) => a - b));
    for (const at of across) expect(at).toBeGreaterThanOrEqual(plot.left - 1e-6);
    for (const at of across) expect(at).toBeLessThanOrEqual(plot.right + 1e-6);
    for (const at of [...down, y(0)]) expect(at).toBeLessThanOrEqual(plot.bottom + 1e-6);
    // Every tenth of probability is as far from the next one.
    expect(y(0.1) - y(1)).toBeCloseTo(y(0.01) - y(0.1), 6);
    expect(shapes.every((shape) => (shape.kind === "path" ? !/NaN|Infinity/.test(shape.d) : Number.isFinite(shape.x) && Number.isFinite(shape.y)))).toBe(true);
    expect(legend.map(({ name }) => name)).toEqual(["priced", "band", "level"]);
    expect(nearestAcross(curve, x, x(100) + 2)).toBe(2);
  });

  test("on a logarithmic axis tenfolds are equally far apart", () => {
    const curve = curveOf(points, "priced", 0.001);
    const { x } = curvesPicture({ curves: [{ name: "", points: curve, levels: [] }], isLogarithmic: true, width: 600, height: 360 }, format, words);
    expect(x(100) - x(10)).toBeCloseTo(x(1000) - x(100), 6);
  });

  test("parts are those that add something, the largest first", () => {
    const part = (by: string, id: string, shortfall: number): Part => ({ by, id, name: id, events: 1, mean: 1, shortfall, shortfall_low: shortfall - 1, shortfall_high: shortfall + 1, shortfall_share: 0.5 });
    const rows = partRows([part("cause", "a", 1), part("site", "s", 9), part("cause", "b", 5), part("cause", "c", 0)], (by) => by === "cause", ({ id }) => id);
    expect(rows.map(({ name, low, high }) => [name, low, high])).toEqual([
      ["b", 4, 6],
      ["a", 0, 2],
    ]);
  });
});

describe("the ripple of an outage", () => {
  const format = new Format("en");
  const stage = (stage: number, reached: number, onset: number | null, recover: number | null): Stage => ({ stage, points: 10, reached, onset, depth: 0.5, time_to_recover: recover });
  const hit = (stage: number, site: string, onset: number, recover: number | null, missed: number, product = "p"): PointHit => ({
    stage,
    site_id: site,
    product_id: product,
    onset,
    depth: 0.4,
    time_to_recover: recover,
    missed_value: missed,
  });
  const names = { stage: ({ stage }: Stage): string => `stage ${stage}`, site: (id: string): string => id.toUpperCase() };
  const rows = rowsOf(
    [stage(1, 2, 75, null), stage(2, 1, 62, 10), stage(3, 0, null, null)],
    [hit(1, "shop", 80, 5, 9), hit(1, "shop", 76, 30, 1, "q"), hit(1, "store", 70, null, 5), hit(2, "plant", 61, 12, 7)],
    60,
    names,
  );

  test("an address holds what is out, whatever its id is made of", () => {
    const out = { kind: "lane", id: "a>b:road", days: 45 } as const;
    expect(outIn(writeOut(out))).toEqual(out);
    for (const wrong of [null, "", "lane", "lane:0:a", "lane:9999:a", "port:3:a", "site:3:"]) expect(outIn(wrong), String(wrong)).toBeNull();
  });

  test("an outage is found again in what a job was asked, and nothing else is taken for one", () => {
    const out = { kind: "supplier", id: "nashik", days: 30 } as const;
    const asked = JSON.parse(JSON.stringify({ scenario: scenarioOf(out) })) as Record<string, unknown>;
    expect(outOf(asked)).toEqual(out);
    expect(outOf({})).toBeNull();
    expect(outOf({ scenario: { ...scenarioOf(out), change: [{}] } })).toBeNull();
    expect(outOf({ scenario: { name: "x", disruption: [{ where: { site: ["a", "b"] }, duration: 3 }] } })).toBeNull();
  });

  test("stages go from the makers down, sites by when they are hit, and a stage that is not reached is left out", () => {
    expect(rows.map(({ name }) => name)).toEqual(["stage 2", "PLANT", "stage 1", "STORE", "SHOP"]);
    const shop = rows[4];
    // A site is hit with its first product and well with its last.
    expect([shop?.from, shop?.until, shop?.points.length]).toEqual([16, 46, 2]);
    expect([rows[3]?.from, rows[3]?.until]).toEqual([10, null]);
  });

  test("bars lie within the plot; what is not well again goes on to the edge", () => {
    const words = { out: "out", time: "time", bar: "bar", stage: "stage" };
    const picture = ripplePicture({ rows, lasts: 30, periods: 365, width: 500 }, format, words);
    const bars = picture.shapes.flatMap((shape) => {
      const found = shape.kind === "path" && (shape.fill === "short" || shape.fill === "series-3") ? /^M([\d.]+) [\d.]+H([\d.]+)V/.exec(shape.d) : null;
      return found ? [[Number(found[1]), Number(found[2])] as const] : [];
    });
    expect(bars).toHaveLength(rows.length);
    for (const [from, to] of bars) {
      expect(from).toBeGreaterThanOrEqual(picture.plot.left);
      expect(to).toBeGreaterThan(from);
      expect(to).toBeLessThanOrEqual(picture.plot.right);
    }
    // Two have no end in the run: that of the store, and of the stage.
    const arrows = picture.shapes.filter((shape) => shape.kind === "path" && /^M[\d.]+ [\d.]+L[\d.]+ [\d.]+L[\d.]+ [\d.]+Z$/.test(shape.d));
    expect(arrows).toHaveLength(2);
    expect(picture.shapes.every((shape) => (shape.kind === "path" ? !/NaN|Infinity/.test(shape.d) : Number.isFinite(shape.x)))).toBe(true);
  });
});

describe("bullwhip", () => {
  const ratio = (change: Partial<Ratio>): Ratio => ({
    level: "echelon",
    echelon: 1,
    product_id: null,
    points: 3,
    bucket: "week",
    periods: 7,
    flow: "orders",
    against: "customers",
    mean: 1,
    variance: 1,
    demand_variance: 1,
    variance_ratio: 2,
    variance_ratio_low: 1.5,
    variance_ratio_high: 2.5,
    ...change,
  });
  const choice = { level: "echelon", bucket: "week", flow: "orders", against: "customers" } as const;

  test("echelons stand from the customers upwards, and only what is meant", () => {
    const ratios = [ratio({ echelon: 2 }), ratio({}), ratio({ bucket: "day", periods: 1 }), ratio({ flow: "shipments" }), ratio({ echelon: 3, variance_ratio: null })];
    expect(chosen(ratios, choice).map(({ echelon }) => echelon)).toEqual([1, 2]);
    expect(bucketsOf(ratios)).toEqual(["day", "week"]);
  });

  test("a ratio is told from 1 by its whole interval", () => {
    expect([ratio({}), ratio({ variance_ratio_low: 0.9 }), ratio({ variance_ratio: 0.5, variance_ratio_low: 0.4, variance_ratio_high: 0.6 }), ratio({ variance_ratio_low: null })].map(verdictOf)).toEqual([
      "more",
      "neither",
      "less",
      "neither",
    ]);
    expect(ratioRows([ratio({})], () => "e", (verdict) => verdict)).toEqual([{ name: "e", value: 2, low: 1.5, high: 2.5, verdict: "more", color: "short" }]);
  });
});
