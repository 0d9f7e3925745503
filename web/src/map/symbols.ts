// The shape of each kind of site, so that nothing is told by color alone. Pure but for the path it writes.

interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  closePath(): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
}

/** Corners of a shape in a circle of radius 1, the first from the top; 0 is a circle. Half turns stand a square on its side. */
const SHAPES: Record<string, { corners: number; turn: number }> = {
  supplier: { corners: 3, turn: 0 },
  plant: { corners: 4, turn: 0.5 },
  warehouse: { corners: 6, turn: 0 },
  hub: { corners: 4, turn: 0 },
  port: { corners: 5, turn: 0 },
  airport: { corners: 3, turn: 0.5 },
  customer: { corners: 8, turn: 0.5 },
};

/** Corners weigh less to the eye than a circle of the same radius. */
const SWELL: Record<number, number> = { 0: 1, 3: 1.3, 4: 1.18, 5: 1.12, 6: 1.08, 8: 1.04 };

/** Write the outline of a kind of site around a point. */
export function outline(pen: Pen, kind: string | null, x: number, y: number, radius: number): void {
  const { corners, turn } = SHAPES[kind ?? ""] ?? { corners: 0, turn: 0 };
  const reach = radius * (SWELL[corners] ?? 1);
  if (!corners) {
    pen.moveTo(x + reach, y);
    pen.arc(x, y, reach, 0, 2 * Math.PI);
    return;
  }
  for (let corner = 0; corner < corners; corner++) {
    const angle = ((corner + turn) / corners) * 2 * Math.PI - Math.PI / 2;
    const [px, py] = [x + reach * Math.cos(angle), y + reach * Math.sin(angle)];
    if (corner) pen.lineTo(px, py);
    else pen.moveTo(px, py);
  }
  pen.closePath();
}

/** The same outline as the path of an SVG of 20 by 20. */
export function outlinePath(kind: string): string {
  const parts: string[] = [];
  const round = (value: number): string => value.toFixed(2);
  outline(
    {
      moveTo: (x, y) => parts.push(`M${round(x)} ${round(y)}`),
      lineTo: (x, y) => parts.push(`L${round(x)} ${round(y)}`),
      closePath: () => parts.push("Z"),
      arc: (x, y, radius) => parts.push(`A${radius} ${radius} 0 1 1 ${round(x - radius)} ${y}A${radius} ${radius} 0 1 1 ${round(x + radius)} ${y}Z`),
    },
    kind,
    10,
    10,
    6,
  );
  return parts.join("");
}
