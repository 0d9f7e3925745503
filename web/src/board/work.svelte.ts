// A job that a board shows: the latest of its kind, or one that is asked for now; followed, stopped, its tables read.

import { change, get, getRows, type Job, type Schemas } from "../api/client";
import { ask, followed } from "../api/jobs";

export class Work {
  job = $state.raw<Job | null>(null);
  /** Rows by table, of the last job that came to an end. */
  tables = $state.raw<Record<string, Record<string, unknown>[]>>({});
  /** The job that the tables are of. */
  found = $state.raw<Job | null>(null);
  fault = $state("");
  readonly isRunning = $derived(this.job !== null && (this.job.state === "queued" || this.job.state === "running"));

  private working = new AbortController();

  constructor(
    private readonly kind: string,
    private readonly names: string[],
  ) {}

  /**
   * Show what was found last of a network, null for that of the project, also what another person asked for, and tell what that was
   * asked with; returns what ends it. Where not every job will do, one that does not fit is passed over, and where none is left
   * ``wanted`` is asked for, if it says anything.
   */
  show(
    network: string | null,
    told: (asked: Record<string, unknown>) => void,
    fits: (asked: Record<string, unknown>) => boolean = () => true,
    wanted: Record<string, unknown> | null = null,
  ): () => void {
    [this.job, this.found, this.tables] = [null, null, {}];
    this.go(async (signal) => {
      const all = await get<Schemas["Jobs"]>("/api/v1/jobs", { kind: this.kind, perPage: "100" }, signal);
      const jobs = all.member.filter(({ asked }) => ((asked as { network?: string }).network ?? "") === (network ?? "") && fits(asked as Record<string, unknown>));
      const found = jobs.find(({ state }) => state === "running" || state === "queued") ?? jobs.find(({ state }) => state === "done");
      if (found) told(found.asked as Record<string, unknown>);
      const job = found ?? (wanted && (await ask({ kind: this.kind, ...wanted }, signal)));
      if (job) await this.follow(job, signal);
    });
    return () => this.working.abort();
  }

  /** Ask for a job and follow it. */
  run(asked: Record<string, unknown>): void {
    this.go(async (signal) => this.follow(await ask({ kind: this.kind, ...asked }, signal), signal));
  }

  /** Stop the job; what was found before stays. */
  stop(): void {
    if (this.job) void change("POST", `/api/v1/jobs/${this.job.jobID}/cancel`, {}).catch(() => undefined);
  }

  private go(task: (signal: AbortSignal) => Promise<void>): void {
    this.working.abort();
    this.working = new AbortController();
    const { signal } = this.working;
    this.fault = "";
    task(signal).catch((error: unknown) => {
      if (!signal.aborted) this.fault = error instanceof Error ? error.message : String(error);
    });
  }

  private async follow(job: Job, signal: AbortSignal): Promise<void> {
    this.job = job;
    if (job.state !== "done") for await (const told of followed(job.jobID, signal)) this.job = told;
    if (signal.aborted) return;
    const ended = this.job;
    if (ended.state === "failed") this.fault = (ended.problem as { detail?: string } | undefined)?.detail ?? "";
    if (ended.state !== "done") return;
    const tables: Record<string, Record<string, unknown>[]> = {};
    for (const table of this.names.filter((name) => name in ended.tables)) {
      tables[table] = await getRows<Record<string, unknown>>(ended.jobID, table, {}, signal);
    }
    if (!signal.aborted) [this.found, this.tables] = [ended, tables];
  }
}
