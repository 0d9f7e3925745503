// The part of the live state that the page shows: cells by path, as the stream of changes names them. Knows no network calls.

import type { Row } from "../api/client";

export interface Cell {
  path: string;
  key: string[];
  values: Row;
}

export interface Change {
  sequence: number;
  occurredAt: string;
  /** So many entries of the log are told as one; one where it is not said. */
  entries?: number;
  reprojected?: boolean;
  cells?: { path: string; after: Row | null }[];
}

interface Family {
  table: string;
  keys: string[];
}

/** Families that are followed: the table each is read from, and the columns that make its key. */
export const FAMILIES: Record<string, Family> = {
  stock: { table: "stock", keys: ["site", "product", "lot", "quality"] },
  shipment: { table: "shipments", keys: ["shipment"] },
  cargo: { table: "cargo", keys: ["shipment", "product", "lot", "quality"] },
  consignment: { table: "consignments", keys: ["activity", "started", "due"] },
  order: { table: "orders", keys: ["order", "product"] },
  backlog: { table: "backlog", keys: ["stream"] },
};

/** Stands in a path for a period that nobody knows; a table has null there. */
export const NEVER = "-4611686018427387904";

const PERIODS = new Set(["started", "due"]);

/** Cells by family and path. */
export class Cells {
  private readonly families = new Map<string, Map<string, Cell>>(Object.keys(FAMILIES).map((name) => [name, new Map()]));

  /** All cells of a family. */
  of(family: string): Iterable<Cell> {
    return this.families.get(family)?.values() ?? [];
  }

  /** Fill a family with the rows of its table, in place of what it held. */
  fill(family: string, rows: Row[]): void {
    const cells = this.families.get(family);
    const keys = FAMILIES[family]?.keys;
    if (!cells || !keys) return;
    cells.clear();
    for (const row of rows) {
      // The table of stock also has what is counted in a unit that nothing converts; that is no cell of the family.
      if (family === "stock" && row["unit"]) continue;
      const key = keys.map((name) => String(row[name] ?? (PERIODS.has(name) ? NEVER : "")));
      const path = pathOf(family, key);
      cells.set(path, { path, key, values: row });
    }
  }

  /** Put a change on top; a change that was there before changes nothing, because it tells what is, not what is added. */
  apply(change: Change): void {
    for (const { path, after } of change.cells ?? []) {
      const [family, ...parts] = path.split("/");
      const cells = this.families.get(family ?? "");
      if (!cells) continue;
      if (after === null) cells.delete(path);
      else cells.set(path, { path, key: parts.map(decodeURIComponent), values: after });
    }
  }
}

/** The path of a cell, as the server writes it. */
export function pathOf(family: string, key: string[]): string {
  return [family, ...key.map(quoted)].join("/");
}

function quoted(part: string): string {
  return encodeURIComponent(part).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
