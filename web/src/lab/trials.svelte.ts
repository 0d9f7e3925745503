// Runs what is tried, one job after the other: what is looked at first, a new try before all that is under way, costs last.

import { ProblemError, get, getResult, change as send, type Comparison, type Job, type Problem, type Row, type Scenario } from "../api/client";
import { ask, followed, giveUp } from "../api/jobs";
import { pause } from "../api/stream";
import type { Plan } from "./plan";
import type { Written } from "./scenario";

/** What a look ahead found so far. */
export interface Ahead {
  service: Row[];
  shortages: Row[];
  /** Ids of activities and sites that disruptions are on. */
  struck: { activities: string[]; sites: string[] };
  replications: number;
  isWhole: boolean;
  /** Job that found it. */
  job: string;
}

type Step = "ahead" | "costs";

/** Rest before a comparison is asked for again. */
const AGAIN_MILLISECONDS = 3000;

/** One scenario, or none, as it is run from one moment. */
export class Trial {
  ahead = $state.raw<Ahead | null>(null);
  /** Rows of the stock point that is looked at. */
  stock = $state.raw<{ point: string; rows: Row[] } | null>(null);
  problem = $state.raw<Partial<Problem> | null>(null);
  /** What is worked on, and how far it is, 0 to 1. */
  doing = $state<Step | null>(null);
  progress = $state(0);
  jobs: Record<Step, Job | null> = $state.raw({ ahead: null, costs: null });
  readonly done = new Set<Step>();

  constructor(
    readonly key: string,
    readonly scenario: Written | null,
    readonly from: string,
    readonly known: string,
    readonly days: number,
  ) {}

  /** What the server is asked for. */
  asked(step: Step, periodHours: number): Record<string, unknown> {
    const shared = { replications: REPLICATIONS, ...(this.scenario ? { scenario: this.scenario, title: this.scenario.name } : {}) };
    const known = this.known ? { known: this.known } : {};
    if (step === "ahead") return { kind: "fork", at: this.from, days: this.days, ...known, ...shared };
    const periods = Math.max(1, Math.round((this.days * 24) / periodHours));
    return { kind: "simulate", start: this.from, periods, warmUp: 0, ...known, ...shared };
  }
}

const REPLICATIONS = 256;
/** Trials that are kept, so that who goes back sees at once what was there. */
const KEPT = 12;

interface Working {
  trial: Trial;
  step: Step;
  stop: AbortController;
}

export class Trials {
  usual = $state.raw<Trial | null>(null);
  /** In the order of the plan; null for a try that does not say yet what happens. */
  tries = $state.raw<(Trial | null)[]>([]);
  differences = $state.raw<Row[]>([]);
  private readonly made = new Map<string, Trial>();
  private shown = 0;
  private point = "";
  /** Jobs that are compared, with their parts. */
  private told = "";
  private working: Working | null = null;
  private isOver = false;

  constructor(
    private readonly periodHours: number,
    /** Is told which moment now is, once the server has said it. */
    private readonly pinned: (from: string, known: string) => void,
  ) {}

  /** Have a plan run: one scenario for each of its tries, null where there is none yet. */
  show(plan: Plan, scenarios: (Written | null)[]): void {
    const of = (scenario: Written | null): Trial => {
      // What a scenario is called makes no difference to what comes of it.
      const key = JSON.stringify([plan.from, plan.known, plan.days, scenario && { ...scenario, name: "" }]);
      const trial = this.made.get(key) ?? new Trial(key, scenario, plan.from, plan.known, plan.days);
      this.made.delete(key);
      this.made.set(key, trial);
      return trial;
    };
    this.shown = plan.at;
    this.usual = of(null);
    // Where now is not known yet, the first look ahead tells it, and all others start there.
    this.tries = plan.from === "now" ? scenarios.map(() => null) : scenarios.map((scenario) => scenario && of(scenario));
    const kept = new Set([this.usual, ...this.tries]);
    for (const [key, trial] of this.made) {
      if (this.made.size <= KEPT) break;
      if (kept.has(trial)) continue;
      this.made.delete(key);
      this.forget(trial);
    }
    this.pump();
    void this.compare();
    // What was found before may be of another point than is looked at now.
    for (const trial of kept) if (trial?.stock && trial.stock.point !== this.point) void this.readStock(trial);
  }

  /** Look at the stock of a point. */
  look(point: string): void {
    if (point === this.point) return;
    this.point = point;
    for (const trial of [this.usual, ...this.tries]) if (trial) void this.readStock(trial);
  }

  /** Try again what failed. */
  again(): void {
    for (const trial of this.made.values()) trial.problem = null;
    this.pump();
  }

  /** Stop all that is under way and forget what was found. */
  close(): void {
    this.isOver = true;
    this.working?.stop.abort();
    for (const trial of this.made.values()) this.forget(trial);
  }

  private forget(trial: Trial): void {
    for (const job of Object.values(trial.jobs)) if (job) void giveUp(job.jobID);
  }

  /** What is to be done, the most pressing first. */
  private steps(): [Trial, Step][] {
    const others = this.tries.filter((_, place) => place !== this.shown);
    const order = [this.tries[this.shown], this.usual, ...others].filter((trial) => trial !== null && trial !== undefined);
    const costs = order.length > 1 ? order : [];
    const all: [Trial, Step][] = [
      ...order.map((trial): [Trial, Step] => [trial, "ahead"]),
      ...costs.map((trial): [Trial, Step] => [trial, "costs"]),
    ];
    return all.filter(([trial, step]) => !trial.problem && !trial.done.has(step));
  }

  private pump(): void {
    if (this.isOver) return;
    const [next] = this.steps();
    const { working } = this;
    if (working) {
      if (next && working.trial === next[0] && working.step === next[1]) return;
      // A new try does not wait for the one before, nor for what is less pressing.
      working.stop.abort();
      working.trial.doing = null;
      this.working = null;
    }
    if (!next) return;
    const begun: Working = { trial: next[0], step: next[1], stop: new AbortController() };
    this.working = begun;
    void this.work(begun).finally(() => {
      if (this.working !== begun) return;
      this.working = null;
      this.pump();
    });
  }

  private async work({ trial, step, stop }: Working): Promise<void> {
    const { signal } = stop;
    trial.doing = step;
    trial.progress = 0;
    let id = "";
    try {
      const job = await this.askPatiently(trial.asked(step, this.periodHours), signal);
      if (!job) return;
      id = job.jobID;
      trial.jobs = { ...trial.jobs, [step]: job };
      this.pin(trial, job);
      let part = 0;
      for await (const news of followed(id, signal)) {
        if (signal.aborted) break;
        trial.jobs = { ...trial.jobs, [step]: news };
        trial.progress = news.progress;
        if (news.part > part) {
          part = news.part;
          await (step === "ahead" ? this.readAhead(trial, news) : this.compare());
        }
        if (news.state === "failed") trial.problem = news.problem ?? {};
        if (news.state === "done") trial.done.add(step);
      }
      if (!signal.aborted && !trial.done.has(step)) trial.problem ??= {};
    } catch (error) {
      if (!signal.aborted) trial.problem = error instanceof ProblemError ? { status: error.status, ...error.problem } : {};
    } finally {
      if (!signal.aborted) trial.doing = null;
      else if (id) {
        trial.jobs = { ...trial.jobs, [step]: null };
        void giveUp(id);
      }
    }
  }

  /** Ask for a job, again where the server is busy; a job that was asked for in vain is given up. */
  private async askPatiently(asked: Record<string, unknown>, signal: AbortSignal): Promise<Job | null> {
    for (let tries = 0; ; tries++) {
      try {
        // An answer that nobody waits for would leave a job that nobody knows of, so the request is not stopped.
        const job = await ask(asked, NEVER);
        if (!signal.aborted) return job;
        void giveUp(job.jobID);
        return null;
      } catch (error) {
        if (signal.aborted) return null;
        if (!(error instanceof ProblemError) || error.status !== 429 || tries > 20) throw error;
        await pause(1500, signal);
      }
    }
  }

  private pin(trial: Trial, job: Job): void {
    if (trial.from !== "now" || !job.time) return;
    this.pinned(job.time, String((job.log as { recordedAt?: string } | null)?.recordedAt ?? ""));
  }

  private async readAhead(trial: Trial, job: Job): Promise<void> {
    const stock = this.readStock(trial);
    const found = await getResult(job.jobID, ["service", "shortages"]);
    const struck = found.about["struck"] as Ahead["struck"] | undefined;
    trial.ahead = {
      service: found.tables["service"] ?? [],
      shortages: found.tables["shortages"] ?? [],
      struck: struck ?? { activities: [], sites: [] },
      replications: found.replications,
      isWhole: !found.isPartial,
      job: job.jobID,
    };
    await stock;
    if (!trial.stock && this.point) await this.readStock(trial);
  }

  private async readStock(trial: Trial): Promise<void> {
    const { point } = this;
    const job = trial.jobs.ahead;
    if (!point || !job?.part) return;
    try {
      const found = await getResult(job.jobID, ["stock"], point);
      if (this.point === point) trial.stock = { point, rows: found.tables["stock"] ?? [] };
    } catch {
      // The next answer has it, or it was given up.
    }
  }

  private async compare(): Promise<void> {
    const first = this.usual?.jobs.costs;
    const others = this.tries.flatMap((trial) => (trial?.jobs.costs?.part ? [trial.jobs.costs] : []));
    const told = first?.part && others.length ? [first, ...others].map(({ jobID, part }) => `${jobID} ${part}`).join() : "";
    if (told === this.told) return;
    this.told = told;
    if (!told || !first) {
      this.differences = [];
      return;
    }
    try {
      const jobs = [...new Set([first, ...others].map(({ jobID }) => jobID))].join(",");
      const found = (await get<Comparison>("/api/v1/comparisons", { jobs })).differences as Row[];
      if (this.told === told) this.differences = found;
    } catch (error) {
      const trial = this.tries[this.shown];
      if (trial && error instanceof ProblemError && error.status === 400) trial.problem = { status: error.status, ...error.problem };
      // A server that was too busy, or away, is asked again after a while.
      else if (this.told === told && !(error instanceof ProblemError && error.status < 500 && error.status !== 429)) {
        this.told = "";
        setTimeout(() => {
          if (!this.isOver) void this.compare();
        }, AGAIN_MILLISECONDS);
      }
    }
  }
}

/** Save a scenario as a file of the project. */
export async function saveScenario(name: string, scenario: Written, replace: boolean): Promise<Scenario> {
  return (await send<Scenario>("POST", "/api/v1/scenarios", { name, scenario, replace })) as Scenario;
}

const NEVER = new AbortController().signal;
