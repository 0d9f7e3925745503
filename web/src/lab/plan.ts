// What is tried in the lab, as a person chose it, and how an address holds it. Pure.

export const KINDS = ["supplier", "site", "lane", "country", "product", "corridor"] as const;
export type Kind = (typeof KINDS)[number];

export const MEASURES = ["backup", "buffer", "expedite", "reroute", "overtime"] as const;
export type MeasureKind = (typeof MEASURES)[number];

/** Something that breaks. */
export interface Broken {
  kind: Kind;
  id: string;
}

/** Something that is done about it; what its strength means depends on its kind. */
export interface Measure {
  kind: MeasureKind;
  strength: number;
  /** Days after the onset, where it begins with an event and not before. */
  after: number;
}

export interface Try {
  /** Words of a person; empty for a name made of what it is. */
  name: string;
  /** A ready scenario, as origin:name; empty where ``broken`` says what happens. */
  ready: string;
  broken: Broken[];
  /** Part of what could be done that is gone; of a ready scenario the part of its effects that happens. */
  severity: number;
  /** Days from the start on. */
  onset: number;
  /** Days of full strength, and days in which it fades. */
  duration: number;
  recovery: number;
  /** How many times as long as it is written a ready scenario lasts. */
  stretch: number;
  measures: Measure[];
}

export interface Plan {
  /** ``now`` until it is known which moment that is, ``model``, or a moment. */
  from: string;
  /** Time of record up to which the log counts, so that a link shows what was known then. */
  known: string;
  /** Days that are looked ahead. */
  days: number;
  tries: Try[];
  /** Which of them is looked at. */
  at: number;
}

export const TRIES_MAX = 4;
export const BROKEN_MAX = 20;
export const DAYS = { least: 14, most: 365 } as const;
export const START: Plan = { from: "now", known: "", days: 120, tries: [], at: 0 };

export const LIMITS = {
  severity: { least: 0.05, most: 1 },
  onset: { least: 0, most: 60 },
  duration: { least: 1, most: 180 },
  recovery: { least: 0, most: 180 },
  stretch: { least: 0.25, most: 3 },
  after: { least: 0, most: 60 },
} as const;

/** What each measure's strength may be, and is at first. */
export const STRENGTHS: Record<MeasureKind, { least: number; most: number; step: number; usual: number }> = {
  backup: { least: 1, most: 90, step: 1, usual: 14 },
  buffer: { least: 0.9, most: 0.999, step: 0.001, usual: 0.99 },
  expedite: { least: 0.2, most: 0.9, step: 0.05, usual: 0.5 },
  reroute: { least: 0.1, most: 1, step: 0.05, usual: 1 },
  overtime: { least: 1.1, most: 2, step: 0.05, usual: 1.5 },
};

/** Return a try of something that breaks wholly for a month. */
export function tryOf(change: Partial<Try>): Try {
  return { name: "", ready: "", broken: [], severity: 1, onset: 7, duration: 30, recovery: 14, stretch: 1, measures: [], ...change };
}

/** Return a measure as it is at first. */
export function measureOf(kind: MeasureKind): Measure {
  return { kind, strength: STRENGTHS[kind].usual, after: 3 };
}

/** Write a plan as an address holds it; null for the one at the start. */
export function writePlan(plan: Plan): string | null {
  if (plan.from === START.from && plan.days === START.days && !plan.tries.length) return null;
  const tries = plan.tries.map((one) => ({
    ...(one.name ? { n: one.name } : {}),
    ...(one.ready ? { l: one.ready } : {}),
    ...(one.broken.length ? { b: one.broken.map(({ kind, id }) => [kind, id]) } : {}),
    t: [one.severity, one.onset, one.duration, one.recovery, one.stretch].map((value) => Math.round(value * 1000) / 1000),
    ...(one.measures.length ? { m: one.measures.map(({ kind, strength, after }) => [kind, Math.round(strength * 1000) / 1000, after]) } : {}),
  }));
  return JSON.stringify({ f: plan.from, ...(plan.known ? { k: plan.known } : {}), d: plan.days, a: plan.at, s: tries });
}

/** Read a plan of an address; what it does not hold, or holds wrongly, is as at the start. */
export function readPlan(text: string | null): Plan {
  if (!text) return START;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return START;
  }
  if (!isRecord(given)) return START;
  const tries = (Array.isArray(given["s"]) ? given["s"] : []).slice(0, TRIES_MAX).flatMap((one) => readTry(one));
  const from = given["f"];
  const isMoment = typeof from === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(from) && !Number.isNaN(Date.parse(from));
  return {
    from: from === "model" || isMoment ? from : "now",
    known: isMoment && typeof given["k"] === "string" && !Number.isNaN(Date.parse(given["k"])) ? given["k"] : "",
    days: Math.round(within(given["d"], DAYS, START.days)),
    tries,
    at: Math.min(Math.max(Math.trunc(number(given["a"], 0)), 0), Math.max(tries.length - 1, 0)),
  };
}

/** Return a plan with one of its tries changed. */
export function changed(plan: Plan, at: number, change: Partial<Try>): Plan {
  return { ...plan, tries: plan.tries.map((one, place) => (place === at ? { ...one, ...change } : one)) };
}

/** Return a try with something broken, or whole again if it was. */
export function toggled(one: Try, broken: Broken): Try {
  const rest = one.broken.filter(({ kind, id }) => kind !== broken.kind || id !== broken.id);
  const is = rest.length < one.broken.length;
  return { ...one, ready: "", broken: is ? rest : [...rest, broken].slice(-BROKEN_MAX) };
}

/** Tell whether a try says what happens. */
export function isWhole(one: Try): boolean {
  return one.ready !== "" || one.broken.length > 0;
}

function readTry(given: unknown): Try[] {
  if (!isRecord(given)) return [];
  const times = Array.isArray(given["t"]) ? given["t"] : [];
  const usual = tryOf({});
  const broken = (Array.isArray(given["b"]) ? given["b"] : []).slice(0, BROKEN_MAX).flatMap((one: unknown): Broken[] => {
    const [kind, id] = Array.isArray(one) ? one : [];
    return KINDS.includes(kind) && typeof id === "string" && id ? [{ kind, id: id.slice(0, 200) }] : [];
  });
  const measures = (Array.isArray(given["m"]) ? given["m"] : []).flatMap((one: unknown): Measure[] => {
    const [kind, strength, after] = Array.isArray(one) ? one : [];
    if (!MEASURES.includes(kind)) return [];
    const known = kind as MeasureKind;
    return [{ kind: known, strength: within(strength, STRENGTHS[known], STRENGTHS[known].usual), after: within(after, LIMITS.after, 3) }];
  });
  const ready = typeof given["l"] === "string" && /^(library|project):[\w.-]{1,80}$/.test(given["l"]) ? given["l"] : "";
  return [
    {
      name: typeof given["n"] === "string" ? given["n"].slice(0, 80) : "",
      ready,
      broken: ready ? [] : broken,
      severity: within(times[0], LIMITS.severity, usual.severity),
      onset: within(times[1], LIMITS.onset, usual.onset),
      duration: within(times[2], LIMITS.duration, usual.duration),
      recovery: within(times[3], LIMITS.recovery, usual.recovery),
      stretch: within(times[4], LIMITS.stretch, usual.stretch),
      measures: measures.filter((one, place) => measures.findIndex(({ kind }) => kind === one.kind) === place),
    },
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function number(value: unknown, usual: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : usual;
}

function within(value: unknown, { least, most }: { least: number; most: number }, usual: number): number {
  return Math.min(Math.max(number(value, usual), least), most);
}
