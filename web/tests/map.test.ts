import { geoArea, geoContains } from "d3-geo";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import { describe, expect, test } from "vitest";

import { lightened } from "../bundling/atlas";
import type { Network } from "../src/api/client";
import { clustered } from "../src/map/clusters";
import { wantedBy } from "../src/map/filters";
import { bunches, lightShare } from "../src/map/flow";
import { placedLabels } from "../src/map/labels";
import { greatCircle, isCut, laneLines, lineOf, pointAt, unpacked } from "../src/map/lines";
import {
  WORLD_HEIGHT,
  WORLD_WIDTH,
  baseZoom,
  fitView,
  moved,
  placeOf,
  project,
  recentered,
  unproject,
  viewAt,
  zoomedAt,
  type Point,
} from "../src/map/projection";
import { simplified, withoutSlivers } from "../src/map/simplified";
import { network } from "./sample";

const size = { width: 1000, height: 600 };

describe("simplified", () => {
  const objects = { land: { type: "GeometryCollection" as const, geometries: [] } };
  const arcs = [
    [[0, 0], [1, 0], [1, 0], [1, 0], [5, 5], [1, 1]],
    [[10, 10], [1, 0], [0, 1], [-1, -1]],
  ];

  test("points that lie near are left out, ends stay, and steps still add up", () => {
    const topology = { type: "Topology" as const, objects, arcs, transform: { scale: [0.5, 0.5] as [number, number], translate: [-180, -90] as [number, number] } };
    expect(simplified(topology, 1).arcs).toEqual([
      [[0, 0], [2, 0], [6, 5], [1, 1]],
      [[10, 10], [0, 0]],
    ]);
    expect(simplified(topology, 0)).toEqual(topology);
  });

  test("places that are no steps are left out in the same way", () => {
    const topology = { type: "Topology" as const, objects, arcs: [[[0, 0], [0.4, 0.4], [2, 0], [2.1, 0]]] };
    expect(simplified(topology, 1).arcs).toEqual([[[0, 0], [2, 0], [2.1, 0]]]);
  });
});

describe("lightened", () => {
  test("places become coarser, steps add up, arcs that met meet still, and names are gone", () => {
    const objects = { land: { geometries: [{ type: "Polygon", properties: { name: "A" }, arcs: [[0, 1]] }] } };
    const arcs = [
      [[11, 9], [1, 1], [0, 1], [8, 8]],
      [[20, 19], [-9, -10]],
    ];
    const found = lightened({ objects, arcs, transform: { scale: [0.5, 0.25], translate: [-180, -90] } }, [2, 4]);
    expect(found.objects).toEqual({ land: { geometries: [{ type: "Polygon", arcs: [[0, 1]] }] } });
    expect(found.arcs).toEqual([
      [[6, 2], [0, 1], [4, 2]],
      [[10, 5], [-4, -3]],
    ]);
    expect(found.transform).toEqual({ scale: [1, 1], translate: [-180, -90] });
  });
});

describe("withoutSlivers", () => {
  const square = (size: number): Point[] => [[0, 0], [0, size], [size, size], [size, 0], [0, 0]];

  test("small polygons and small holes go, and rings that folded together", () => {
    const folded: Point[] = [[5, 5], [9, 9], [5, 5]];
    const whole = { type: "MultiPolygon" as const, coordinates: [[square(10), square(0.5), square(3)], [square(0.9)], [folded]] };
    expect(withoutSlivers(whole, 1)).toEqual({ type: "MultiPolygon", coordinates: [[square(10), square(3)]] });
    expect(withoutSlivers({ type: "Polygon", coordinates: [square(2)] }, 1)).toEqual({ type: "MultiPolygon", coordinates: [[square(2)]] });
    expect(withoutSlivers({ type: "GeometryCollection", geometries: [whole] }, 1)).toEqual({ type: "GeometryCollection", geometries: [withoutSlivers(whole, 1)] });
  });

  test("all land of the atlas that is thinned is land still, and the sea sea", async () => {
    const atlas = (await import("world-atlas/countries-50m.json")).default as unknown as Topology<{ land: GeometryCollection }>;
    const coarse = simplified(atlas, 0.6);
    const land = feature(coarse, coarse.objects.land).features.map(({ geometry }) => withoutSlivers(geometry, 0.6));
    const share = geoArea({ type: "GeometryCollection", geometries: land }) / (4 * Math.PI);
    expect(share).toBeGreaterThan(0.27);
    expect(share).toBeLessThan(0.31);
    for (const town of [[37, -1], [116, 40], [-100, 40], [-55, -10], [134, -25]] as Point[]) expect(land.some((one) => geoContains(one, town))).toBe(true);
    for (const sea of [[-40, 30], [-150, 0], [80, -30], [0, 0]] as Point[]) expect(land.some((one) => geoContains(one, sea))).toBe(false);
    // Seconds of work, more where the machine does other things.
  }, 120_000);
});

describe("projection", () => {
  test("a place comes back as itself", () => {
    for (const place of [[0, 0], [121.5, 31.2], [-70, -33.4], [178, -17]] as Point[]) {
      const back = unproject(project(place[0], place[1]));
      expect(back?.[0]).toBeCloseTo(place[0], 4);
      expect(back?.[1]).toBeCloseTo(place[1], 4);
    }
  });

  test("the world fills its width, and what runs past 180 is the same place", () => {
    expect(WORLD_HEIGHT).toBeGreaterThan(WORLD_WIDTH * 0.45);
    expect(WORLD_HEIGHT).toBeLessThan(WORLD_WIDTH * 0.6);
    expect(project(190, 10)[0]).toBeCloseTo(project(-170, 10)[0], 6);
  });

  test("enlarging keeps the point under the pointer", () => {
    const view = fitView([], size);
    const at: Point = [620, 240];
    const before = [(at[0] - view.x) / view.zoom, (at[1] - view.y) / view.zoom];
    const after = zoomedAt(view, 3, at, size);
    expect((at[0] - after.x) / after.zoom).toBeCloseTo(before[0] as number, 6);
    expect((at[1] - after.y) / after.zoom).toBeCloseTo(before[1] as number, 6);
  });

  test("sites that are to be seen are on the screen", () => {
    const points = network.sites.map((site) => project(site.longitude as number, site.latitude as number));
    const view = fitView(points, size);
    for (const [x, y] of points) {
      expect(view.x + view.zoom * x).toBeGreaterThan(0);
      expect(view.x + view.zoom * x).toBeLessThan(size.width);
      expect(view.y + view.zoom * y).toBeGreaterThan(0);
      expect(view.y + view.zoom * y).toBeLessThan(size.height);
    }
  });

  test("a view and its address are one", () => {
    const view = viewAt([20, 10, 4], size);
    const place = placeOf(view, size);
    expect(place?.[0]).toBeCloseTo(20, 3);
    expect(place?.[1]).toBeCloseTo(10, 3);
    expect(place?.[2]).toBeCloseTo(4, 6);
  });

  test("a screen of another size keeps its middle", () => {
    const other = { width: 640, height: 480 };
    const place = placeOf(recentered(viewAt([20, 10, 4], size), size, other), other);
    expect(place?.[0]).toBeCloseTo(20, 3);
    expect(place?.[1]).toBeCloseTo(10, 3);
  });

  test("the world cannot be pushed off the screen", () => {
    const view = moved(fitView([], size), 1e6, -1e6, size);
    expect(view.x).toBeLessThan(size.width);
    expect(view.y + view.zoom * WORLD_HEIGHT).toBeGreaterThan(0);
    expect(zoomedAt(view, 1e9, [0, 0], size).zoom).toBeLessThanOrEqual(baseZoom(size) * 200);
  });
});

describe("lines", () => {
  test("steps are added up", () => {
    expect(unpacked([410, 5190, -20, 10], 100)).toEqual([
      [4.1, 51.9],
      [3.9, 52],
    ]);
  });

  test("a share lies where its length ends", () => {
    const line = lineOf([
      [0, 0],
      [10, 0],
      [40, 0],
    ]);
    const at: Point = [0, 0];
    pointAt(line, 0, at);
    expect(at[0]).toBeCloseTo(project(0, 0)[0], 3);
    pointAt(line, 0.25, at);
    expect(at[0]).toBeCloseTo(project(10, 0)[0], 2);
    pointAt(line, 1, at);
    expect(at[0]).toBeCloseTo(project(40, 0)[0], 3);
  });

  test("a way over the edge of the world is cut, not drawn across it", () => {
    const line = lineOf(greatCircle([140, 35], [-120, 35]));
    const cuts = [...line.x.keys()].filter((place) => place > 0 && isCut(line, place));
    expect(cuts.length).toBe(1);
    expect(line.length).toBeLessThan(WORLD_WIDTH / 2);
    const at: Point = [0, 0];
    for (let share = 0; share <= 1; share += 0.01) {
      pointAt(line, share, at);
      const distance = Math.min(...[...line.x.keys()].map((place) => Math.hypot((line.x[place] as number) - at[0], (line.y[place] as number) - at[1])));
      expect(distance).toBeLessThan(10);
    }
  });

  test("ships follow the line of the server, all else a great circle", () => {
    const routes = { scale: 100, routes: [{ lanes: ["a>b:sea"], passages: [], points: [0, 0, 1000, 3000, 1000, -3000] }] };
    const lines = laneLines(network, routes);
    expect(lines.get("a>b:sea")?.x.length).toBe(3);
    expect(lines.get("b>c:road")?.x.length).toBeGreaterThan(1);
    expect(lines.has("c>nowhere:air")).toBe(false);
  });
});

describe("layout", () => {
  test("near sites are one, the heaviest in its middle, and none is lost", () => {
    const sites = [
      { x: 0, y: 0, weight: 1 },
      { x: 5, y: 0, weight: 9 },
      { x: 100, y: 0, weight: 1 },
    ];
    const found = clustered(sites, 20);
    expect(found).toEqual([
      { x: 5, y: 0, members: [0, 1] },
      { x: 100, y: 0, members: [2] },
    ]);
    expect(clustered(sites, 1).length).toBe(3);
  });

  test("of many sites each is in one cluster, and middles keep their distance", () => {
    const sites = Array.from({ length: 2000 }, (_, place) => ({ x: (place * 37) % 991, y: (place * 101) % 487, weight: place % 13 }));
    const found = clustered(sites, 24);
    expect(found.flatMap((cluster) => cluster.members).sort((a, b) => a - b)).toEqual(sites.map((_, place) => place));
    let nearest = Infinity;
    for (const one of found) {
      for (const other of found) if (one !== other) nearest = Math.min(nearest, Math.hypot(one.x - other.x, one.y - other.y));
    }
    expect(nearest).toBeGreaterThanOrEqual(24);
  });

  test("names cover neither each other nor sites", () => {
    const items = [
      { x: 100, y: 100, radius: 8, width: 60 },
      { x: 130, y: 100, radius: 8, width: 60 },
      { x: 104, y: 104, radius: 8, width: 60 },
    ];
    const room = { left: 0, top: 0, right: 400, bottom: 300 };
    const found = placedLabels(items, 14, room);
    expect(found[0]).toEqual({ x: 28, y: 100 });
    expect(found[1]).toEqual({ x: 142, y: 100 });
    expect(found[2]).toBeNull();
  });
});

describe("filters", () => {
  test("a product shows who keeps it and the lanes that carry it", () => {
    const wanted = wantedBy(network, { product: "p", owner: null, tier: null, mode: null });
    expect([...wanted.sites].sort()).toEqual(["a", "b"]);
    expect([...wanted.lanes]).toEqual(["a>b:sea"]);
  });

  test("a mode shows only the sites that it reaches", () => {
    const wanted = wantedBy(network, { product: null, owner: null, tier: null, mode: "road" });
    expect([...wanted.sites].sort()).toEqual(["b", "c"]);
  });

  test("owner and tier are met together", () => {
    expect([...wantedBy(network, { product: null, owner: "me", tier: 1, mode: null }).sites]).toEqual(["b"]);
    expect(wantedBy(network, { product: null, owner: "nobody", tier: null, mode: null }).sites.size).toBe(0);
  });
});

describe("flow", () => {
  const load = { id: "1", origin: "a", destination: "b", product: "p", departedAt: null, plannedAt: null, expectedAt: null, dueAt: null, isLate: false, time: null, source: null };

  test("goods in one part of a lane are one bunch", () => {
    const found = bunches(
      [
        { ...load, lane: "a>b:sea", quantity: 2, share: 0.5 },
        { ...load, lane: "a>b:sea", quantity: 3, share: 0.501 },
        { ...load, lane: "a>b:sea", quantity: 1, share: 0.9 },
        { ...load, lane: null, quantity: 1, share: 0.9 },
      ],
      new Map([["p", 10]]),
    );
    expect(found.map(({ count, worth }) => [count, worth])).toEqual([
      [2, 50],
      [1, 10],
    ]);
  });

  test("lights stay on their lane", () => {
    for (let second = 0; second < 100; second += 0.7) {
      const share = lightShare(second, 17, 300);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThan(1);
    }
  });
});

const typed: Network = network;
test("the sample is a network", () => expect(typed.sites.length).toBe(4));
