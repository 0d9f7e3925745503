// The forecast: the job that makes it, found or asked for, followed as it gets sharper, and its rows by period and by site.

import { ProblemError, get, getRows, type Job, type Schemas } from "../api/client";
import { OVER, ask, followed } from "../api/jobs";
import { Asker } from "./asker";
import { periodsOf, usable, type ForecastDay, type Question, type StockRow } from "./forecast";
import { closeOf, type Calendar } from "./moments";

/** Why there is no forecast: nothing to begin from, a server without jobs, no right to ask, or what the server says. */
export type Refusal = "events" | "jobs" | "role" | "other";

const TITLE = "Forecast of the page";

export class Ahead {
  job = $state.raw<Job | null>(null);
  day = $state.raw<ForecastDay | null>(null);
  refusal = $state<Refusal | null>(null);
  fault = $state("");

  private asked = "";
  private calendar: Calendar | null = null;
  private period: number | null = null;
  private stopping = new AbortController();
  private readonly days = new Asker<StockRow[]>({
    ask: (key, signal) => {
      const [job = "", , period = ""] = key.split("/");
      return getRows<StockRow>(job, "stock", { period }, signal);
    },
    tell: (key, rows) => {
      const period = Number(key.split("/")[2]);
      if (!this.calendar || this.period === null || !this.job) return;
      this.day = { period, close: closeOf(this.calendar, period), rows, runs: this.job.replications, from: this.job.time };
      this.fault = "";
    },
    fail: (_, error) => (this.fault = said(error)),
  });

  /** Have a forecast for a question; one that is there already is taken, unless it is to be made anew. */
  async need(question: Question, calendar: Calendar, isAnew = false): Promise<void> {
    const key = `${question.period}/${question.days}`;
    if (key === this.asked && !isAnew) return;
    this.asked = key;
    this.calendar = calendar;
    this.stopping.abort();
    this.stopping = new AbortController();
    const { signal } = this.stopping;
    this.refusal = null;
    this.fault = "";
    try {
      const { member, limits } = await get<Schemas["Jobs"]>("/api/v1/jobs", { kind: "fork", perPage: "100" }, signal);
      const found = isAnew ? null : usable(member, question, calendar);
      if (!found && (limits as { atOnce?: number }).atOnce === 0) {
        this.refusal = "jobs";
        return;
      }
      const asked = { kind: "fork", title: TITLE, at: question.at, days: question.days };
      const last = await this.follow(found ?? (await ask(asked, signal)), signal);
      // Somebody else gave their forecast up, which is no reason to have none.
      if (found && last.state === "cancelled" && !signal.aborted) await this.follow(await ask(asked, signal), signal);
    } catch (error) {
      if (signal.aborted) return;
      // A server that is away is asked again by itself; one that says no only when somebody wants it.
      if (!(error instanceof ProblemError)) this.asked = "";
      this.fault = said(error);
      this.refusal = refusalOf(error);
    }
  }

  /** Want the stock at the close of a period. */
  want(period: number): void {
    this.period = period;
    if (!this.job?.part) return;
    const [first, last] = periodsOf(this.job) ?? [period, period];
    this.days.want(`${this.job.jobID}/${this.job.part}/${Math.min(Math.max(period, first), last)}`);
  }

  /** Look elsewhere; the job goes on. */
  leave(): void {
    this.period = null;
    this.days.stop();
    this.day = null;
  }

  stop(): void {
    this.stopping.abort();
    this.days.stop();
  }

  /** Take a job and what becomes of it until it is over; return it as it was last. */
  private async follow(job: Job, signal: AbortSignal): Promise<Job> {
    if (signal.aborted) return job;
    this.take(job);
    if (OVER.includes(job.state)) return job;
    let last = job;
    for await (const next of followed(job.jobID, signal)) this.take((last = next));
    return last;
  }

  private take(job: Job): void {
    const before = this.job;
    this.job = job;
    this.refusal = null;
    if (job.state === "failed" || job.state === "cancelled") {
      this.refusal = "other";
      this.fault = job.problem?.detail ?? "";
      return;
    }
    if (job.jobID === before?.jobID && job.part === before.part) return;
    this.days.forget();
    if (this.period !== null) this.want(this.period);
  }
}

function said(error: unknown): string {
  return error instanceof ProblemError ? error.message : "";
}

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ProblemError)) return "other";
  if (error.status === 403) return "role";
  return error.status === 404 ? "jobs" : error.status === 400 ? "events" : "other";
}
