// Goods on their way, as the map draws them: bunched by where they are, for nobody can tell a thousand points on one line.

import type { Goods } from "../twin/summary";

/** Parts that a line is cut into; goods in one part are drawn as one. */
export const PARTS = 48;

export interface Bunch {
  lane: string;
  share: number;
  /** Loads in it. */
  count: number;
  worth: number;
}

/** Return goods by lane and part of the way; what nobody knows the place of is in the middle. */
export function bunches(goods: readonly Goods[], worth: ReadonlyMap<string, number>): Bunch[] {
  const found = new Map<string, Bunch>();
  for (const load of goods) {
    if (load.lane === null) continue;
    const part = Math.floor((load.share ?? 0.5) * PARTS);
    const name = `${load.lane}\n${part}`;
    const bunch = found.get(name);
    const value = load.quantity * (worth.get(load.product) ?? 0);
    if (bunch) {
      bunch.count += 1;
      bunch.worth += value;
    } else found.set(name, { lane: load.lane, share: (part + 0.5) / PARTS, count: 1, worth: value });
  }
  return [...found.values()];
}

/** Where the light that runs along a lane is; lanes begin at different places, so that they do not blink as one. */
export function lightShare(seconds: number, lane: number, length: number): number {
  const laps = seconds * (LIGHT_SPEED / Math.max(length, 20)) + ((lane * 0.618034) % 1);
  return laps % 1;
}

/** Units of the flat world that a light runs in a second. */
const LIGHT_SPEED = 22;
