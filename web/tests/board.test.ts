import { describe, expect, test } from "vitest";

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
  const outlook = (...warnings: ReturnType<typeof warning>[]) => ({ time: "t2", warnings }) as Parameters<typeof news>[0];

  test("what the last look was the first to warn of is news, unless it was the first look of all", () => {
    expect([...news(outlook(warning("a1", "t1"), warning("b1", "t2")))]).toEqual(["b1"]);
    expect([...news(outlook(warning("a1", "t2"), warning("b1", "t2")))]).toEqual([]);
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
