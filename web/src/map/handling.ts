// Pointer, wheel and keys on the map, as changes of the view.

import { moved, zoomedAt, type Point, type Size, type View } from "./projection";

interface Handled {
  view: () => View | null;
  size: () => Size;
  show: (view: View) => void;
  showAll: () => void;
  hover: (at: Point | null) => void;
  click: (at: Point) => void;
  leave: () => void;
}

/** Who moves less than this between down and up has clicked, pixels. */
const CLICK = 4;
const STEP = 80;

export class Handling {
  private readonly pointers = new Map<number, Point>();
  private travelled = 0;

  constructor(private readonly to: Handled) {}

  readonly down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, at(event));
    if (this.pointers.size === 1) this.travelled = 0;
  };

  readonly move = (event: PointerEvent): void => {
    const before = this.pointers.get(event.pointerId);
    const here = at(event);
    if (!before) {
      this.to.hover(here);
      return;
    }
    this.travelled += Math.hypot(here[0] - before[0], here[1] - before[1]);
    const other = [...this.pointers].find(([pointer]) => pointer !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, here);
    const view = this.to.view();
    if (!view || this.travelled < CLICK) return;
    if (!other) {
      this.to.show(moved(view, here[0] - before[0], here[1] - before[1], this.to.size()));
      return;
    }
    // Two fingers: what is between them stays between them.
    const middle: Point = [(here[0] + other[0]) / 2, (here[1] + other[1]) / 2];
    const spread = Math.hypot(here[0] - other[0], here[1] - other[1]) / Math.max(Math.hypot(before[0] - other[0], before[1] - other[1]), 1);
    const shifted = moved(view, (here[0] - before[0]) / 2, (here[1] - before[1]) / 2, this.to.size());
    this.to.show(zoomedAt(shifted, spread, middle, this.to.size()));
  };

  readonly up = (event: PointerEvent): void => {
    const wasHeld = this.pointers.delete(event.pointerId);
    if (wasHeld && !this.pointers.size && this.travelled < CLICK) this.to.click(at(event));
  };

  readonly cancel = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
  };

  readonly leave = (): void => {
    if (!this.pointers.size) this.to.hover(null);
  };

  readonly key = (event: KeyboardEvent): void => {
    const view = this.to.view();
    if (!view || event.ctrlKey || event.metaKey || event.altKey) return;
    const size = this.to.size();
    const middle: Point = [size.width / 2, size.height / 2];
    const next = {
      ArrowLeft: () => moved(view, STEP, 0, size),
      ArrowRight: () => moved(view, -STEP, 0, size),
      ArrowUp: () => moved(view, 0, STEP, size),
      ArrowDown: () => moved(view, 0, -STEP, size),
      "+": () => zoomedAt(view, 1.5, middle, size),
      "=": () => zoomedAt(view, 1.5, middle, size),
      "-": () => zoomedAt(view, 1 / 1.5, middle, size),
    }[event.key];
    if (next) this.to.show(next());
    else if (event.key === "0") this.to.showAll();
    else if (event.key === "Escape") this.to.leave();
    else return;
    event.preventDefault();
  };

  /** Listens to the wheel by hand, because it has to keep the page from scrolling. */
  readonly wheel = (node: HTMLElement): (() => void) => {
    const turn = (event: WheelEvent): void => {
      const view = this.to.view();
      if (!view) return;
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 300 : 1);
      this.to.show(zoomedAt(view, Math.exp(-Math.min(Math.max(pixels, -300), 300) / 400), at(event), this.to.size()));
    };
    node.addEventListener("wheel", turn, { passive: false });
    return () => node.removeEventListener("wheel", turn);
  };
}

function at(event: PointerEvent | WheelEvent): Point {
  const box = (event.currentTarget as Element).getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
