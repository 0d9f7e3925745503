// The colors of the map, read from the one file that has them.

import type { Level } from "../twin/summary";

export interface Colors {
  sea: string;
  land: string;
  border: string;
  graticule: string;
  text: string;
  halo: string;
  accent: string;
  goods: string;
  panel: string;
  levels: Record<Level, string>;
  modes: Record<string, string>;
  other: string;
  font: string;
  /** Height of text, pixels. */
  textSize: number;
}

/** Read the colors that hold now. */
export function colorsOf(style: CSSStyleDeclaration): Colors {
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    sea: read("sea"),
    land: read("land"),
    border: read("border"),
    graticule: read("graticule"),
    text: read("text"),
    halo: read("halo"),
    accent: read("accent"),
    goods: read("goods"),
    panel: read("panel"),
    levels: { good: read("good"), low: read("low"), short: read("short"), unknown: read("unknown") },
    modes: { sea: read("mode-sea"), air: read("mode-air"), road: read("mode-road"), rail: read("mode-rail") },
    other: read("mode-other"),
    font: read("font"),
    textSize: Number.parseFloat(read("size-small")) || 12,
  };
}
