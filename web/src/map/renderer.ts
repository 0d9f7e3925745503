// Draws the map on a canvas. What stands still is drawn once into canvases of its own and copied each frame; only lights move.
// Knows no network calls and no words.

import type { Level } from "../twin/summary";
import { clustered, type Cluster } from "./clusters";
import type { Colors } from "./colors";
import { lightShare } from "./flow";
import { placedLabels } from "./labels";
import { isCut, pointAt, type Line } from "./lines";
import { baseZoom, type Point, type Size, type View } from "./projection";
import { outline } from "./symbols";
import type { World } from "./world";

export interface SiteMark {
  site: string;
  name: string;
  kind: string | null;
  /** Place in the flat world. */
  x: number;
  y: number;
  /** Pixels. */
  radius: number;
  level: Level;
  missing: boolean;
  weight: number;
  /** Whether something breaks here. */
  isStruck?: boolean;
}

export interface LaneMark {
  lane: string;
  line: Line;
  mode: string | null;
  origin: string;
  destination: string;
  /** Whether goods are on their way over it. */
  isActive: boolean;
  /** Whether it is broken. */
  isStruck?: boolean;
}

export interface GoodsMark {
  /** Place in the list of lanes. */
  lane: number;
  share: number;
  radius: number;
}

export interface Scene {
  sites: SiteMark[];
  lanes: LaneMark[];
  goods: GoodsMark[];
  selected: string | null;
}

/** What lies under the pointer: places in the list of sites. */
export interface Hit {
  members: number[];
  x: number;
  y: number;
}

const EMPTY: Scene = { sites: [], lanes: [], goods: [], selected: null };

/** Sites nearer to each other than this are one, pixels. */
const CLUSTER_RADIUS = 22;

/** From so much enlargement on every site stands for itself, and the fine map is drawn. */
export const FINE_ZOOM = 3;
const APART_ZOOM = 60;

/** With more lanes than this a view that changes is shown by the picture there is, until it rests. */
const LANES_AT_ONCE = 1200;
const REST_MILLISECONDS = 90;

export class MapRenderer {
  private readonly context: CanvasRenderingContext2D;
  private readonly ground = layer();
  private readonly top = layer();
  private scene = EMPTY;
  private size: Size = { width: 1, height: 1 };
  private ratio = 1;
  private view: View = { zoom: 1, x: 0, y: 0 };
  private groundView: View = this.view;
  private topView: View = this.view;
  private isGroundOld = true;
  private isTopOld = true;
  private movedAt = 0;
  private clusters: Cluster[] = [];
  private clusterZoom = 0;
  private modes: { color: string; lanes: number[] }[] = [];
  private highlighted: string | null = null;
  private coarse: World | null = null;
  private fine: World | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly globe: { outline: Path2D; graticule: Path2D },
    private colors: Colors,
  ) {
    this.context = contextOf(canvas);
  }

  setColors(colors: Colors): void {
    this.colors = colors;
    this.groupLanes();
    this.isGroundOld = this.isTopOld = true;
  }

  setWorld(detail: "coarse" | "fine", world: World): void {
    if (detail === "coarse") this.coarse = world;
    else this.fine = world;
    this.isGroundOld = true;
  }

  setScene(scene: Scene): void {
    const before = this.scene;
    this.scene = scene;
    this.clusterZoom = 0;
    this.isTopOld = true;
    // Sites and goods change with every event, lanes seldom; to draw thousands of them takes longer than all else.
    if (scene.selected === before.selected && isSameLanes(scene.lanes, before.lanes)) return;
    this.groupLanes();
    this.isGroundOld = true;
  }

  /** Show a site as the one that the pointer is on. */
  highlight(site: string | null): void {
    if (site === this.highlighted) return;
    this.highlighted = site;
    this.isTopOld = true;
  }

  resize(size: Size, ratio: number): void {
    this.size = size;
    this.ratio = ratio;
    for (const canvas of [this.canvas, this.ground, this.top]) {
      canvas.width = Math.max(Math.round(size.width * ratio), 1);
      canvas.height = Math.max(Math.round(size.height * ratio), 1);
    }
    this.isGroundOld = this.isTopOld = true;
  }

  setView(view: View, now: number): void {
    if (view.zoom === this.view.zoom && view.x === this.view.x && view.y === this.view.y) return;
    this.view = view;
    this.movedAt = now;
    this.isGroundOld = this.isTopOld = true;
  }

  /** What lies at a point of the screen. */
  hit(at: Point): Hit | null {
    let best: Hit | null = null;
    let nearest = Infinity;
    for (const { x, y, members } of this.clusters) {
      const [sx, sy] = this.onScreen(x, y);
      const distance = Math.hypot(sx - at[0], sy - at[1]);
      if (distance < this.radiusOf(members) + 5 && distance < nearest) {
        nearest = distance;
        best = { members, x: sx, y: sy };
      }
    }
    return best;
  }

  /** The lane nearest to a point of the screen, null where none is near. */
  hitLane(at: Point, within = 7): LaneMark | null {
    const { view } = this;
    let [best, nearest]: [LaneMark | null, number] = [null, within];
    for (const lane of this.scene.lanes) {
      const { x, y } = lane.line;
      for (let place = 1; place < x.length; place++) {
        if (isCut(lane.line, place)) continue;
        const [ax, ay] = [view.x + view.zoom * (x[place - 1] as number), view.y + view.zoom * (y[place - 1] as number)];
        const [dx, dy] = [view.x + view.zoom * (x[place] as number) - ax, view.y + view.zoom * (y[place] as number) - ay];
        const length = dx * dx + dy * dy;
        const share = length > 0 ? Math.min(Math.max(((at[0] - ax) * dx + (at[1] - ay) * dy) / length, 0), 1) : 0;
        const distance = Math.hypot(ax + share * dx - at[0], ay + share * dy - at[1]);
        if (distance < nearest) [best, nearest] = [lane, distance];
      }
    }
    return best;
  }

  /** Draw a frame; tells whether another is due even if nothing changes. */
  draw(now: number, isMoving: boolean): boolean {
    const isMoved = this.groundView !== this.view && now - this.movedAt <= REST_MILLISECONDS;
    const waits = isMoved && this.scene.lanes.length > LANES_AT_ONCE;
    if (this.isGroundOld && !waits) this.drawGround();
    if (this.isTopOld && !waits) this.drawTop();
    const { context, ratio } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.copy(this.ground, this.groundView);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (isMoving) this.drawLights(now / 1000);
    this.copy(this.top, this.topView);
    return waits;
  }

  /** Copy a picture that was drawn for a view to where the view is now. */
  private copy(picture: HTMLCanvasElement, drawn: View): void {
    const { context, ratio, view } = this;
    const by = view.zoom / drawn.zoom;
    context.setTransform(by, 0, 0, by, (view.x - drawn.x * by) * ratio, (view.y - drawn.y * by) * ratio);
    context.drawImage(picture, 0, 0);
  }

  private onScreen(x: number, y: number): Point {
    return [this.view.x + this.view.zoom * x, this.view.y + this.view.zoom * y];
  }

  private radiusOf(members: number[]): number {
    if (members.length === 1) return this.scene.sites[members[0] as number]?.radius ?? 0;
    return Math.min(11 + 2 * Math.log2(members.length), 22);
  }

  private groupLanes(): void {
    const groups = new Map<string, number[]>();
    this.scene.lanes.forEach(({ mode, isActive, line }, place) => {
      if (!isActive || !line.length) return;
      const color = this.colors.modes[mode ?? ""] ?? this.colors.other;
      const held = groups.get(color);
      if (held) held.push(place);
      else groups.set(color, [place]);
    });
    this.modes = [...groups].map(([color, lanes]) => ({ color, lanes }));
  }

  private drawGround(): void {
    const { view, colors, ratio } = this;
    const context = contextOf(this.ground);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.ground.width, this.ground.height);
    context.setTransform(ratio * view.zoom, 0, 0, ratio * view.zoom, ratio * view.x, ratio * view.y);
    context.fillStyle = colors.sea;
    context.fill(this.globe.outline);
    context.lineWidth = 0.7 / view.zoom;
    context.strokeStyle = colors.graticule;
    context.stroke(this.globe.graticule);
    const world = view.zoom > baseZoom(this.size) * FINE_ZOOM ? (this.fine ?? this.coarse) : (this.coarse ?? this.fine);
    if (world) {
      context.fillStyle = colors.land;
      context.fill(world.land);
      context.strokeStyle = colors.border;
      context.stroke(world.borders);
    }
    this.drawLanes(context);
    this.groundView = view;
    this.isGroundOld = false;
  }

  private drawLanes(context: CanvasRenderingContext2D): void {
    const { colors, scene, view } = this;
    const groups = new Map<string, Path2D>();
    for (const lane of scene.lanes) {
      const isNear = scene.selected !== null && (lane.origin === scene.selected || lane.destination === scene.selected);
      const weight = scene.selected === null ? (lane.isActive ? "plain" : "faint") : isNear ? "strong" : "faint";
      const name = `${weight} ${colors.modes[lane.mode ?? ""] ?? colors.other}`;
      let path = groups.get(name);
      if (!path) groups.set(name, (path = new Path2D()));
      trace(path, lane.line);
    }
    context.lineJoin = "round";
    for (const weight of ["faint", "plain", "strong"] as const) {
      for (const [name, path] of groups) {
        const [of, color] = [name.slice(0, name.indexOf(" ")), name.slice(name.indexOf(" ") + 1)];
        if (of !== weight) continue;
        context.strokeStyle = color;
        context.globalAlpha = { faint: 0.22, plain: 0.5, strong: 0.95 }[weight];
        context.lineWidth = { faint: 0.8, plain: 1.1, strong: 2 }[weight] / view.zoom;
        context.stroke(path);
      }
    }
    context.globalAlpha = 1;
    const struck = new Path2D();
    for (const lane of scene.lanes) if (lane.isStruck) trace(struck, lane.line);
    context.strokeStyle = colors.levels.short;
    context.lineWidth = 2.5 / view.zoom;
    context.setLineDash([7 / view.zoom, 4 / view.zoom]);
    context.stroke(struck);
    context.setLineDash([]);
  }

  private drawGoods(context: CanvasRenderingContext2D): void {
    const { colors, scene } = this;
    const at: Point = [0, 0];
    context.strokeStyle = colors.halo;
    context.lineWidth = 1;
    for (const { lane, share, radius } of scene.goods) {
      const mark = scene.lanes[lane];
      if (!mark?.line.length) continue;
      // Where one site is looked at, only what comes to it and leaves it counts.
      if (scene.selected !== null && mark.origin !== scene.selected && mark.destination !== scene.selected) continue;
      pointAt(mark.line, share, at);
      const [x, y] = this.onScreen(at[0], at[1]);
      if (x < 0 || y < 0 || x > this.size.width || y > this.size.height) continue;
      context.fillStyle = colors.modes[mark.mode ?? ""] ?? colors.other;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  private drawLights(seconds: number): void {
    const { context, scene, view, size } = this;
    const at: Point = [0, 0];
    // Thousands of lights are told apart without the tail that shows where each comes from.
    const passes = scene.lanes.length > LANES_AT_ONCE ? [true] : [false, true];
    for (const { color, lanes } of this.modes) {
      for (const isHead of passes) {
        context.fillStyle = isHead ? this.colors.goods : color;
        for (const place of lanes) {
          const { line, origin, destination } = scene.lanes[place] as LaneMark;
          if (scene.selected !== null && origin !== scene.selected && destination !== scene.selected) continue;
          const share = lightShare(seconds, place, line.length);
          pointAt(line, isHead ? share : Math.max(share - 4 / view.zoom / line.length, 0), at);
          const x = view.x + view.zoom * at[0];
          const y = view.y + view.zoom * at[1];
          if (x < 0 || y < 0 || x > size.width || y > size.height) continue;
          context.fillRect(x - 1.25, y - 1.25, 2.5, 2.5);
        }
      }
    }
  }

  private drawTop(): void {
    const { scene, colors, ratio, size, view } = this;
    const context = contextOf(this.top);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.top.width, this.top.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawGoods(context);
    this.cluster();
    const shown = this.clusters
      .map(({ x, y, members }) => ({ at: this.onScreen(x, y), members, radius: this.radiusOf(members) }))
      .filter(({ at: [x, y] }) => x > -40 && y > -40 && x < size.width + 40 && y < size.height + 40);
    for (const { at, members, radius } of shown) {
      if (members.length === 1) this.drawSite(context, scene.sites[members[0] as number] as SiteMark, at);
      else this.drawCluster(context, members, at, radius);
    }
    context.font = `${colors.textSize}px ${colors.font}`;
    context.textBaseline = "middle";
    context.textAlign = "left";
    const named = shown
      .map((one) => ({ ...one, site: one.members.length === 1 ? scene.sites[one.members[0] as number] : undefined }))
      .sort((a, b) => rank(b.site, scene.selected) - rank(a.site, scene.selected));
    const places = placedLabels(
      named.map(({ at: [x, y], radius, site }) => ({ x, y, radius: radius + rimOf(site, scene.selected), width: site ? context.measureText(site.name).width : 0 })),
      colors.textSize + 3,
      { left: 4, top: 4, right: size.width - 4, bottom: size.height - 4 },
    );
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.strokeStyle = colors.halo;
    context.fillStyle = colors.text;
    named.forEach(({ site }, place) => {
      const at = places[place];
      if (!site || !at || (shown.length > 300 && view.zoom < baseZoom(size) * FINE_ZOOM)) return;
      context.strokeText(site.name, at.x, at.y);
      context.fillText(site.name, at.x, at.y);
    });
    this.topView = view;
    this.isTopOld = false;
  }

  private drawSite(context: CanvasRenderingContext2D, site: SiteMark, [x, y]: Point): void {
    const { colors, scene } = this;
    if (site.missing) {
      context.beginPath();
      context.arc(x, y, site.radius + 4, 0, 2 * Math.PI);
      context.strokeStyle = colors.levels.short;
      context.lineWidth = 1.75;
      context.stroke();
    }
    context.beginPath();
    outline(context, site.kind, x, y, site.radius);
    context.fillStyle = colors.levels[site.level];
    context.fill();
    context.strokeStyle = colors.halo;
    context.lineWidth = 1.5;
    context.stroke();
    if (site.isStruck) this.drawCross(context, [x, y], site.radius + 4);
    if (site.site === scene.selected || site.site === this.highlighted) {
      context.beginPath();
      context.arc(x, y, site.radius + 7, 0, 2 * Math.PI);
      context.strokeStyle = colors.text;
      context.lineWidth = 2;
      context.stroke();
    }
  }

  /** Cross out what is broken. */
  private drawCross(context: CanvasRenderingContext2D, [x, y]: Point, reach: number): void {
    context.beginPath();
    context.moveTo(x - reach, y - reach);
    context.lineTo(x + reach, y + reach);
    context.moveTo(x + reach, y - reach);
    context.lineTo(x - reach, y + reach);
    context.strokeStyle = this.colors.halo;
    context.lineWidth = 6;
    context.stroke();
    context.strokeStyle = this.colors.levels.short;
    context.lineWidth = 3;
    context.stroke();
  }

  private drawCluster(context: CanvasRenderingContext2D, members: number[], [x, y]: Point, radius: number): void {
    const { colors, scene } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = colors.panel;
    context.fill();
    // The rim tells how the members are, each level by its part.
    let from = -Math.PI / 2;
    for (const level of ["short", "low", "good", "unknown"] as const) {
      const part = members.filter((place) => scene.sites[place]?.level === level).length / members.length;
      if (!part) continue;
      context.beginPath();
      context.arc(x, y, radius - 1.5, from, from + part * 2 * Math.PI);
      context.strokeStyle = colors.levels[level];
      context.lineWidth = 3;
      context.stroke();
      from += part * 2 * Math.PI;
    }
    if (members.some((place) => scene.sites[place]?.isStruck)) this.drawCross(context, [x, y], radius);
    const isNoted = members.some((place) => [scene.selected, this.highlighted].includes(scene.sites[place]?.site ?? ""));
    if (isNoted) {
      context.beginPath();
      context.arc(x, y, radius + 4, 0, 2 * Math.PI);
      context.strokeStyle = colors.text;
      context.lineWidth = 2;
      context.stroke();
    }
    context.font = `600 ${colors.textSize}px ${colors.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = colors.text;
    context.fillText(String(members.length), x, y + 0.5);
  }

  private cluster(): void {
    const { zoom } = this.view;
    if (this.clusterZoom === zoom) return;
    this.clusterZoom = zoom;
    const isApart = zoom > baseZoom(this.size) * APART_ZOOM;
    this.clusters = clustered(this.scene.sites, isApart ? 1e-9 : CLUSTER_RADIUS / zoom);
  }
}

function isSameLanes(some: LaneMark[], others: LaneMark[]): boolean {
  return (
    some.length === others.length &&
    some.every((lane, place) => {
      const other = others[place] as LaneMark;
      const isSame = lane.isActive === other.isActive && lane.isStruck === other.isStruck;
      return isSame && lane.lane === other.lane && lane.line === other.line;
    })
  );
}

/** How far what is drawn around a site reaches beyond it, pixels. */
function rimOf(site: SiteMark | undefined, selected: string | null): number {
  if (!site) return 2;
  return site.site === selected ? 8 : site.missing ? 5 : 2;
}

function rank(site: SiteMark | undefined, selected: string | null): number {
  return site ? (site.site === selected ? Infinity : site.weight) : -1;
}

function trace(path: Path2D, line: Line): void {
  const { x, y } = line;
  path.moveTo(x[0] as number, y[0] as number);
  for (let place = 1; place < x.length; place++) {
    if (isCut(line, place)) path.moveTo(x[place] as number, y[place] as number);
    else path.lineTo(x[place] as number, y[place] as number);
  }
}

function layer(): HTMLCanvasElement {
  return document.createElement("canvas");
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  // Drawn by the processor: where the GPU is imitated, as on servers and in virtual machines, this is nearly twice as fast.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser draws nothing on a canvas");
  return context;
}
