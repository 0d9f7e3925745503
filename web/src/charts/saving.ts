// Gives a person a file that the page made. Nothing leaves the page.

import { csvOf, fileName, type Value } from "./csv";
import { drawn, svgOf, withTitle, type LegendEntry, type Picture } from "./picture";

export type Form = "png" | "svg" | "csv";
export const FORMS: readonly Form[] = ["png", "svg", "csv"];

export interface Saved {
  title: string;
  legend: LegendEntry[];
  picture: Picture;
  table: { head: string[]; rows: Value[][] };
}

/** Pixels of a PNG for each of the chart, so that it is sharp in print. */
const SHARPNESS = 2;

/** Save a chart as a file of a form. */
export async function save(chart: Saved, form: Form): Promise<void> {
  const name = fileName(chart.title, form);
  if (form === "csv") {
    // The mark at the beginning lets spreadsheets read other signs than those of English.
    download(new Blob(["\ufeff", csvOf(chart.table.head, chart.table.rows)], { type: "text/csv;charset=utf-8" }), name);
    return;
  }
  const style = getComputedStyle(document.documentElement);
  const colorOf = (color: string): string => style.getPropertyValue(`--${color}`).trim();
  const whole = withTitle(chart.picture, chart.title, chart.legend);
  const font = style.getPropertyValue("--font").trim();
  if (form === "svg") {
    download(new Blob([svgOf(whole, colorOf, font)], { type: "image/svg+xml" }), name);
    return;
  }
  const canvas = document.createElement("canvas");
  drawn(whole, canvas, SHARPNESS, colorOf, font);
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (made) download(made, name);
}

/** Let the browser save what was made here. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
