// What each site and lane holds now, added up from the cells. Pure: cells and network in, figures out.

import type { Network } from "../api/client";
import { NEVER, type Cells } from "./cells";

export type Level = "good" | "low" | "short" | "unknown";

/** Stock below these shares of what is planned counts as low and as short. */
export const LOW_SHARE = 0.5;
export const SHORT_SHARE = 0.2;

export interface StockLine {
  product: string;
  quantity: number;
  planned: number | null;
  demand: number | null;
  /** Periods that the stock lasts at the mean demand; null where nothing is asked for. */
  cover: number | null;
  owed: number;
  level: Level;
  /** Whether it is out of stock or owed, where somebody asks for it. */
  isMissing: boolean;
  time: string | null;
  source: string | null;
  /** Of a forecast: the interval around the median, and the probability that something asked for is not given. */
  range: [number, number] | null;
  risk: number | null;
}

export interface SiteSummary {
  site: string;
  lines: StockLine[];
  level: Level;
  /** Products that are out of stock or owed. */
  missing: number;
  /** Money in stock; the size of the site on the map. */
  value: number;
}

/** Goods on their way over a lane. */
export interface Goods {
  id: string;
  origin: string;
  destination: string;
  lane: string | null;
  product: string;
  quantity: number;
  /** Share of the way, 0 to 1; null where nobody said when they arrive. */
  share: number | null;
  departedAt: number | null;
  /** When it was planned to come, when it is expected, and the later word of the two. */
  plannedAt: number | null;
  expectedAt: number | null;
  dueAt: number | null;
  /** Whether it comes later than planned, or should have come by now. */
  isLate: boolean;
  time: string | null;
  source: string | null;
}

export interface OpenOrder {
  order: string;
  product: string;
  origin: string;
  destination: string;
  open: number;
  status: string;
  dueAt: string | null;
  time: string | null;
  source: string | null;
}

export interface Wanted {
  /** Product to look at, null for all. */
  product: string | null;
}

/** What is held at a stock point, and where that is known from. */
export interface Held {
  quantity: number;
  time: string | null;
  source: string | null;
}

type StockPoint = Network["stockPoints"][number];

/** Return the stock of each site of the network, sites without any among them. */
export function siteSummaries(network: Network, cells: Cells, wanted: Wanted): Map<string, SiteSummary> {
  const stock = new Map<string, Held>();
  for (const { key, values } of cells.of("stock")) {
    const place = `${key[0]}\n${key[1]}`;
    const before = stock.get(place);
    const time = text(values["time"]);
    const isLater = !before?.time || (time !== null && time > before.time);
    stock.set(place, {
      quantity: (before?.quantity ?? 0) + number(values["quantity"]),
      time: isLater ? time : before.time,
      source: isLater ? text(values["source"]) : before.source,
    });
  }
  const owed = new Map<string, number>();
  for (const { values } of cells.of("backlog")) {
    const place = `${text(values["site"])}\n${text(values["product"])}`;
    owed.set(place, (owed.get(place) ?? 0) + number(values["quantity"]));
  }
  return summed(network, wanted, (point) => {
    const place = `${point.site}\n${point.product}`;
    return lineFor(point, stock.get(place), owed.get(place) ?? 0);
  });
}

/** Return the sites of a network with the lines of their stock points, however these are made. */
export function summed(network: Network, wanted: Wanted, lineOf: (point: StockPoint) => StockLine): Map<string, SiteSummary> {
  const worth = new Map(network.products.map((product) => [product.product, product.value ?? 0]));
  const found = new Map<string, SiteSummary>(
    network.sites.map(({ site }) => [site, { site, lines: [], level: "unknown", missing: 0, value: 0 }]),
  );
  for (const point of network.stockPoints) {
    const summary = found.get(point.site);
    if (!summary || (wanted.product !== null && point.product !== wanted.product)) continue;
    const line = lineOf(point);
    summary.lines.push(line);
    summary.value += Math.max(line.quantity, 0) * (worth.get(point.product) ?? 0);
  }
  for (const summary of found.values()) {
    summary.level = levelOf(summary.lines);
    summary.missing = summary.lines.filter((line) => line.isMissing).length;
  }
  return found;
}

/** Return the line of a stock point: what is held of it, and how that is against what is planned. */
export function lineFor(point: StockPoint, held: Held | undefined, owed: number): StockLine {
  const quantity = held?.quantity ?? 0;
  const demand = point.demand;
  const line: StockLine = {
    product: point.product,
    quantity,
    planned: point.planned,
    demand,
    cover: demand ? Math.max(quantity, 0) / demand : null,
    owed,
    level: "unknown",
    isMissing: false,
    time: held?.time ?? null,
    source: held?.source ?? null,
    range: null,
    risk: null,
  };
  if (held) line.level = owed > 0 || quantity <= 0 ? (isWanted(line) ? "short" : "good") : ofShare(quantity / (point.planned || quantity));
  else if (owed > 0) line.level = "short";
  line.isMissing = owed > 0 || (held !== undefined && quantity <= 0 && isWanted(line));
  return line;
}

/** Return the level of a site: its lines weighed by the demand on them, each full at what is planned. */
export function levelOf(lines: StockLine[]): Level {
  let weights = 0;
  let full = 0;
  for (const line of lines) {
    if (line.level === "unknown" || !line.planned) continue;
    const weight = line.demand ?? 0;
    weights += weight;
    full += weight * Math.min(Math.max(line.quantity, 0) / line.planned, 1);
  }
  if (!weights) return "unknown";
  return ofShare(full / weights);
}

/** How bad a level is; the least is the worst. */
export const BADNESS: Readonly<Record<Level, number>> = { short: 0, low: 1, good: 2, unknown: 3 };

/** Return lines of stock, the worst first, then those that last the shortest. */
export function worstFirst(lines: readonly StockLine[]): StockLine[] {
  return [...lines].sort((a, b) => BADNESS[a.level] - BADNESS[b.level] || (b.risk ?? 0) - (a.risk ?? 0) || (a.cover ?? 1e9) - (b.cover ?? 1e9));
}

/** Return what is on its way, by consignments and by shipments. */
export function goodsOnWay(network: Network, cells: Cells, now: number, wanted: Wanted): Goods[] {
  const found: Goods[] = [];
  const lanes = laneIndexOf(network);
  const origin = Date.parse(`${network.start}T00:00:00Z`);
  const span = network.periodHours * 3_600_000;
  for (const { path, key, values } of cells.of("consignment")) {
    const carried = lanes.byActivity.get(key[0] ?? "");
    if (!carried || (wanted.product !== null && carried.product !== wanted.product)) continue;
    const [departedAt, dueAt] = [key[1], key[2]].map((period) => (period === NEVER ? null : origin + Number(period) * span)) as [
      number | null,
      number | null,
    ];
    found.push({
      id: path,
      origin: carried.origin,
      destination: carried.destination,
      lane: carried.lane,
      product: carried.product,
      quantity: number(values["units"]),
      share: shareOf(departedAt, dueAt, now),
      departedAt,
      plannedAt: dueAt,
      expectedAt: null,
      dueAt,
      // What is due in a period may come until its end.
      isLate: dueAt !== null && dueAt + span <= now,
      time: text(values["time"]),
      source: text(values["source"]),
    });
  }
  const cargo = new Map<string, Map<string, number>>();
  for (const { key, values } of cells.of("cargo")) {
    const held = cargo.get(key[0] ?? "") ?? new Map<string, number>();
    held.set(key[1] ?? "", (held.get(key[1] ?? "") ?? 0) + number(values["quantity"]));
    cargo.set(key[0] ?? "", held);
  }
  for (const { path, key, values } of cells.of("shipment")) {
    const from = text(values["origin"]) ?? "";
    const to = text(values["destination"]) ?? "";
    const departedAt = moment(values["departed_at"]);
    const plannedAt = moment(values["planned_at"]);
    const expectedAt = moment(values["predicted_at"]);
    const dueAt = expectedAt ?? plannedAt;
    for (const [product, quantity] of cargo.get(key[0] ?? "") ?? []) {
      if (wanted.product !== null && product !== wanted.product) continue;
      found.push({
        id: `${path}/${product}`,
        origin: from,
        destination: to,
        lane: lanes.byEnds.get(`${from}\n${to}\n${product}`) ?? lanes.byEnds.get(`${from}\n${to}`) ?? null,
        product,
        quantity,
        share: shareOf(departedAt, dueAt, now),
        departedAt,
        plannedAt,
        expectedAt,
        dueAt,
        isLate: plannedAt !== null && Math.max(expectedAt ?? plannedAt, now) > plannedAt,
        time: text(values["time"]),
        source: text(values["source"]),
      });
    }
  }
  return found;
}

/** Return orders of which a part has not come yet. */
export function openOrders(cells: Cells, site: string): OpenOrder[] {
  const found: OpenOrder[] = [];
  for (const { key, values } of cells.of("order")) {
    const open = number(values["open"]);
    const ends = [text(values["origin"]) ?? "", text(values["destination"]) ?? ""] as const;
    if (open <= 0 || !ends.includes(site)) continue;
    found.push({
      order: key[0] ?? "",
      product: key[1] ?? "",
      origin: ends[0],
      destination: ends[1],
      open,
      status: text(values["status"]) ?? "",
      dueAt: text(values["due_at"]) ?? text(values["wanted_at"]),
      time: text(values["time"]),
      source: text(values["source"]),
    });
  }
  return found;
}

/** Return the share of a way that lies behind, never quite all of it: what has arrived is no longer on its way. */
export function shareOf(departedAt: number | null, dueAt: number | null, now: number): number | null {
  if (departedAt === null || dueAt === null || dueAt <= departedAt) return null;
  return Math.min(Math.max((now - departedAt) / (dueAt - departedAt), 0), 0.99);
}

interface Carried {
  lane: string;
  product: string;
  origin: string;
  destination: string;
}

interface LaneIndex {
  byActivity: Map<string, Carried>;
  byEnds: Map<string, string>;
}

const INDEXES = new WeakMap<Network, LaneIndex>();

/** Return the lanes of a network by what is on them; made once, because it is asked for with every change. */
function laneIndexOf(network: Network): LaneIndex {
  const found = INDEXES.get(network) ?? madeIndex(network);
  INDEXES.set(network, found);
  return found;
}

function madeIndex(network: Network): LaneIndex {
  const byActivity = new Map<string, Carried>();
  const byEnds = new Map<string, string>();
  for (const { lane, origin, destination, flows } of network.lanes) {
    const ends = `${origin}\n${destination}`;
    if (!byEnds.has(ends)) byEnds.set(ends, lane);
    for (const { activity, product } of flows) {
      byActivity.set(activity, { lane, product, origin, destination });
      if (!byEnds.has(`${ends}\n${product}`)) byEnds.set(`${ends}\n${product}`, lane);
    }
  }
  return { byActivity, byEnds };
}

function isWanted(line: StockLine): boolean {
  return (line.demand ?? 0) > 0 || line.owed > 0;
}

function ofShare(share: number): Level {
  return share < SHORT_SHARE ? "short" : share < LOW_SHARE ? "low" : "good";
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function moment(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
