// The twin as this page knows it: loaded once, then followed change by change, and read anew where that is not enough.

import { ProblemError, UNHASHED, get, getTable, openChanges, type Network, type Routes, type Summary } from "../api/client";
import { EventCutter, pause, waitSeconds } from "../api/stream";
import { Cells, FAMILIES, type Change } from "./cells";

export type Contact = "loading" | "live" | "reconnecting" | "stale" | "failed" | "signed-out";

/** The server says something every 15 seconds; who hears nothing for this long has lost it. */
export const SILENCE_SECONDS = 40;
/** Without contact for so long, what is shown is called stale. */
export const STALE_SECONDS = 60;
/** Changes are shown at most so often, however many come. */
const SHOW_MILLISECONDS = 200;

export class LiveTwin {
  contact = $state<Contact>("loading");
  network = $state.raw<Network | null>(null);
  routes = $state.raw<Routes | null>(null);
  /** Grows whenever cells have changed, at most five times a second. */
  version = $state(0);
  /** Event time of the latest event, ISO 8601. */
  latest = $state<string | null>(null);
  /** Event time of the first event. */
  first = $state<string | null>(null);
  heardAt = $state(Date.now());
  sequence = $state(0);
  fault = $state("");
  readonly cells = new Cells();
  /** Is told of every change that is heard of. */
  heard: ((change: Change) => void) | null = null;

  private stopping = new AbortController();
  private failures = 0;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  /** Load and follow until stopped. */
  async run(): Promise<void> {
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    let isLoaded = false;
    while (!signal.aborted) {
      try {
        if (!isLoaded) await this.load(signal);
        isLoaded = true;
        if (!(await this.follow(signal))) {
          // So much changed that all is read anew, but not as often as late events come.
          isLoaded = false;
          await pause(500, signal);
          continue;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ProblemError && error.status === 401) {
          this.contact = "signed-out";
          return;
        }
        // A log that was restored to an earlier point goes less far than what is known, so all is read anew.
        if (error instanceof ProblemError && error.status === 400) isLoaded = false;
        this.fault = error instanceof ProblemError ? error.message : "";
      }
      this.failures += 1;
      this.lose(isLoaded);
      await pause(waitSeconds(this.failures, Math.random()) * 1000, signal);
      this.lose(isLoaded);
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  private lose(isLoaded: boolean): void {
    const silent = (Date.now() - this.heardAt) / 1000;
    if (!this.network) this.contact = this.failures > 1 ? "failed" : "loading";
    else this.contact = isLoaded && silent < STALE_SECONDS ? "reconnecting" : "stale";
  }

  private async load(signal: AbortSignal): Promise<void> {
    const [network, summary] = await Promise.all([
      get<Network>("/api/v1/network", {}, signal),
      get<Summary>("/api/v1/state", UNHASHED, signal),
    ]);
    const names = Object.keys(FAMILIES);
    const tables = await Promise.all(names.map((name) => getTable((FAMILIES[name] as { table: string }).table, signal)));
    // What came between two tables is told again by the changes, which say what is and not what is added.
    this.sequence = Math.min(summary.sequence, ...tables.map((table) => table.sequence));
    names.forEach((name, place) => this.cells.fill(name, tables[place]?.rows ?? []));
    this.latest = summary.summary.latest;
    this.first = summary.summary.first;
    this.network = network;
    this.version += 1;
    this.hear();
    // The map is of use without the lines of ships, which take a while the first time.
    void this.readRoutes(signal);
  }

  private async readRoutes(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        this.routes = await get<Routes>("/api/v1/network/routes", {}, signal);
        return;
      } catch (error) {
        if (error instanceof ProblemError && error.status < 500 && error.status !== 429) return;
      }
      await pause(waitSeconds(failures, Math.random()) * 1000, signal);
    }
  }

  /** Follow the changes until the stream ends; false where all has to be read anew. */
  private async follow(signal: AbortSignal): Promise<boolean> {
    const silence = new AbortController();
    // What was not heard before does not count against a connection that is being made.
    const begun = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - Math.max(this.heardAt, begun) > SILENCE_SECONDS * 1000) silence.abort();
    }, 1000);
    try {
      const both = AbortSignal.any([signal, silence.signal]);
      const reader = (await openChanges(this.sequence, both)).getReader();
      const cutter = new EventCutter();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return true;
        this.hear();
        for (const sent of cutter.push(decoder.decode(value, { stream: true }))) {
          if (sent.event === "change" && !(await this.take(JSON.parse(sent.data) as Change))) return false;
        }
      }
    } finally {
      clearInterval(watch);
      silence.abort();
    }
  }

  private async take(change: Change): Promise<boolean> {
    this.heard?.(change);
    if (change.reprojected || change.cells?.some(({ path }) => path.startsWith("network/"))) return false;
    this.cells.apply(change);
    this.sequence = change.sequence;
    if (!this.latest || change.occurredAt > this.latest) this.latest = change.occurredAt;
    if (!this.first || change.occurredAt < this.first) this.first = change.occurredAt;
    this.waiting ??= setTimeout(() => {
      this.waiting = undefined;
      this.version += 1;
    }, SHOW_MILLISECONDS);
    return true;
  }

  private hear(): void {
    this.heardAt = Date.now();
    this.failures = 0;
    this.contact = "live";
    this.fault = "";
  }
}
