// A table as CSV that a spreadsheet opens as it is meant. Pure.

export type Value = string | number | null;

/** Write a table as CSV (RFC 4180); a text that a spreadsheet would take for a formula has an apostrophe before it. */
export function csvOf(head: readonly string[], rows: readonly (readonly Value[])[]): string {
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Return the name of a file from words that people read. */
export function fileName(words: string, ending: string): string {
  const plain = words
    .toLocaleLowerCase()
    .replace(/[^\p{Letter}\p{Number}]+/gu, "-")
    .replace(/^-+|-+$/g, "");
  return `${plain.slice(0, 80) || "chart"}.${ending}`;
}

function cell(value: Value): string {
  if (value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
