// From what a person chose to a scenario with the keys of a scenario file. It says nothing that a file could not say. Pure.

import type { Network, Routes, Scenario } from "../api/client";
import { isWhole, type Measure, type MeasureKind, type Plan, type Try } from "./plan";
import { hurried, otherWays, reachedBy, type Fed, type Reached } from "./reaching";

export interface Context {
  network: Network;
  routes: Routes | null;
  /** Ready scenarios. */
  ready: readonly Scenario[];
}

export type Block = Record<string, unknown>;

/** A scenario as jobs take it. */
export interface Written {
  name: string;
  change: Block[];
  disruption: Block[];
  intervention: Block[];
  levels?: string;
}

/** Why a measure cannot be taken; the name of a word. */
export type Reason = "lab.why.model" | "lab.why.own" | "lab.why.fed" | "lab.why.ways" | "lab.why.plants";

/** Cost of what a backup source sells, times the value of the product; and of what is hurried or worked overtime, times the usual. */
export const BACKUP_COST = 1.3;
export const HURRY_COST = 2;
export const OVERTIME_COST = 1.2;

const DAY = 86_400_000;
/** Effects that are a part of something that is gone; all others multiply. */
const PARTS = new Set(["stock_lost", "transit_lost", "orders_cancelled", "prepayment_lost", "tariff"]);

/** Return the scenario of a try; null where it does not say yet what happens, or names a ready one that is not there. */
export function scenarioOf(one: Try, plan: Plan, name: string, context: Context): Written | null {
  if (!isWhole(one)) return null;
  const { network, routes } = context;
  const found: Written = { name: name.slice(0, 200), change: [], disruption: [], intervention: [] };
  const start = firstDay(plan, network) + one.onset * DAY;
  let lasts = one.duration + one.recovery;
  if (one.ready) {
    const ready = readyOf(one.ready, context.ready)?.scenario as Block | null | undefined;
    if (!ready) return null;
    addReady(found, one, ready, start);
    lasts = Math.max(...[...found.disruption].map((block) => number(block["duration"]) + number(block["recovery"])), 30);
  } else addOwn(found, one, start);
  const reached = reachedBy(network, routes, one.broken);
  for (const measure of one.measures) {
    if (!whyNot(measure.kind, one, plan, context)) addMeasure(found, measure, { one, reached, start, lasts, network });
  }
  return found;
}

/** Return why a measure cannot be taken, null where it can. */
export function whyNot(kind: MeasureKind, one: Try, plan: Plan, { network, routes }: Context): Reason | null {
  if (kind === "overtime") return network.sites.some((site) => site.kind === "plant") ? null : "lab.why.plants";
  if (kind === "backup" && plan.from !== "model") return "lab.why.model";
  if (one.ready) return kind === "buffer" ? null : "lab.why.own";
  const reached = reachedBy(network, routes, one.broken);
  if (!reached.fed.length) return "lab.why.fed";
  if (kind === "reroute" && !movable(network, reached).length) return "lab.why.ways";
  if (kind === "expedite" && !hurried(network, reached).length) return "lab.why.ways";
  return null;
}

/** Return a ready scenario by its origin and name. */
export function readyOf(name: string, ready: readonly Scenario[]): Scenario | undefined {
  return ready.find((one) => `${one.origin}:${one.name}` === name);
}

/** Return the first day that a plan plays, milliseconds; ``now`` is today. */
export function firstDay(plan: Plan, network: Network, now = Date.now()): number {
  const moment = plan.from === "model" ? Date.parse(`${network.start}T00:00:00Z`) : plan.from === "now" ? now : Date.parse(plan.from);
  return Math.floor(moment / DAY) * DAY;
}

function addOwn(found: Written, one: Try, start: number): void {
  const kinds = [...new Set(one.broken.map(({ kind }) => kind))];
  for (const kind of kinds) {
    const ids = one.broken.filter((broken) => broken.kind === kind).map(({ id }) => id);
    const block: Block = { name: `${kind} out`, where: { [kind]: ids }, start: day(start), duration: one.duration, recovery: one.recovery };
    // A passage that is wholly closed is sailed around; else so many ships pass.
    if (kind !== "corridor" || one.severity < 1) block["effect"] = { capacity: round(1 - one.severity) };
    if (kind === "supplier") block["cause"] = "supplier";
    found.disruption.push(block);
  }
}

function addReady(found: Written, one: Try, ready: Block, start: number): void {
  const blocks = (key: string): Block[] => (Array.isArray(ready[key]) ? (ready[key] as Block[]) : []);
  const struck = [...blocks("disruption"), ...blocks("intervention")];
  const first = Math.min(...struck.map((block) => (block["start"] === undefined ? number(block["after"]) : Infinity)));
  const moved = (block: Block): Block => {
    const next: Block = { ...block };
    if (block["start"] === undefined && (block["after"] === undefined || typeof block["after"] === "number")) {
      delete next["after"];
      next["start"] = day(start + (number(block["after"]) - first) * DAY);
    }
    for (const key of ["duration", "recovery"]) if (typeof block[key] === "number") next[key] = round((block[key] as number) * one.stretch);
    if (block["effect"]) next["effect"] = weakened(block["effect"] as Record<string, number>, one.severity);
    return next;
  };
  found.change.push(...blocks("change"));
  found.disruption.push(...blocks("disruption").map(moved));
  found.intervention.push(...blocks("intervention").map(moved));
  if (typeof ready["levels"] === "string") found.levels = ready["levels"];
}

/** Return effects of which a part happens, as the engine has it at a part of its strength. */
function weakened(effect: Record<string, number>, part: number): Record<string, number> {
  return Object.fromEntries(Object.entries(effect).map(([name, size]) => [name, round(PARTS.has(name) ? size * part : 1 + (size - 1) * part)]));
}

interface Taken {
  one: Try;
  reached: Reached;
  start: number;
  /** Days from the onset until it is over. */
  lasts: number;
  network: Network;
}

function addMeasure(found: Written, measure: Measure, { one, reached, start, lasts, network }: Taken): void {
  const { kind, strength } = measure;
  const begins = { start: day(start + measure.after * DAY), duration: Math.max(lasts - measure.after, 1) };
  if (kind === "overtime") {
    const effect = { capacity: strength, cost: OVERTIME_COST };
    found.intervention.push({ name: "overtime", where: { kind: "plant" }, ...begins, effect });
  } else if (kind === "expedite") {
    const effect = { lead_time: strength, cost: HURRY_COST };
    found.intervention.push({ name: "expedite", where: { lane: hurried(network, reached) }, ...begins, effect });
  } else if (kind === "buffer") {
    const change: Block = { table: "stock_points", column: "service_target", set: round(strength) };
    // Rows are chosen by columns, so each site is named with what it lacks.
    if (one.ready) found.change.push(change);
    else for (const [site, products] of bySite(reached.fed)) found.change.push({ ...change, where: { site_id: site, product_id: products } });
  } else if (kind === "reroute") {
    for (const { site, product, lane } of movable(network, reached)) {
      const where = { site_id: site, product_id: product, lane_id: lane };
      found.change.push({ table: "sources", where, column: "share", multiply: round(1 - strength) });
    }
  } else addBackup(found, strength, reached.fed, network);
}

/** Add an outside supplier to each stock point that is fed, from which is bought what all other ways cannot start. */
function addBackup(found: Written, days: number, fed: readonly Fed[], network: Network): void {
  const values = new Map(network.products.map(({ product, value }) => [product, value]));
  const points = new Map(network.stockPoints.map((point) => [`${point.site}\n${point.product}`, point]));
  const lead = Math.max(Math.round((days * 24) / network.periodHours), 1);
  for (const [site, products] of bySite(fed)) {
    for (const product of products) {
      const point = points.get(`${site}\n${product}`);
      // Rows of sources replace what lanes and bills imply, so where there are none yet the ways there are come first.
      if (point && !point.isListed) {
        for (const way of point.ways) {
          if (way !== "move") found.change.push({ table: "sources", insert: { site_id: site, product_id: product, kind: way } });
          else {
            for (const { lane, destination, flows } of network.lanes) {
              if (destination !== site || !flows.some((flow) => flow.product === product)) continue;
              found.change.push({ table: "sources", insert: { site_id: site, product_id: product, kind: "move", lane_id: lane } });
            }
          }
        }
      }
      const value = values.get(product);
      const cost = value ? { cost: round(value * BACKUP_COST) } : {};
      const insert = { site_id: site, product_id: product, kind: "buy", rule: "contingency", priority: 9, lead_time: lead, ...cost };
      found.change.push({ table: "sources", insert });
    }
  }
}

/** Return the broken ways whose share others can take over: where the table lists the ways of a point that has another one. */
function movable(network: Network, reached: Reached): Fed[] {
  const listed = new Set(network.stockPoints.filter((point) => point.isListed).map(({ site, product }) => `${site}\n${product}`));
  const others = new Set(otherWays(network, reached).map(({ site, product }) => `${site}\n${product}`));
  return reached.fed.filter(({ site, product }) => others.has(`${site}\n${product}`) && listed.has(`${site}\n${product}`));
}

function bySite(fed: readonly Fed[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { site, product } of fed) {
    const held = found.get(site);
    if (!held) found.set(site, [product]);
    else if (!held.includes(product)) held.push(product);
  }
  return found;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
