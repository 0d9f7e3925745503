// The one place that asks the server. Types come from its own description, so that what it changes does not compile here.

import { credentials } from "./session";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Network = Schemas["Network"];
export type Routes = Schemas["Routes"];
export type Problem = Schemas["Problem"] & { faults?: { where?: string; found?: string; allowed?: string; fix?: string }[] };
export type Row = Record<string, unknown>;
export type Job = Schemas["Job"];
export type Comparison = Schemas["Comparison"];

/** A ready scenario, with the keys of a scenario file. */
export type Scenario = Omit<Schemas["Scenario"], "scenario"> & { scenario: Record<string, unknown> | null };
export type Scenarios = Omit<Schemas["Scenarios"], "member"> & { member: Scenario[] };

/** What a job found so far: rows by table. */
export type Result = Omit<Schemas["Result"], "tables"> & { tables: Record<string, Row[]> };

/** What the state answers for one table. */
export interface Page {
  time: string;
  sequence: number;
  rows: Row[];
}

/** What the state answers without a table. */
export interface Summary {
  time: string;
  sequence: number;
  summary: { latest: string | null; first: string | null };
}

/** What the state answers for several tables. */
export interface Tables {
  time: string;
  sequence: number;
  tables: Record<string, Row[]>;
}

type Getting = { [P in keyof paths]: paths[P] extends { get: object } ? P : never }[keyof paths];

/** An answer that is an error, as RFC 9457 has it. */
export class ProblemError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
  }
}

/** Asks for the state without its hash, which goes over all of it and which the page does not need. */
export const UNHASHED: Record<string, string> = { hash: "false" };

/** Ask for a resource; an answer that is an error is thrown. */
export async function get<T>(path: Getting, query: Record<string, string> = {}, signal?: AbortSignal): Promise<T> {
  const response = await send(path, query, {}, signal);
  return (await response.json()) as T;
}

/** Ask for all rows of a table of the state, page by page; where it goes on meanwhile, as it was known at one moment. */
export async function getTable(table: string, signal?: AbortSignal, known?: string): Promise<Page> {
  let query: Record<string, string> | null = { table, ...UNHASHED, perPage: "1000", ...(known ? { known } : {}) };
  let first: Page | null = null;
  while (query) {
    const response = await send("/api/v1/state", query, {}, signal);
    const page = (await response.json()) as Page;
    if (first && page.sequence !== first.sequence && !known) return getTable(table, signal, page.time);
    if (first) first.rows.push(...page.rows);
    else first = page;
    query = nextQuery(response.headers.get("link"));
  }
  return first as unknown as Page;
}

/** Ask for all rows of several tables of the state as of a moment, page by page. */
export async function getTables(names: string[], at: number, signal?: AbortSignal): Promise<Tables> {
  let query: Record<string, string> | null = { table: names.join(), ...UNHASHED, at: new Date(at).toISOString(), perPage: "1000" };
  let first: Tables | null = null;
  while (query) {
    const response = await send("/api/v1/state", query, {}, signal);
    const page = (await response.json()) as Tables;
    if (first) for (const name of names) first.tables[name]?.push(...(page.tables[name] ?? []));
    else first = page;
    query = nextQuery(response.headers.get("link"));
  }
  return first as unknown as Tables;
}

/** Ask for all rows of a table of a result that meet a query, page by page. */
export async function getRows<T>(id: string, table: string, wanted: Record<string, string>, signal?: AbortSignal): Promise<T[]> {
  const rows: T[] = [];
  let query: Record<string, string> | null = { table, ...wanted, perPage: String(PAGE_ROWS) };
  while (query) {
    const response = await send(`/api/v1/jobs/${encodeURIComponent(id)}/result`, query, {}, signal);
    const page = (await response.json()) as { tables: Record<string, T[]> };
    rows.push(...(page.tables[table] ?? []));
    query = nextQuery(response.headers.get("link"));
  }
  return rows;
}

/** Open the stream of changes behind an entry of the log. */
export async function openChanges(after: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const response = await send("/api/v1/changes", {}, { "Last-Event-ID": String(after), Accept: "text/event-stream" }, signal);
  if (!response.body) throw new ProblemError(response.status, {});
  return response.body;
}

/** Send something that is to be done or kept; return the answer, null where it has no body. */
export async function change<T>(method: "POST" | "DELETE", path: string, body?: unknown, signal?: AbortSignal): Promise<T | null> {
  const response =
    body === undefined
      ? await send(path, {}, {}, signal, { method })
      : await send(path, {}, { "Content-Type": "application/json" }, signal, { method, body: JSON.stringify(body) });
  return response.status === 204 ? null : ((await response.json()) as T);
}

/** Open the events of a job behind one that is known; null where nothing more will come. */
export async function openJob(id: string, after: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array> | null> {
  const headers = { "Last-Event-ID": String(after), Accept: "text/event-stream" };
  return (await send(`/api/v1/jobs/${encodeURIComponent(id)}/events`, {}, headers, signal)).body;
}

/** Ask for all rows of the tables of a result; of one stock point only where it is named. */
export async function getResult(id: string, tables: string[], point = "", signal?: AbortSignal): Promise<Result> {
  const wanted: Record<string, string> = point ? { stockPoint: point } : {};
  const query = { table: tables.join(","), ...wanted, perPage: String(PAGE_ROWS) };
  const found = (await (await send(`/api/v1/jobs/${encodeURIComponent(id)}/result`, query, {}, signal)).json()) as Result;
  for (const table of tables) {
    // Of several tables at once the server gives the first page of each.
    if ((found.tables[table] ?? []).length >= PAGE_ROWS) found.tables[table] = await getRows<Row>(id, table, wanted, signal);
  }
  return found;
}

/** Most rows that the server gives at one time. */
const PAGE_ROWS = 1000;

/** Parameters of the next page that a Link header names, or null. */
export function nextQuery(link: string | null): Record<string, string> | null {
  const found = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? "");
  return found ? Object.fromEntries(new URL(found[1] as string, "http://x").searchParams) : null;
}

async function send(
  path: string,
  query: Record<string, string> | URLSearchParams,
  headers: Record<string, string>,
  signal?: AbortSignal,
  more: { method?: string; body?: string } = {},
): Promise<Response> {
  const text = new URLSearchParams(query).toString();
  const response = await fetch(text ? `${path}?${text}` : path, {
    method: more.method ?? "GET",
    body: more.body ?? null,
    headers: { Accept: "application/json", ...headers, ...credentials() },
    credentials: "same-origin",
    signal: signal ?? null,
  });
  if (response.ok) return response;
  throw new ProblemError(response.status, await problemIn(response));
}

async function problemIn(response: Response): Promise<Partial<Problem>> {
  try {
    return (await response.json()) as Partial<Problem>;
  } catch {
    return {};
  }
}
