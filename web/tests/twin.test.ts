import { describe, expect, test } from "vitest";

import { nextQuery } from "../src/api/client";
import { takeToken } from "../src/api/session";
import { EventCutter, waitSeconds } from "../src/api/stream";
import { START, readAddress, writeAddress } from "../src/shell/address";
import { Cells, NEVER, pathOf } from "../src/twin/cells";
import { goodsOnWay, openOrders, shareOf, siteSummaries } from "../src/twin/summary";
import { Format, chosenLanguage } from "../src/words/format";
import { en } from "../src/words/en";
import { zh } from "../src/words/zh";
import { network } from "./sample";

describe("stream", () => {
  test("events are whole wherever the pieces end", () => {
    const text = 'retry: 2000\n: chaintwin\n\nid: 7\nevent: change\ndata: {"a":1}\n\n: still here\n\nid: 8\nevent: change\ndata: 2\n\n';
    for (let cut = 0; cut <= text.length; cut++) {
      const cutter = new EventCutter();
      const found = [...cutter.push(text.slice(0, cut)), ...cutter.push(text.slice(cut))];
      expect(found).toEqual([
        { id: "7", event: "change", data: '{"a":1}' },
        { id: "8", event: "change", data: "2" },
      ]);
    }
  });

  test("who fails waits longer, but never for ever", () => {
    expect(waitSeconds(1, 0.5)).toBe(2);
    expect(waitSeconds(2, 0.5)).toBe(4);
    expect(waitSeconds(50, 1)).toBeLessThan(20);
  });
});

describe("client", () => {
  test("the next page is found", () => {
    const link = '<http://127.0.0.1:1/api/v1/state?table=stock&perPage=1000&nextPageToken=abc>; rel="next"';
    expect(nextQuery(link)).toEqual({ table: "stock", perPage: "1000", nextPageToken: "abc" });
    expect(nextQuery(null)).toBeNull();
  });

  test("a token leaves the address", () => {
    const kept: Record<string, string> = {};
    const store = { setItem: (name: string, value: string) => (kept[name] = value) } as unknown as Storage;
    let address = "";
    const history = { replaceState: (_: unknown, __: string, url: string) => (address = url) } as unknown as History;
    takeToken({ hash: "#token=ct_x-1", pathname: "/", search: "" } as Location, history, store);
    expect(Object.values(kept)).toEqual(["ct_x-1"]);
    expect(address).toBe("/#/map");
    address = "";
    takeToken({ hash: "#/map?site=a", pathname: "/", search: "" } as Location, history, store);
    expect(address).toBe("");
  });
});

describe("cells", () => {
  const rows = [
    { site: "a", product: "p", lot: "", quality: "", quantity: 10, time: "2026-01-02T00:00:00Z", source: "run" },
    { site: "a", product: "p", lot: "l 1", quality: "", quantity: 5, time: "2026-01-03T00:00:00Z", source: "wms" },
    { site: "a", product: "p", lot: "", quality: "", unit: "pallet", quantity: 99, time: "2026-01-03T00:00:00Z", source: "wms" },
  ];

  test("paths are those of the server", () => {
    expect(pathOf("stock", ["plant 1", "milk", "", ""])).toBe("stock/plant%201/milk//");
    expect(pathOf("consignment", ["a>b:sea/(x)'", "-3", "5"])).toBe("consignment/a%3Eb%3Asea%2F%28x%29%27/-3/5");
  });

  test("a change tells what is, so that it may come twice", () => {
    const cells = new Cells();
    cells.fill("stock", rows);
    const change = {
      sequence: 3,
      occurredAt: "2026-01-04T00:00:00Z",
      cells: [
        { path: "stock/a/p//", after: null },
        { path: "stock/a/p/l%201/", after: { quantity: 4, time: "2026-01-04T00:00:00Z", source: "wms" } },
        { path: "cash/x/EUR", after: { amount: 1 } },
      ],
    };
    cells.apply(change);
    cells.apply(change);
    expect([...cells.of("stock")].map(({ key, values }) => [key, values["quantity"]])).toEqual([[["a", "p", "l 1", ""], 4]]);
  });

  test("stock is added up over lots, with the latest source", () => {
    const cells = new Cells();
    cells.fill("stock", rows);
    const [line] = siteSummaries(network, cells, { product: null }).get("a")?.lines ?? [];
    expect(line).toMatchObject({ quantity: 15, cover: 3.75, level: "short", source: "wms", time: "2026-01-03T00:00:00Z" });
  });

  test("what is owed is short, what nobody asks for is not", () => {
    const cells = new Cells();
    cells.fill("stock", [
      { site: "b", product: "p", lot: "", quality: "", quantity: 40, time: "2026-01-02T00:00:00Z", source: "run" },
      { site: "c", product: "q", lot: "", quality: "", quantity: 0, time: "2026-01-02T00:00:00Z", source: "run" },
    ]);
    let found = siteSummaries(network, cells, { product: null });
    expect(found.get("b")).toMatchObject({ level: "good", missing: 0, value: 400 });
    expect(found.get("c")?.lines[0]?.level).toBe("good");
    expect(found.get("a")?.level).toBe("unknown");
    // What is far below its plan is short, but not out of stock.
    cells.fill("stock", [{ site: "b", product: "p", lot: "", quality: "", quantity: 1, time: "2026-01-02T00:00:00Z", source: "run" }]);
    found = siteSummaries(network, cells, { product: null });
    expect(found.get("b")).toMatchObject({ missing: 0 });
    expect(found.get("b")?.lines[0]).toMatchObject({ level: "short", isMissing: false });
    cells.fill("backlog", [{ stream: "b/p/all", site: "b", product: "p", quantity: 3 }]);
    found = siteSummaries(network, cells, { product: null });
    expect(found.get("b")).toMatchObject({ missing: 1 });
    expect(found.get("b")?.lines[0]).toMatchObject({ owed: 3, level: "short" });
  });

  test("goods are where their dates put them", () => {
    const cells = new Cells();
    cells.fill("consignment", [{ activity: "a>b:sea/p", started: 0, due: 10, units: 7, status: "moving", time: "2026-01-01T00:00:00Z" }]);
    cells.fill("shipment", [
      { shipment: "s1", origin: "b", destination: "c", departed_at: "2026-01-01T00:00:00Z", planned_at: "2026-01-05T00:00:00Z", predicted_at: null },
    ]);
    cells.fill("cargo", [{ shipment: "s1", product: "q", lot: "", quality: "", quantity: 2 }]);
    const found = goodsOnWay(network, cells, Date.parse("2026-01-03T00:00:00Z"), { product: null });
    expect(found.map(({ lane, product, quantity, share }) => [lane, product, quantity, share])).toEqual([
      ["a>b:sea", "p", 7, 0.2],
      ["b>c:road", "q", 2, 0.5],
    ]);
    expect(goodsOnWay(network, cells, 0, { product: "q" }).length).toBe(1);
    cells.fill("consignment", [{ activity: "a>b:sea/p", started: 0, due: null, units: 7 }]);
    expect([...cells.of("consignment")][0]?.path).toBe(`consignment/a%3Eb%3Asea%2Fp/0/${NEVER}`);
    expect(goodsOnWay(network, cells, 0, { product: "p" })[0]).toMatchObject({ departedAt: Date.parse("2026-01-01"), dueAt: null, share: null });
    expect(shareOf(null, 5, 1)).toBeNull();
    expect(shareOf(0, 10, 100)).toBe(0.99);
  });

  test("orders of which nothing is open are over", () => {
    const cells = new Cells();
    cells.fill("order", [
      { order: "1", product: "p", origin: "a", destination: "b", open: 5, status: "placed" },
      { order: "2", product: "p", origin: "a", destination: "b", open: 0, status: "received" },
    ]);
    expect(openOrders(cells, "b").map(({ order }) => order)).toEqual(["1"]);
    expect(openOrders(cells, "c")).toEqual([]);
  });
});

describe("address", () => {
  test("every part of it comes back", () => {
    const at: [number, number, number] = [10.5, -3, 4];
    const time = Date.parse("2026-11-28T12:05:00Z");
    const address = {
      ...START,
      view: "site" as const,
      site: "a b",
      product: "p/1",
      owner: "o",
      tier: 2,
      mode: "sea",
      network: "j1",
      lab: '{"f":"model"}',
      loss: "units,2000,40",
      out: "lane:30:a>b:road",
      at,
      time,
    };
    expect(readAddress(writeAddress(address))).toEqual(address);
    expect(writeAddress(address)).toContain("time=2026-11-28T12:05Z");
    expect(readAddress(writeAddress(START))).toEqual(START);
  });

  test("what is wrong is as at the start", () => {
    expect(readAddress("#/nothing?tier=x&at=1,2")).toEqual(START);
    expect(readAddress("#/map?at=a,b,c")).toEqual(START);
    expect(readAddress("#/map?at=1,2,1e9").at).toEqual([1, 2, 200]);
    expect(readAddress("#/map?time=2026-13-01T00:00Z").time).toBeNull();
    expect(readAddress("#/map?time=yesterday").time).toBeNull();
  });
});

describe("words", () => {
  test("each language has every word, with the same places to fill", () => {
    const places = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const name of Object.keys(en) as (keyof typeof en)[]) {
      expect(zh[name], name).toBeTruthy();
      expect(places(zh[name]), name).toEqual(places(en[name]));
    }
    expect(Object.keys(zh).length).toBe(Object.keys(en).length);
  });

  test("numbers and ages are written as the language does", () => {
    const format = new Format("en");
    expect(format.number(1234.56)).toBe("1,234.6");
    expect(format.number(2_707_398)).toBe("2.71M");
    expect(format.age("2026-01-01T00:00:00Z", Date.parse("2026-01-03T12:00:00Z"))).toBe("2 days ago");
    expect(new Format("zh").word("filter.counts.goods", { goods: 3 })).toContain("3");
    expect(format.named("kind", "spaceport")).toBe("spaceport");
  });

  test("the first language that we have is chosen", () => {
    expect(chosenLanguage(["fr-FR", "zh-CN", "en"], null)).toBe("zh");
    expect(chosenLanguage(["fr"], null)).toBe("en");
    expect(chosenLanguage(["zh"], "en")).toBe("en");
  });
});
