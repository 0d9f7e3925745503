// Work that the server does for the page: asked for, followed until it is over, and given up.

import { ProblemError, change, openJob, type Job } from "./client";
import { EventCutter, pause, waitSeconds } from "./stream";

export const OVER: readonly string[] = ["done", "failed", "cancelled"];

/** Ask for a job. */
export async function ask(asked: Record<string, unknown>, signal: AbortSignal): Promise<Job> {
  return (await change<Job>("POST", "/api/v1/jobs", asked, signal)) as Job;
}

const givenUp = new Set<string>();

/** Give a job up with all that it found, once. */
export async function giveUp(id: string): Promise<void> {
  if (givenUp.has(id)) return;
  givenUp.add(id);
  try {
    await change("DELETE", `/api/v1/jobs/${encodeURIComponent(id)}`);
  } catch {
    // It is forgotten by the server after a while in any case.
  }
}

/** Yield a job whenever there is news of it, until it is over; a connection that breaks is made again. */
export async function* followed(id: string, signal: AbortSignal): AsyncGenerator<Job> {
  let [known, failures] = [0, 0];
  while (!signal.aborted) {
    try {
      const stream = await openJob(id, known, signal);
      if (!stream) return;
      const reader = stream.getReader();
      const cutter = new EventCutter();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const sent of cutter.push(decoder.decode(value, { stream: true }))) {
          const job = JSON.parse(sent.data) as Job;
          [known, failures] = [job.change, 0];
          yield job;
          if (OVER.includes(job.state)) return;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ProblemError && error.status < 500 && error.status !== 429) throw error;
    }
    failures += 1;
    await pause(waitSeconds(failures, Math.random()) * 1000, signal);
  }
}
