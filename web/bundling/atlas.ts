// Makes the map of the world smaller on its way into the page: names that nobody reads go, and places become a little coarser.

import type { Plugin } from "vite";

interface Atlas {
  objects: Record<string, { geometries: { properties?: unknown }[] }>;
  arcs: number[][][];
  transform: { scale: [number, number]; translate: [number, number] };
}

/** How many steps of the atlas become one, across and down: 800 m each, a twentieth of the way from one of its points to the next. */
const STEPS: [number, number] = [2, 4];

export function lightAtlas(): Plugin {
  return {
    name: "light-atlas",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "asset" || !/countries-50m.*\.json$/.test(file.fileName)) continue;
        file.source = JSON.stringify(lightened(JSON.parse(String(file.source instanceof Uint8Array ? new TextDecoder().decode(file.source) : file.source))));
      }
    },
  };
}

/** Return an atlas with fewer digits; arcs that shared an end share it still. */
export function lightened(atlas: Atlas, [across, down] = STEPS): Atlas {
  const { scale, translate } = atlas.transform;
  return {
    ...atlas,
    objects: Object.fromEntries(Object.entries(atlas.objects).map(([name, one]) => [name, { ...one, geometries: one.geometries.map(unnamed) }])),
    arcs: atlas.arcs.map((arc) => coarser(arc, across, down)),
    transform: { scale: [scale[0] * across, scale[1] * down], translate },
  };
}

function unnamed<T extends { properties?: unknown }>(geometry: T): Omit<T, "properties"> {
  const { properties: _, ...rest } = geometry;
  return rest;
}

function coarser(arc: number[][], across: number, down: number): number[][] {
  let [x, y, beforeX, beforeY] = [0, 0, 0, 0];
  const steps: number[][] = [];
  arc.forEach(([dx = 0, dy = 0], place) => {
    x += dx;
    y += dy;
    const [nextX, nextY] = [Math.round(x / across), Math.round(y / down)];
    const step = [nextX - beforeX, nextY - beforeY];
    // An arc has two ends at least, however near they are.
    if (place > 0 && place < arc.length - 1 && !step[0] && !step[1]) return;
    steps.push(step);
    [beforeX, beforeY] = [nextX, nextY];
  });
  return steps;
}
