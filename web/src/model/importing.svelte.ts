// A file that is dropped on the page: sent, imported as a network of its own, and told of.

import { change, getRows, type Job, type Schemas } from "../api/client";
import { ask, followed } from "../api/jobs";
import { upload } from "../api/uploads";

export type Finding = Schemas["DoctorsFinding"];

export class Importing {
  file = $state("");
  stage = $state<"idle" | "sending" | "reading" | "done" | "failed">("idle");
  progress = $state(0);
  fault = $state("");
  faults = $state.raw<{ where?: string; found?: string; allowed?: string; fix?: string }[]>([]);
  job = $state.raw<Job | null>(null);
  findings = $state.raw<Finding[]>([]);
  rows = $state.raw<{ table: string; rows: number }[]>([]);
  private uploaded = "";
  private working = new AbortController();

  /** Send a file and make a network of it. */
  take(file: File): void {
    this.go(file.name, async (signal) => {
      this.stage = "sending";
      this.uploaded = await upload(file, (share) => (this.progress = share), signal);
      await this.read({}, signal);
    });
  }

  /** Make a network of the same file with another mapping. */
  again(mapping: string): void {
    this.go(this.file, (signal) => this.read({ mapping }, signal));
  }

  stop(): void {
    this.working.abort();
    if (this.job && this.stage === "reading") void change("POST", `/api/v1/jobs/${this.job.jobID}/cancel`, {}).catch(() => undefined);
    this.stage = "idle";
  }

  private go(file: string, task: (signal: AbortSignal) => Promise<void>): void {
    this.working.abort();
    this.working = new AbortController();
    const { signal } = this.working;
    [this.file, this.fault, this.faults, this.progress] = [file, "", [], 0];
    task(signal).catch((error: unknown) => {
      if (signal.aborted) return;
      this.stage = "failed";
      this.fault = error instanceof Error ? error.message : String(error);
    });
  }

  private async read(more: Record<string, unknown>, signal: AbortSignal): Promise<void> {
    [this.stage, this.progress] = ["reading", 0];
    const made = await ask({ kind: "import", upload: this.uploaded, ...more }, signal);
    this.job = made;
    for await (const told of followed(made.jobID, signal)) [this.job, this.progress] = [told, told.progress];
    if (signal.aborted) return;
    const ended = this.job;
    if (ended.state !== "done") {
      const problem = ended.problem as { detail?: string; faults?: Importing["faults"] } | undefined;
      this.stage = "failed";
      [this.fault, this.faults] = [problem?.detail ?? "", problem?.faults ?? []];
      return;
    }
    const [findings, rows] = await Promise.all([
      "findings" in ended.tables ? getRows<Finding>(ended.jobID, "findings", {}, signal) : [],
      getRows<{ table: string; rows: number }>(ended.jobID, "rows", {}, signal),
    ]);
    if (signal.aborted) return;
    [this.findings, this.rows, this.stage] = [findings, rows, "done"];
  }
}
