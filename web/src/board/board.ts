// What the twin board shows, made ready. Pure.

import type { Schemas } from "../api/client";

export type Fidelity = Schemas["Fidelity"];
export type Version = Schemas["Version"];
export type Source = Schemas["Source"];

export const PARTS = ["state", "skill", "coverage", "distribution", "timeliness"] as const;
export type Part = (typeof PARTS)[number];

/** Names with the lowest scores, the lowest first. */
export function weakest(scores: Record<string, number>, count: number): [string, number][] {
  return Object.entries(scores)
    .sort(([a, one], [b, other]) => one - other || a.localeCompare(b))
    .slice(0, count);
}

/** How a share inside 90 % intervals is to be read: fewer inside are worse than more. */
export function coverageLevel(inside: number): "good" | "low" | "short" {
  if (inside >= 0.85 && inside <= 0.95) return "good";
  return inside < 0.75 ? "short" : "low";
}

/** How a score from 0 to 1 is to be read. */
export function scoreLevel(score: number): "good" | "low" | "short" {
  return score >= 0.8 ? "good" : score >= 0.5 ? "low" : "short";
}

const BADNESS: Record<Source["state"], number> = { failing: 0, connecting: 1, stopped: 2, waiting: 3, receiving: 4 };

/** Sources, those in trouble first. */
export function inTrouble(sources: Source[]): Source[] {
  return [...sources].sort((a, b) => BADNESS[a.state] - BADNESS[b.state] || a.name.localeCompare(b.name));
}

/** A value of the state that an event changed. */
export interface Difference {
  path: string;
  name: string;
  before: string;
  after: string;
}

const UNTOLD = new Set(["time", "source"]);

/** Values that differ, one a row; when and by whom a cell was written is told by the event itself. */
export function differences(cells: Record<string, unknown>[]): Difference[] {
  const rows: Difference[] = [];
  for (const cell of cells) {
    const [before, after] = [cell["before"], cell["after"]] as (Record<string, unknown> | null)[];
    const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
    for (const name of names) {
      const [one, other] = [before?.[name], after?.[name]];
      if (!UNTOLD.has(name) && written(one) !== written(other)) rows.push({ path: String(cell["path"]), name, before: written(one), after: written(other) });
    }
  }
  return rows;
}

function written(value: unknown): string {
  return value === null || value === undefined ? "–" : typeof value === "object" ? JSON.stringify(value) : String(value);
}
