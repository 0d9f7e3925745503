// How many frames a second the map draws: ?sites=2000&lanes=5000&seconds=5, still and while it is moved. The rates are left in
// the title, for whoever opened the page to read.

import "../src/app.css";
import { colorsOf } from "../src/map/colors";
import { greatCircle, lineOf } from "../src/map/lines";
import { fitView, moved, project, type Point, type Size } from "../src/map/projection";
import { MapRenderer, type LaneMark, type Scene, type SiteMark } from "../src/map/renderer";
import { globe, loadWorld } from "../src/map/world";

const asked = new URLSearchParams(location.search);
const number = (name: string, usual: number): number => Number(asked.get(name) ?? usual);
const [siteCount, laneCount, seconds] = [number("sites", 2000), number("lanes", 5000), number("seconds", 5)];

const canvas = document.getElementById("map") as HTMLCanvasElement;
const size: Size = { width: innerWidth, height: innerHeight };
const renderer = new MapRenderer(canvas, globe(), colorsOf(getComputedStyle(document.documentElement)));
renderer.resize(size, devicePixelRatio);
renderer.setWorld("coarse", await loadWorld("coarse"));
const scene = made();
renderer.setScene(scene);
let view = fitView(scene.sites.map(({ x, y }): Point => [x, y]), size);
renderer.setView(view, 0);

// The first frames draw what is kept from then on, and compile.
for (let frame = 0; frame < 3; frame++) {
  renderer.draw(await new Promise<number>(requestAnimationFrame), true);
}

const still = await rate(() => undefined);
const moving = await rate((frame) => {
  view = moved(view, frame % 240 < 120 ? 3 : -3, 0, size);
  renderer.setView(view, performance.now());
});
document.title = JSON.stringify({ sites: siteCount, lanes: laneCount, still, moving });

/** Draw for some seconds as fast as the browser shows frames; return how many a second. */
async function rate(before: (frame: number) => void): Promise<number> {
  let frames = 0;
  const start = performance.now();
  for (;;) {
    const now = await new Promise<number>(requestAnimationFrame);
    before(frames);
    renderer.draw(now, true);
    frames += 1;
    if (now - start > seconds * 1000) return Math.round((frames / (now - start)) * 10_000) / 10;
  }
}

/** Sites around towns and lanes between them, the same every time. */
function made(): Scene {
  let state = 1;
  const chance = (): number => {
    // A small congruential generator: figures of a benchmark must not change from run to run.
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const towns: Point[] = [
    [116, 32], [121, 31], [77, 20], [73, 19], [106, 11], [139, 36], [8, 50], [2, 48], [-1, 52], [20, 52],
    [-74, 40], [-87, 41], [-118, 34], [-99, 19], [-46, -23], [-58, -34], [18, -33], [37, -1], [3, 7], [31, 30], [151, -33], [55, 25],
  ];
  const levels = ["good", "good", "good", "low", "short"] as const;
  const kinds = ["store", "store", "hub", "plant", "supplier", "port"];
  const places: Point[] = [];
  const sites: SiteMark[] = [];
  for (let place = 0; place < siteCount; place++) {
    const town = towns[place % towns.length] as Point;
    const at: Point = [town[0] + (chance() - 0.5) * 22, town[1] + (chance() - 0.5) * 16];
    places.push(at);
    const [x, y] = project(at[0], at[1]);
    const level = levels[Math.floor(chance() * levels.length)] ?? "good";
    const kind = kinds[Math.floor(chance() * kinds.length)] ?? "store";
    sites.push({ site: `s${place}`, name: `Site ${place}`, kind, x, y, radius: 5 + chance() * 5, level, missing: level === "short", weight: chance() });
  }
  const modes = ["sea", "air", "road", "rail"];
  const lanes: LaneMark[] = [];
  const goods: Scene["goods"] = [];
  for (let lane = 0; lane < laneCount; lane++) {
    const [from, to] = [Math.floor(chance() * siteCount), Math.floor(chance() * siteCount)];
    const line = lineOf(greatCircle(places[from] as Point, places[to] as Point));
    lanes.push({ lane: `l${lane}`, line, mode: modes[lane % 4] ?? null, origin: `s${from}`, destination: `s${to}`, isActive: true });
    goods.push({ lane, share: chance(), radius: 2 + chance() * 2 });
  }
  return { sites, lanes, goods, selected: null };
}
