import { describe, expect, test } from "vitest";

import { dated, measured, reach, timeAxis, valueAxis } from "../src/charts/axes";
import { csvOf, fileName } from "../src/charts/csv";
import { fanPicture, fanTable, nearest, saidAt, type Fan } from "../src/charts/fan";
import { intervalPicture, intervalTable, saidRow, type IntervalRow } from "../src/charts/intervals";
import { fitted, fittedMiddle, svgOf, widthOf, withTitle, type PathShape, type TextShape } from "../src/charts/picture";
import { Format } from "../src/words/format";

const DAY = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const format = new Format("en");
const words = { band: (share: string) => `${share} of runs`, observed: "Observed" };
const fan: Fan = {
  name: "as it is",
  times: [0, 1, 2, 3].map((day) => start + day * DAY),
  bands: [
    { low: [40, 30, 20, 10], high: [60, 50, 45, 40], level: 0.5 },
    { low: [30, 20, 10, 0], high: [80, 70, 60, 55], level: 0.9 },
  ],
  middle: [50, 40, Number.NaN, 25],
};
const input = { unit: "each", fans: [fan], observed: null, mark: null, width: 600, height: 200 };
const isPath = (shape: { kind: string }): shape is PathShape => shape.kind === "path";
const isText = (shape: { kind: string }): shape is TextShape => shape.kind === "text";

describe("axes", () => {
  test("a quantity is seen from nothing on, a share up to all", () => {
    expect(reach([5, 9, Number.NaN], "each")).toEqual([0, 9]);
    expect(reach([-2, -1], "each")).toEqual([-2, 0]);
    expect(reach([0.93, 0.99], "share")).toEqual([0.9, 1]);
    expect(reach([0.4, 0.99], "share")).toEqual([0.4, 1]);
    expect(reach([-0.1, 0.1], "share")).toEqual([-0.1, 0.1]);
    expect(reach([Number.NaN], "each")).toEqual([0, 1]);
    expect(reach([0, 0], "each")).toEqual([0, 1]);
  });

  test("places and values are each other's way back, and ticks lie within", () => {
    const axis = valueAxis([0, 93], [180, 20], "each", format);
    for (const value of [0, 17.5, 93]) expect(axis.back(axis.place(value))).toBeCloseTo(value, 6);
    expect(axis.ticks.length).toBeGreaterThan(1);
    for (const { at } of axis.ticks) {
      expect(at).toBeGreaterThanOrEqual(20);
      expect(at).toBeLessThanOrEqual(180);
    }
    expect(axis.place(93)).toBeLessThan(axis.place(10));
  });

  test("an axis of shares ends at all", () => {
    const axis = valueAxis([0.63, 1], [180, 20], "share", format);
    expect(axis.place(1)).toBeCloseTo(20, 6);
    expect(axis.ticks.at(-1)?.label).toBe("100%");
  });

  test("times are written as finely as the ticks are apart, in the language", () => {
    const noon = Date.UTC(2026, 2, 5, 12);
    expect(dated(noon, DAY / 4, "en")).toMatch(/^12:00\sPM$/);
    expect(dated(noon - DAY / 2, DAY / 4, "en")).toBe("Mar 5");
    expect(dated(noon, DAY, "de")).toBe("5. März");
    expect(dated(Date.UTC(2026, 0, 1), 31 * DAY, "en")).toBe("Jan 2026");
    expect(dated(noon, 31 * DAY, "zh")).toBe("3月");
    expect(dated(noon, 366 * DAY, "en")).toBe("2026");
    expect(timeAxis([start, start], [0, 100], "en").place(start)).toBeCloseTo(50, 6);
  });

  test("values are told with what they are counted in", () => {
    expect(measured(0.123, "share", format)).toBe("12.3%");
    expect(measured(1234.5, "USD", format)).toBe("1,234.5 USD");
    expect(measured(Number.NaN, "USD", format)).toBe("–");
  });
});

describe("fan", () => {
  test("bands and middle are paths with a gap where nothing is known", () => {
    const picture = fanPicture(input, format, words);
    const bands = picture.shapes.filter(isPath).filter(({ fill, opacity }) => fill === "series-1" && opacity < 1);
    expect(bands.length).toBe(2);
    const middle = picture.shapes.filter(isPath).find(({ stroke, width }) => stroke === "series-1" && width === 2);
    expect(middle?.d.match(/M/g)?.length).toBe(2);
    expect(picture.legend.map(({ name }) => name)).toEqual(["as it is", "90% of runs", "50% of runs"]);
    expect(picture.shapes.filter(isText).every(({ x, y }) => x >= 0 && x <= 600 && y >= 0 && y <= 200)).toBe(true);
  });

  test("the second fan has dashes, and a mark stands where it is", () => {
    const second = { ...fan, name: "broken", middle: [50, 30, 10, 0] };
    const mark = { time: start + 1.5 * DAY, name: "strikes" };
    const picture = fanPicture({ ...input, fans: [fan, second], mark }, format, words);
    const dashed = picture.shapes.filter(isPath).filter(({ dash, stroke }) => dash.length && stroke === "series-2");
    expect(dashed.length).toBe(1);
    expect(picture.shapes.filter(isText).map(({ text }) => text)).toContain("strikes");
    const away = fanPicture({ ...input, mark: { ...mark, time: start - DAY } }, format, words);
    expect(away.shapes.filter(isText).map(({ text }) => text)).not.toContain("strikes");
  });

  test("it says what it holds at a time, widest first", () => {
    expect(saidAt(fan, 0, "each", format)).toEqual({ middle: "50 each", bands: ["90%: 30 each – 80 each", "50%: 40 each – 60 each"] });
    expect(saidAt(fan, 2, "each", format).middle).toBe("–");
    expect(nearest(fan.times, start + 1.4 * DAY)).toBe(1);
    expect(nearest([], 5)).toBe(-1);
  });

  test("its table has every time once, what was observed among them", () => {
    const observed = { times: [start - DAY, start], values: [70, 52] };
    const { head, rows } = fanTable([fan], observed, { time: "Time", observed: "Observed", middle: "Middle" });
    expect(head).toEqual(["Time", "as it is: Middle", "as it is: q05", "as it is: q95", "as it is: q25", "as it is: q75", "Observed"]);
    expect(rows.length).toBe(5);
    expect(rows[0]).toEqual(["2025-12-31T00:00:00.000Z", null, null, null, null, null, 70]);
    expect(rows[1]).toEqual(["2026-01-01T00:00:00.000Z", 50, 30, 80, 40, 60, 52]);
    expect(rows[3]?.[1]).toBeNull();
  });
});

describe("intervals", () => {
  const rows: IntervalRow[] = [
    { name: "one", value: -0.02, low: -0.03, high: -0.01, verdict: "worse", color: "series-1" },
    { name: "two", value: 0.01, low: null, high: null, verdict: "", color: "series-2" },
  ];

  test("no difference is marked, and what has no interval has a point alone", () => {
    const picture = intervalPicture({ unit: "share", rows, zero: 0, width: 500 }, format);
    const bars = picture.shapes.filter(isPath).filter(({ stroke }) => stroke?.startsWith("series"));
    expect(bars.length).toBe(1);
    expect(picture.shapes.filter(isPath).filter(({ fill }) => fill?.startsWith("series")).length).toBe(2);
    expect(picture.shapes.filter(isPath).filter(({ stroke, width }) => stroke === "text-soft" && width === 1.5).length).toBe(1);
    expect(picture.shapes.filter(isText).some(({ text }) => text.endsWith("worse"))).toBe(true);
  });

  test("a row is said whole, and the table has a column for verdicts where there are any", () => {
    expect(saidRow(rows[0] as IntervalRow, "share", format)).toBe("-2% · -3% – -1% · worse");
    const words = { name: "Name", value: "Value", low: "Low", high: "High", verdict: "Verdict" };
    expect(intervalTable(rows, words).rows[1]).toEqual(["two", 0.01, null, null, ""]);
    expect(intervalTable(rows.slice(1), words).head.length).toBe(4);
  });
});

describe("files", () => {
  test("CSV is what a spreadsheet reads, and no formula", () => {
    expect(csvOf(["a", "b"], [["=1+1", 0.5], ['say "so", now', null], ["-x", Number.NaN]])).toBe(
      "a,b\r\n'=1+1,0.5\r\n\"say \"\"so\"\", now\",\r\n'-x,\r\n",
    );
    expect(fileName("Stock: Harare / TLD!", "csv")).toBe("stock-harare-tld.csv");
    expect(fileName("库存", "png")).toBe("库存.png");
    expect(fileName("…", "png")).toBe("chart.png");
  });

  test("an SVG stands alone and holds no markup of its texts", () => {
    const picture = fanPicture(input, format, words);
    const svg = svgOf(withTitle(picture, "a < b & c", picture.legend), (name) => `rgb(${name.length} 0 0)`, 'x, "y"');
    expect(svg).toContain("a &lt; b &amp; c");
    expect(svg).not.toContain("var(");
    expect(svg).not.toContain("NaN");
    expect(svg).not.toContain("style=");
    expect(svg.match(/<path/g)?.length).toBeGreaterThan(5);
  });

  test("a title takes room above, and texts are cut to theirs", () => {
    const picture = fanPicture(input, format, words);
    expect(withTitle(picture, "t", picture.legend).height).toBeGreaterThan(picture.height + 40);
    expect(widthOf("库存")).toBeGreaterThan(widthOf("ab"));
    expect(fitted("a rather long name", 60).length).toBeLessThan(12);
    expect(fitted("short", 60)).toBe("short");
    expect(fittedMiddle("Raw materials + Overtime", 120)).toMatch(/^Raw ma….*Overtime$/);
    expect(fittedMiddle("short", 60)).toBe("short");
  });
});
