// Sites that would lie on each other are drawn as one, until the map is enlarged. Pure.

export interface Placed {
  x: number;
  y: number;
  /** Who is drawn first where there is room for one only. */
  weight: number;
}

export interface Cluster {
  x: number;
  y: number;
  /** Places in the list that was given. */
  members: number[];
}

/** Return sites, those nearer to each other than ``radius`` as one; the heaviest of each stands in its middle. */
export function clustered(sites: readonly Placed[], radius: number): Cluster[] {
  const order = sites.map((_, place) => place).sort((a, b) => (sites[b] as Placed).weight - (sites[a] as Placed).weight || a - b);
  const cells = new Map<string, number[]>();
  const cell = (value: number): number => Math.floor(value / radius);
  for (const place of order) {
    const { x, y } = sites[place] as Placed;
    const name = `${cell(x)},${cell(y)}`;
    const held = cells.get(name);
    if (held) held.push(place);
    else cells.set(name, [place]);
  }
  const taken = new Uint8Array(sites.length);
  const found: Cluster[] = [];
  for (const place of order) {
    if (taken[place]) continue;
    const { x, y } = sites[place] as Placed;
    const members: number[] = [];
    for (let column = cell(x) - 1; column <= cell(x) + 1; column++) {
      for (let row = cell(y) - 1; row <= cell(y) + 1; row++) {
        for (const other of cells.get(`${column},${row}`) ?? []) {
          const near = sites[other] as Placed;
          if (!taken[other] && (other === place || Math.hypot(near.x - x, near.y - y) < radius)) {
            taken[other] = 1;
            members.push(other);
          }
        }
      }
    }
    members.sort((a, b) => a - b);
    found.push({ x, y, members });
  }
  return found;
}
