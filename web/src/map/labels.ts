// Names beside what they name, only where they cover nothing. Pure.

export interface Labeled {
  x: number;
  y: number;
  /** Radius of what is named. */
  radius: number;
  /** Width of the text; 0 for what has none and is only in the way. */
  width: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const GAP = 4;

/** Return where the text of each begins, null where there is no room; the first in the list are placed first. */
export function placedLabels(items: readonly Labeled[], height: number, room: Box): ({ x: number; y: number } | null)[] {
  const grid = new Grid(64);
  items.forEach(({ x, y, radius }, owner) =>
    grid.add({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }, owner),
  );
  return items.map(({ x, y, radius, width }, owner) => {
    if (!width) return null;
    for (const left of [x + radius + GAP, x - radius - GAP - width]) {
      const box = { left, top: y - height / 2, right: left + width, bottom: y + height / 2 };
      const isInside = box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom;
      if (isInside && !grid.hits(box, owner)) {
        grid.add(box, -1);
        return { x: left, y };
      }
    }
    return null;
  });
}

class Grid {
  private readonly cells = new Map<string, { box: Box; owner: number }[]>();

  constructor(private readonly size: number) {}

  add(box: Box, owner: number): void {
    for (const name of this.names(box)) {
      const held = this.cells.get(name);
      if (held) held.push({ box, owner });
      else this.cells.set(name, [{ box, owner }]);
    }
  }

  hits(box: Box, owner: number): boolean {
    return this.names(box).some((name) =>
      (this.cells.get(name) ?? []).some(
        ({ box: other, owner: whose }) =>
          whose !== owner &&
          other.left < box.right &&
          other.right > box.left &&
          other.top < box.bottom &&
          other.bottom > box.top,
      ),
    );
  }

  private names(box: Box): string[] {
    const found: string[] = [];
    for (let column = Math.floor(box.left / this.size); column <= Math.floor(box.right / this.size); column++) {
      for (let row = Math.floor(box.top / this.size); row <= Math.floor(box.bottom / this.size); row++) found.push(`${column},${row}`);
    }
    return found;
  }
}
