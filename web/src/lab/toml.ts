// A scenario as the file that the command line reads. Pure.

import type { Written } from "./scenario";

/** Write a scenario as TOML. */
export function tomlOf(scenario: Written): string {
  const lines = [`name = ${JSON.stringify(scenario.name)}`];
  if (scenario.levels) lines.push(`levels = ${JSON.stringify(scenario.levels)}`);
  for (const key of ["change", "disruption", "intervention"] as const) {
    for (const block of scenario[key]) {
      lines.push("", `[[${key}]]`);
      for (const [name, value] of Object.entries(block)) lines.push(`${name} = ${name === "start" ? String(value) : valueOf(value)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function valueOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueOf).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).map(([name, part]) => `${name} = ${valueOf(part)}`);
    return `{ ${parts.join(", ")} }`;
  }
  // The escapes of JSON are those of TOML.
  return JSON.stringify(value);
}
