// Asks for one thing at a time, and only for what is wanted: somebody drags faster than answers come.

export interface Timing {
  /** Least time between two questions, milliseconds. */
  wait: number;
  /** An answer that nobody waits for any more is given up after so long, milliseconds. */
  patience: number;
  /** Answers that are kept, the latest used ones. */
  kept: number;
}

export interface Asking<T> {
  ask: (key: string, signal: AbortSignal) => Promise<T>;
  tell: (key: string, answer: T) => void;
  fail: (key: string, error: unknown) => void;
}

export const TIMING: Timing = { wait: 120, patience: 600, kept: 16 };

export class Asker<T> {
  private readonly answers = new Map<string, T>();
  private wanted: string | null = null;
  private running: { key: string; begun: number; stop: AbortController; isDoubted: boolean } | null = null;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private last = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly asking: Asking<T>,
    private readonly timing: Timing = TIMING,
  ) {}

  /** Want something; what is kept is told at once. What is urgent waits for nothing. */
  want(key: string, isUrgent = false): void {
    this.wanted = key;
    const kept = this.answers.get(key);
    if (kept !== undefined) {
      this.cancel();
      this.keep(key, kept);
      this.asking.tell(key, kept);
      return;
    }
    if (this.running) {
      if (this.running.key === key) return;
      // An answer on the way is still of use to who drags, as long as it comes soon.
      if (!isUrgent && Date.now() - this.running.begun <= this.timing.patience) return;
      this.running.stop.abort();
      this.running = null;
    }
    this.begin(isUrgent);
  }

  /** Want nothing more; what is on its way is given up. */
  stop(): void {
    this.wanted = null;
    this.cancel();
  }

  /** Forget answers that hold no more; one that is on its way may be of before, so it is told and asked for again. */
  forget(isMeant: (key: string) => boolean = () => true): void {
    if (this.running && isMeant(this.running.key)) this.running.isDoubted = true;
    for (const key of [...this.answers.keys()]) if (isMeant(key)) this.answers.delete(key);
  }

  private cancel(): void {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.running?.stop.abort();
    this.running = null;
  }

  private begin(isUrgent: boolean): void {
    const due = isUrgent ? 0 : Math.max(0, this.last + this.timing.wait - Date.now());
    if (this.waiting !== undefined) {
      if (!isUrgent) return;
      clearTimeout(this.waiting);
    }
    if (due > 0) {
      this.waiting = setTimeout(() => void this.send(), due);
      return;
    }
    void this.send();
  }

  private async send(): Promise<void> {
    this.waiting = undefined;
    const key = this.wanted;
    if (key === null || this.running || this.answers.has(key)) return;
    const running = { key, begun: Date.now(), stop: new AbortController(), isDoubted: false };
    this.running = running;
    this.last = running.begun;
    try {
      const answer = await this.asking.ask(key, running.stop.signal);
      if (running.stop.signal.aborted) return;
      this.running = null;
      if (!running.isDoubted) this.keep(key, answer);
      this.asking.tell(key, answer);
    } catch (error) {
      if (running.stop.signal.aborted) return;
      this.running = null;
      if (this.wanted === key) this.asking.fail(key, error);
    }
    if (this.wanted !== null && (this.wanted !== key || running.isDoubted)) this.begin(false);
  }

  private keep(key: string, answer: T): void {
    this.answers.delete(key);
    this.answers.set(key, answer);
    for (const oldest of this.answers.keys()) {
      if (this.answers.size <= this.timing.kept) break;
      this.answers.delete(oldest);
    }
  }
}
