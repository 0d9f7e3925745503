import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Job } from "../src/api/client";
import { withEarlier, type SiteDocument } from "../src/sites/known";
import { Names } from "../src/sites/naming";
import { Ahead } from "../src/times/ahead.svelte";
import { Asker } from "../src/times/asker";
import { fansOf, forecastSummaries, questionOf, usable, type StockRow } from "../src/times/forecast";
import {
  Scale,
  aheadTicks,
  askedPast,
  calendarOf,
  closeOf,
  daysAhead,
  firstOf,
  kindOf,
  lastOf,
  momentAt,
  momentOf,
  nameTime,
  pastTicks,
  periodNow,
  periodOf,
  presentOf,
  roundedPast,
  settled,
  speedFor,
  stepped,
  type Span,
} from "../src/times/moments";
import { saidTime } from "../src/times/saying";
import { Format } from "../src/words/format";
import { network } from "./sample";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text);
const calendar = calendarOf("2026-01-01", 24);
const present = at("2026-01-31T12:00:00Z");
const span: Span = { first: at("2026-01-01T00:00:00Z"), present, last: lastOf(calendar, present, 30) };
const scale = new Scale(span);

describe("moments", () => {
  test("the present is now, or the latest event where the log stands still or runs ahead", () => {
    const latest = "2026-01-08T00:00:00Z";
    expect(presentOf(at("2026-01-08T05:00:00Z"), latest, 24)).toBe(at("2026-01-08T05:00:00Z"));
    expect(presentOf(at("2026-11-30T00:00:00Z"), latest, 24)).toBe(at(latest));
    expect(presentOf(at("2026-01-07T00:00:00Z"), latest, 24)).toBe(at(latest));
    expect(presentOf(5, null, 24)).toBe(5);
  });

  test("the last event of a period, a microsecond before the next, belongs to what has begun", () => {
    const eve = momentOf("2026-01-31T23:59:59.999999Z");
    expect(eve).toBe(at("2026-02-01T00:00:00Z"));
    expect(periodNow(calendar, eve)).toBe(31);
    expect(momentOf("2026-01-31T12:00:00.250Z")).toBe(at("2026-01-31T12:00:00.250Z"));
  });

  test("periods are those of the network: under way now, closed at their end", () => {
    expect(periodNow(calendar, present)).toBe(30);
    expect(periodNow(calendar, at("2026-01-31T00:00:00Z"))).toBe(30);
    expect(closeOf(calendar, 30)).toBe(at("2026-02-01T00:00:00Z"));
    expect(periodOf(calendar, at("2026-02-01T00:00:00Z"))).toBe(30);
    expect(periodOf(calendar, at("2026-02-01T00:00:01Z"))).toBe(31);
    expect(nameTime(calendar, 30)).toBe(at("2026-01-31T00:00:00Z"));
    expect(nameTime(calendarOf("2026-01-01", 1), 5)).toBe(at("2026-01-01T06:00:00Z"));
    expect(span.last).toBe(closeOf(calendar, 59));
    expect([daysAhead(1), daysAhead(24), daysAhead(168)]).toEqual([7, 30, 182]);
  });

  test("what is first is a whole minute of which something is known, and none where nothing has happened", () => {
    expect(firstOf("2026-01-01T00:00:30Z", present)).toBe(at("2026-01-01T00:01:00Z"));
    expect(firstOf(null, present)).toBeNull();
    expect(firstOf("2026-01-31T12:00:00Z", present)).toBeNull();
    expect(askedPast(at("2025-06-01T00:00:00Z"), span)).toBe(span.first);
    expect(askedPast(at("2026-01-05T07:03:59Z"), span)).toBe(at("2026-01-05T07:03:00Z"));
  });

  test("a place of the bar and its moment are one", () => {
    for (const share of [0, 0.1, 0.4, scale.presentShare, 0.8, 1]) expect(scale.placeOf(scale.timeAt(share))).toBeCloseTo(share, 9);
    expect(scale.placeOf(present)).toBe(scale.presentShare);
    expect(scale.placeOf(0)).toBe(0);
    expect(scale.placeOf(span.last + DAY)).toBe(1);
  });

  test("a long past leaves room for the future, and the other way round", () => {
    expect(new Scale({ ...span, first: at("2016-01-01T00:00:00Z") }).presentShare).toBe(0.72);
    expect(new Scale({ ...span, first: present - HOUR }).presentShare).toBe(0.35);
    expect(new Scale({ ...span, first: null }).presentShare).toBe(0);
    expect(new Scale({ ...span, last: present }).presentShare).toBe(1);
  });

  test("beside now is now; the past is rounded, the future closes a period", () => {
    expect(momentAt(scale.presentShare + 0.002, scale, calendar)).toBeNull();
    const past = momentAt(0.2, scale, calendar) as number;
    expect(past % HOUR).toBe(0);
    expect(kindOf(past, present)).toBe("past");
    const ahead = momentAt(0.9, scale, calendar) as number;
    expect((ahead - calendar.origin) % DAY).toBe(0);
    expect(kindOf(ahead, present)).toBe("ahead");
    expect(momentAt(1, scale, calendar)).toBe(span.last);
    expect(momentAt(0, scale, calendar)).toBe(span.first);
    expect(settled(present, span, calendar)).toBeNull();
    expect(settled(span.last + 5 * DAY, span, calendar)).toBe(span.last);
    expect(roundedPast(present + DAY, span)).toBe(present);
  });

  test("steps lead from the past over now into the future and back the same way", () => {
    const there: (number | null)[] = [at("2026-01-31T00:00:00Z")];
    for (let step = 0; step < 4; step++) there.push(stepped(there.at(-1) as number | null, 1, span, calendar));
    expect(there.map((time) => time && new Date(time).toISOString().slice(0, 13))).toEqual([
      "2026-01-31T00",
      null,
      "2026-02-01T00",
      "2026-02-02T00",
      "2026-02-03T00",
    ]);
    const back = there.slice(0, -1).map((_, place) => stepped(there.at(-1) as number, -(place + 1), span, calendar));
    expect(back).toEqual(there.slice(0, -1).reverse());
    expect(stepped(span.last, 1, span, calendar)).toBe(span.last);
    expect(stepped(span.first, -1, span, calendar)).toBe(span.first);
    expect(stepped(null, 1, { ...span, last: present }, calendar)).toBeNull();
  });

  test("names below the bar keep clear of each other, of now and of the ends", () => {
    for (const width of [300, 700, 1500]) {
      const places = [...pastTicks(scale, width, () => 0), ...aheadTicks(scale, width, calendar)].map(({ share }) => share * width);
      for (let place = 1; place < places.length; place++) expect((places[place] as number) - (places[place - 1] as number)).toBeGreaterThan(80);
      for (const place of places) {
        expect(Math.abs(place - scale.presentShare * width)).toBeGreaterThan(60);
        expect(place).toBeGreaterThan(30);
        expect(width - place).toBeGreaterThan(25);
      }
    }
    expect(pastTicks(scale, 1500, () => 0).length).toBeGreaterThan(2);
    expect(pastTicks(new Scale({ ...span, first: null }), 900)).toEqual([]);
    // Days begin at midnight before and after the clock is changed, which is an hour later in the middle of what is shown.
    const changed = ((span.first as number) + present) / 2;
    const zone = (time: number): number => (time < changed ? 2 : 1) * HOUR;
    for (const { time, isDay } of pastTicks(scale, 1500, zone)) if (isDay) expect((time + zone(time)) % DAY).toBe(0);
  });

  test("all that there is passes within a minute of play, where a speed can do that", () => {
    expect(speedFor({ first: present - 10 * HOUR, present, last: present })).toBe(HOUR);
    expect(speedFor(span)).toBe(DAY);
    expect(speedFor({ ...span, first: 0 })).toBe(7 * DAY);
  });

  test("a forecast is said by the day that closes, the past by its minute", () => {
    const format = new Format("en");
    expect(saidTime(format, calendar, "ahead", at("2026-02-04T00:00:00Z"))).toBe("end of Feb 3, 2026");
    expect(saidTime(format, calendarOf("2026-01-01", 1), "ahead", present)).toBe(format.moment(present));
    expect(saidTime(format, calendar, "past", present)).toBe(format.moment(present));
  });
});

describe("asker", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** An asker whose answers take so long, and what it did. */
  function asking(takes: number): { asker: Asker<string>; asked: string[]; told: string[]; stopped: string[] } {
    const [asked, told, stopped]: string[][] = [[], [], []] as string[][] as [string[], string[], string[]];
    const asker = new Asker<string>(
      {
        ask: (key, signal) => {
          asked.push(key);
          signal.addEventListener("abort", () => stopped.push(key));
          return new Promise((resolve, reject) => setTimeout(() => (key === "bad" ? reject(new Error(key)) : resolve(key)), takes));
        },
        tell: (key) => told.push(key),
        fail: (key) => told.push(`!${key}`),
      },
      { wait: 100, patience: 500, kept: 2 },
    );
    return { asker, asked, told, stopped };
  }

  test("who drags asks seldom, and ends with what was wanted last", async () => {
    const { asker, asked, told } = asking(30);
    for (let step = 0; step <= 50; step++) {
      asker.want(String(step));
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(300);
    expect(asked.length).toBeLessThanOrEqual(7);
    expect(told.at(-1)).toBe("50");
  });

  test("an answer that comes too late is given up, one that comes soon is told on the way", async () => {
    const slow = asking(2000);
    slow.asker.want("a");
    await vi.advanceTimersByTimeAsync(600);
    slow.asker.want("b");
    expect(slow.stopped).toEqual(["a"]);
    await vi.advanceTimersByTimeAsync(2100);
    expect(slow.told).toEqual(["b"]);
    const quick = asking(200);
    quick.asker.want("a");
    await vi.advanceTimersByTimeAsync(50);
    quick.asker.want("b");
    await vi.advanceTimersByTimeAsync(500);
    expect(quick.told).toEqual(["a", "b"]);
    expect(quick.stopped).toEqual([]);
  });

  test("what is urgent waits for nothing", async () => {
    const { asker, asked, stopped } = asking(200);
    asker.want("a");
    await vi.advanceTimersByTimeAsync(10);
    asker.want("b", true);
    expect([asked, stopped]).toEqual([["a", "b"], ["a"]]);
  });

  test("the last answers are kept, until they are forgotten", async () => {
    const { asker, asked, told } = asking(1);
    for (const key of ["a", "b", "a", "c", "a", "b"]) {
      asker.want(key);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(asked).toEqual(["a", "b", "c", "b"]);
    expect(told).toEqual(["a", "b", "a", "c", "a", "b"]);
    asker.forget((key) => key === "a");
    asker.want("a");
    await vi.advanceTimersByTimeAsync(200);
    expect(asked.at(-1)).toBe("a");
  });

  test("an answer that was doubted while it was on its way is told, not kept, and asked for again", async () => {
    const { asker, asked, told } = asking(50);
    asker.want("a");
    await vi.advanceTimersByTimeAsync(20);
    asker.forget((key) => key === "a");
    await vi.advanceTimersByTimeAsync(400);
    expect([asked, told]).toEqual([["a", "a"], ["a", "a"]]);
    asker.want("a");
    await vi.advanceTimersByTimeAsync(400);
    expect(asked).toEqual(["a", "a"]);
  });

  test("a failure is told where it is still of interest", async () => {
    const { asker, told } = asking(50);
    asker.want("bad");
    await vi.advanceTimersByTimeAsync(100);
    asker.want("bad");
    asker.want("good");
    await vi.advanceTimersByTimeAsync(500);
    expect(told).toEqual(["!bad", "good"]);
    asker.stop();
  });
});

describe("forecast", () => {
  const row = (site: string, product: string, period: number, q50: number, risk: number): StockRow => ({
    site_id: site,
    product_id: product,
    period,
    mean: q50,
    q01: q50 - 8,
    q05: q50 - 6,
    q25: q50 - 2,
    q50,
    q75: q50 + 2,
    q95: q50 + 6,
    q99: q50 + 8,
    p_short: risk,
    owed: 1,
  });

  test("a site is as its medians are, and short where a shortage is more likely than not", () => {
    const found = forecastSummaries(network, [row("a", "p", 3, 60, 0.1), row("b", "p", 3, 20, 0.6)], { product: null });
    expect(found.get("a")?.lines[0]).toMatchObject({ quantity: 60, level: "good", range: [54, 66], risk: 0.1, source: null });
    expect(found.get("b")).toMatchObject({ missing: 1 });
    expect(found.get("b")?.lines[0]).toMatchObject({ level: "short", owed: 0 });
    expect(found.get("c")?.level).toBe("unknown");
    expect(forecastSummaries(network, [row("a", "p", 3, 60, 0)], { product: "q" }).get("a")?.lines).toEqual([]);
  });

  test("a fan has its periods in order and its bands from wide to narrow", () => {
    const fan = fansOf([row("a", "p", 31, 50, 0.2), row("a", "p", 30, 60, 0.1)], calendar).get("p");
    expect(fan?.times).toEqual([at("2026-01-31T00:00:00Z"), at("2026-02-01T00:00:00Z")]);
    expect(fan?.middle).toEqual([60, 50]);
    expect(fan?.bands.map(({ low, high, level }) => [low[0], high[0], level])).toEqual([
      [52, 68, 0.98],
      [54, 66, 0.9],
      [58, 62, 0.5],
    ]);
    expect(fan?.risk).toEqual([0.1, 0.2]);
  });

  test("a job is taken that forecasts from the period under way, without a scenario, far enough", () => {
    const question = questionOf(present, present, "2026-01-31T10:00:00Z", calendar, 30);
    expect(question).toEqual({ at: "now", days: 30, period: 30 });
    expect(questionOf(present, present + DAY, "2026-01-31T12:00:00Z", calendar, 30).at).toBe("2026-01-31T12:00:00Z");
    const job = (more: object): Job => ({ kind: "fork", state: "done", time: "2026-01-31T09:00:00.000Z", asked: {}, ...more }) as unknown as Job;
    expect(usable([job({})], question, calendar)).not.toBeNull();
    for (const wrong of [
      { state: "failed" },
      { state: "cancelled" },
      { time: "2026-01-30T23:00:00.000Z" },
      { time: null },
      { asked: { scenario: { name: "x" } } },
      { asked: { days: 7 } },
      { asked: { asPlanned: true } },
      { kind: "simulate" },
      // The server gives its own look up as soon as anybody asks for a job.
      { by: "outlook", state: "running" },
      { by: "outlook", state: "queued" },
    ])
      expect(usable([job(wrong)], question, calendar), JSON.stringify(wrong)).toBeNull();
    expect(usable([job({ by: "outlook", state: "running" }), job({ by: "outlook" })], question, calendar)?.state).toBe("done");
    expect(usable([job({ by: "token:1", state: "running" })], question, calendar)).not.toBeNull();
  });

  test("a forecast that somebody else gave up is asked for once more, and no more than that", async () => {
    const question = questionOf(present, present, "2026-01-31T10:00:00Z", calendar, 30);
    const job = (jobID: string, state: string): object => ({
      ...{ jobID, state, kind: "fork", by: "token:2", time: "2026-01-31T09:00:00.000Z", asked: {}, part: 0, change: state === "running" ? 1 : 2 },
    });
    const asked: unknown[] = [];
    let ends = "done";
    vi.stubGlobal("sessionStorage", { getItem: () => null });
    vi.stubGlobal("fetch", (url: string, more: { method: string; body: string }): Promise<Response> => {
      if (more.method === "POST") {
        asked.push(JSON.parse(more.body));
        return Promise.resolve(Response.json(job("own", "running"), { status: 202 }));
      }
      if (!url.endsWith("/events")) return Promise.resolve(Response.json({ member: [job("other", "running")], limits: { atOnce: 1 } }));
      const last = url.includes("/other/") ? job("other", "cancelled") : job("own", ends);
      return Promise.resolve(new Response(`id: 2\nevent: end\ndata: ${JSON.stringify(last)}\n\n`));
    });
    try {
      const ahead = new Ahead();
      await ahead.need(question, calendar);
      expect(asked).toEqual([{ kind: "fork", title: "Forecast of the page", at: "now", days: 30 }]);
      expect([ahead.refusal, ahead.job?.jobID, ahead.job?.state]).toEqual([null, "own", "done"]);
      ends = "cancelled";
      const given = new Ahead();
      await given.need(question, calendar);
      expect(asked).toHaveLength(2);
      expect([given.refusal, given.job?.jobID]).toEqual(["other", "own"]);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe("site", () => {
  test("amounts have their unit, names that nobody knows stand as they are", () => {
    const names = new Names({ ...network, products: [{ product: "p", name: "Product", unit: "kg", value: 1 }] });
    expect(names.amount(new Format("en"), 1234, "p")).toBe("1,234 kg");
    expect([names.product("p"), names.product("x"), names.site("a"), names.site("x")]).toEqual(["Product", "x", "Alpha", "x"]);
  });

  test("earlier stock goes before later", () => {
    const document = (value: unknown): SiteDocument =>
      ({ stock: [{ product: "p", reported: value === null ? null : { value } }] }) as unknown as SiteDocument;
    let found = withEarlier(new Map(), 3, document(30));
    found = withEarlier(found, 2, document(null));
    found = withEarlier(found, 1, document(10));
    expect(found.get("p")).toEqual({ times: [1, 3], values: [10, 30] });
  });
});
