// What a chart draws, as a list that the page, a file and a canvas show alike. Pure but for the canvas it draws on.

/** Name of a color of tokens.css, without its dashes. */
export type Paint = string;

export type Shape = PathShape | TextShape;

export interface PathShape {
  kind: "path";
  d: string;
  fill: Paint | null;
  stroke: Paint | null;
  width: number;
  opacity: number;
  /** Lengths of dashes and gaps, pixels; none for a line that goes through. */
  dash: number[];
  /** Pixels that it is moved down by. */
  down: number;
}

export interface TextShape {
  kind: "text";
  x: number;
  y: number;
  text: string;
  anchor: "start" | "middle" | "end";
  color: Paint;
  size: number;
  bold: boolean;
}

export interface Picture {
  width: number;
  height: number;
  shapes: Shape[];
}

/** What a color or a line stands for. */
export interface LegendEntry {
  name: string;
  look: "line" | "dashes" | "band" | "dots";
  color: Paint;
  opacity: number;
}

export const TEXT_SIZE = 12;

/** A path; what is not said is absent. */
export function path(d: string, look: Partial<Omit<PathShape, "kind" | "d">>): PathShape {
  return { kind: "path", d, fill: null, stroke: null, width: 1, opacity: 1, dash: [], down: 0, ...look };
}

/** A text; its y is the middle of its line. */
export function text(x: number, y: number, words: string, look: Partial<Omit<TextShape, "kind" | "x" | "y" | "text">> = {}): TextShape {
  return { kind: "text", x, y, text: words, anchor: "start", color: "text-soft", size: TEXT_SIZE, bold: false, ...look };
}

/** A round dot as a path. */
export function dot(x: number, y: number, radius: number): string {
  const [left, size] = [(x - radius).toFixed(1), (2 * radius).toFixed(1)];
  return `M${left} ${y.toFixed(1)}a${radius} ${radius} 0 1 0 ${size} 0a${radius} ${radius} 0 1 0 -${size} 0Z`;
}

/** Put title and legend above a picture, as a file needs that stands alone. */
export function withTitle(picture: Picture, title: string, legend: readonly LegendEntry[]): Picture {
  const shapes: Shape[] = [text(MARGIN, 18, title, { color: "text", size: 15, bold: true })];
  let [x, y] = [MARGIN, 42];
  for (const { name, look, color, opacity } of legend) {
    const width = SWATCH + 8 + widthOf(name) + 16;
    if (x > MARGIN && x + width > picture.width) [x, y] = [MARGIN, y + 20];
    shapes.push(swatch(x, y, look, color, opacity), text(x + SWATCH + 8, y, name, { color: "text" }));
    x += width;
  }
  const top = legend.length ? y + 18 : 36;
  return {
    width: picture.width,
    height: picture.height + top + MARGIN,
    shapes: [...shapes, ...picture.shapes.map((shape) => lowered(shape, top))],
  };
}

/** Return the sign of a legend in a box of 20 by 20 whose middle is at a place. */
export function swatch(x: number, y: number, look: LegendEntry["look"], color: Paint, opacity: number): PathShape {
  if (look === "band") return path(`M${x} ${y - 5}h${SWATCH}v10h${-SWATCH}Z`, { fill: color, opacity });
  if (look === "dots") return path(dot(x + SWATCH / 2, y, 3), { fill: color });
  return path(`M${x} ${y}h${SWATCH}`, { stroke: color, width: 2, dash: look === "dashes" ? DASHES : [] });
}

/** Write a picture as an SVG that needs nothing else; colors and font are those that hold now. */
export function svgOf(picture: Picture, colorOf: (name: Paint) => string, font: string): string {
  const { width, height } = picture;
  const parts = picture.shapes.map((shape) => {
    if (shape.kind === "text") {
      const weight = shape.bold ? ' font-weight="600"' : "";
      const place = `x="${round(shape.x)}" y="${round(shape.y)}" dominant-baseline="central" text-anchor="${shape.anchor}"`;
      return `<text ${place} font-size="${shape.size}"${weight} fill="${escaped(colorOf(shape.color))}">${escaped(shape.text)}</text>`;
    }
    const fill = shape.fill ? escaped(colorOf(shape.fill)) : "none";
    const line = shape.stroke ? ` stroke="${escaped(colorOf(shape.stroke))}" stroke-width="${shape.width}" stroke-linejoin="round"` : "";
    const dash = shape.dash.length ? ` stroke-dasharray="${shape.dash.join(" ")}"` : "";
    const moved = shape.down ? ` transform="translate(0 ${shape.down})"` : "";
    return `<path${moved} d="${shape.d}" fill="${fill}"${line}${dash} opacity="${shape.opacity}"/>`;
  });
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(font)}">`;
  return `${head}<rect width="100%" height="100%" fill="${escaped(colorOf("panel"))}"/>${parts.join("")}</svg>\n`;
}

/** Draw a picture on a canvas that is ``ratio`` times as large. */
export function drawn(picture: Picture, canvas: HTMLCanvasElement, ratio: number, colorOf: (name: Paint) => string, font: string): void {
  canvas.width = Math.round(picture.width * ratio);
  canvas.height = Math.round(picture.height * ratio);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser draws nothing on a canvas");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = colorOf("panel");
  context.fillRect(0, 0, picture.width, picture.height);
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const shape of picture.shapes) {
    if (shape.kind === "text") {
      context.font = `${shape.bold ? "600 " : ""}${shape.size}px ${font}`;
      context.textAlign = shape.anchor === "middle" ? "center" : shape.anchor;
      context.fillStyle = colorOf(shape.color);
      context.fillText(shape.text, shape.x, shape.y);
      continue;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, shape.down * ratio);
    context.globalAlpha = shape.opacity;
    context.setLineDash(shape.dash);
    const line = new Path2D(shape.d);
    if (shape.fill) {
      context.fillStyle = colorOf(shape.fill);
      context.fill(line);
    }
    if (shape.stroke) {
      context.strokeStyle = colorOf(shape.stroke);
      context.lineWidth = shape.width;
      context.stroke(line);
    }
    context.globalAlpha = 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
}

/** About how wide a text is; signs of East Asia are as wide as they are high. */
export function widthOf(words: string, size = TEXT_SIZE): number {
  let wide = 0;
  for (const sign of words) wide += /[\u1100-\u11ff\u2e80-\ud7af\uf900-\ufaff\uff00-\uff60]/.test(sign) ? 1 : 0.56;
  return wide * size;
}

/** Cut a text to what fits into a width. */
export function fitted(words: string, width: number, size = TEXT_SIZE): string {
  if (widthOf(words, size) <= width) return words;
  let found = words;
  while (found.length > 1 && widthOf(`${found}…`, size) > width) found = found.slice(0, -1);
  return `${found.trimEnd()}…`;
}

/** Cut a text to what fits, in its middle: what begins alike is told apart by its end. */
export function fittedMiddle(words: string, width: number, size = TEXT_SIZE): string {
  if (widthOf(words, size) <= width) return words;
  const begin = words.slice(0, 6).trimEnd();
  let end = words.slice(6);
  while (end.length > 1 && widthOf(`${begin}…${end}`, size) > width) end = end.slice(1);
  return `${begin}…${end.trimStart()}`;
}

export const DASHES = [6, 4];

const MARGIN = 12;
const SWATCH = 20;

function lowered(shape: Shape, by: number): Shape {
  return shape.kind === "text" ? { ...shape, y: shape.y + by } : { ...shape, down: shape.down + by };
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
