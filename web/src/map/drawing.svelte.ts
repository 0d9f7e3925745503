// A map on a canvas: as large as its place, in the colors of the theme, fine once it is enlarged, drawn anew when that is due.

import { shown } from "../shell/shown.svelte";
import { colorsOf } from "./colors";
import { baseZoom, zoomedAt, type Size, type View } from "./projection";
import { FINE_ZOOM, MapRenderer, type Scene } from "./renderer";
import { globe, loadWorld } from "./world";

interface Of {
  scene: () => Scene;
  /** Where to look after the place of the map became larger or smaller. */
  resized: (view: View, before: Size, size: Size) => View;
  /** Whether goods run along their lanes, so that one frame follows on the other. */
  isMoving?: () => boolean;
  /** Called where the view was changed by the buttons. */
  show: (view: View) => void;
}

/** Rest before the land is asked for again. */
const AGAIN_MILLISECONDS = 5000;

/** To be made while a component is. */
export class Drawing {
  size = $state.raw<Size>({ width: 0, height: 0 });
  view = $state.raw<View | null>(null);
  renderer = $state.raw<MapRenderer>();
  private hasFine = false;
  private asked = 0;

  constructor(private readonly of: Of) {
    $effect(() => {
      void shown.theme;
      // The new colors hold once the document has its theme.
      requestAnimationFrame(() => {
        this.renderer?.setColors(colorsOf(getComputedStyle(document.documentElement)));
        this.due();
      });
    });

    $effect(() => {
      this.renderer?.setScene(of.scene());
      this.due();
    });

    $effect(() => {
      if (!this.renderer || !this.view) return;
      this.renderer.setView(this.view, performance.now());
      if (!this.hasFine && this.view.zoom > baseZoom(this.size) * FINE_ZOOM) {
        this.hasFine = true;
        this.load(this.renderer, "fine");
      }
      this.due();
    });

    $effect(() => {
      void of.isMoving?.();
      this.due();
      return () => {
        cancelAnimationFrame(this.asked);
        this.asked = 0;
      };
    });
  }

  /** Draw on a canvas that fills the box it is in. */
  readonly on = (canvas: HTMLCanvasElement): (() => void) => {
    const made = new MapRenderer(canvas, globe(), colorsOf(getComputedStyle(document.documentElement)));
    this.renderer = made;
    this.load(made, "coarse");
    const box = canvas.parentElement as HTMLElement;
    const watching = new ResizeObserver(() => {
      const before = this.size;
      this.size = { width: box.clientWidth, height: box.clientHeight };
      made.resize(this.size, Math.min(devicePixelRatio || 1, 2));
      if (this.view && this.size.width && before.width) this.view = this.of.resized(this.view, before, this.size);
      this.due();
    });
    watching.observe(box);
    return () => watching.disconnect();
  };

  /** Enlarge around the middle. */
  by(factor: number): void {
    if (this.view) this.of.show(zoomedAt(this.view, factor, [this.size.width / 2, this.size.height / 2], this.size));
  }

  /** Draw a frame soon; while something moves, frames follow one on the other. */
  due(): void {
    this.asked ||= requestAnimationFrame((time) => {
      this.asked = 0;
      if (!this.renderer || !this.size.width) return;
      const isMoving = this.of.isMoving?.() ?? false;
      if (this.renderer.draw(time, isMoving) || isMoving) this.due();
    });
  }

  private load(renderer: MapRenderer, detail: "coarse" | "fine"): void {
    void loadWorld(detail).then((world) => {
      renderer.setWorld(detail, world);
      this.due();
    }, () => {
      // A map without land is of some use, and the server may be there again soon.
      setTimeout(() => {
        if (this.renderer === renderer) this.load(renderer, detail);
      }, AGAIN_MILLISECONDS);
    });
  }
}
