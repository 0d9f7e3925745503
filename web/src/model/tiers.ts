// The network as a diagram: sites in columns by tier, material from left to right. Pure.

import type { Network } from "../api/client";
import { fitted } from "../charts/picture";

export interface Box {
  site: string;
  name: string;
  kind: string | null;
  x: number;
  y: number;
}

export interface Diagram {
  width: number;
  height: number;
  boxes: Box[];
  links: { from: Box; to: Box; mode: string | null; d: string }[];
  columns: { tier: number | null; x: number; count: number; left: number }[];
}

/** Sites that one column shows; the others are counted. */
export const COLUMN_MOST = 60;
export const BOX = { width: 150, height: 20 };
const GAP = 6;
const TOP = 28;

/** Lay the network out; sites of a column are ordered by where their neighbours stand, so that few lines cross. */
export function diagramOf(network: Network, width: number): Diagram {
  const tiers = [...new Set(network.sites.map(({ tier }) => tier))].sort((a, b) => (b ?? 1e9) - (a ?? 1e9));
  const active = network.lanes.filter(({ flows }) => flows.some(({ mean }) => (mean ?? 0) > 0));
  const busy = new Map<string, number>();
  for (const { origin, destination } of active) for (const site of [origin, destination]) busy.set(site, (busy.get(site) ?? 0) + 1);
  const shown = tiers.map((tier) =>
    network.sites
      .filter((site) => site.tier === tier)
      .sort((a, b) => (busy.get(b.site) ?? 0) - (busy.get(a.site) ?? 0) || a.site.localeCompare(b.site))
      .slice(0, COLUMN_MOST),
  );
  const place = new Map<string, number>();
  const note = (): void => shown.forEach((column) => column.forEach(({ site }, at) => place.set(site, column.length > 1 ? at / (column.length - 1) : 0.5)));
  const near = new Map<string, string[]>();
  for (const { origin, destination } of active) {
    near.set(origin, [...(near.get(origin) ?? []), destination]);
    near.set(destination, [...(near.get(destination) ?? []), origin]);
  }
  note();
  for (let sweep = 0; sweep < 4; sweep += 1) {
    for (const column of sweep % 2 ? [...shown].reverse() : shown) {
      const middle = new Map(column.map(({ site }) => [site, mean((near.get(site) ?? []).flatMap((one) => place.get(one) ?? []))]));
      column.sort((a, b) => (middle.get(a.site) ?? 0.5) - (middle.get(b.site) ?? 0.5) || a.site.localeCompare(b.site));
      note();
    }
  }
  const room = Math.max(width, tiers.length * (BOX.width + 60));
  const step = tiers.length > 1 ? (room - BOX.width) / (tiers.length - 1) : 0;
  const most = Math.max(...shown.map((column) => column.length), 1);
  const height = TOP + most * (BOX.height + GAP) + 20;
  const boxes = shown.flatMap((column, number) =>
    column.map(({ site, name, kind }, at): Box => {
      const space = (height - TOP - 20) / column.length;
      return { site, name: fitted(name, BOX.width - 14), kind, x: number * step, y: TOP + space * (at + 0.5) - BOX.height / 2 };
    }),
  );
  const found = new Map(boxes.map((box) => [box.site, box]));
  const links = active.flatMap(({ origin, destination, mode }) => {
    const [from, to] = [found.get(origin), found.get(destination)];
    return from && to ? [{ from, to, mode, d: line(from, to) }] : [];
  });
  const columns = tiers.map((tier, number) => {
    const count = network.sites.filter((site) => site.tier === tier).length;
    return { tier, x: number * step, count, left: count - (shown[number]?.length ?? 0) };
  });
  return { width: room, height, boxes, links, columns };
}

function line(from: Box, to: Box): string {
  const [x1, y1, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.y + BOX.height / 2];
  if (to.x <= from.x) {
    // Within a column, or against the flow: around the outside.
    const x2 = to.x + BOX.width;
    return `M${x1} ${y1}C${x1 + 40} ${y1} ${x2 + 40} ${y2} ${x2} ${y2}`;
  }
  const bend = (to.x - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${to.x - bend} ${y2} ${to.x} ${y2}`;
}

function mean(values: number[]): number {
  return values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0.5;
}
