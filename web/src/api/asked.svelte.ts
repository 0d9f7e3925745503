// What a board asks the server for again and again while it is shown.

export class Asked<T> {
  value = $state.raw<T | null>(null);
  /** Why the last answer failed; empty where it did not. */
  fault = $state("");

  constructor(
    private readonly ask: (signal: AbortSignal) => Promise<T>,
    private readonly everyMilliseconds: number,
  ) {}

  /** Ask until stopped. */
  run(): () => void {
    const stopping = new AbortController();
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const again = async (): Promise<void> => {
      try {
        this.value = await this.ask(stopping.signal);
        this.fault = "";
      } catch (error) {
        if (!stopping.signal.aborted) this.fault = error instanceof Error ? error.message : String(error);
      }
      if (!stopping.signal.aborted) waiting = setTimeout(() => void again(), this.everyMilliseconds);
    };
    void again();
    return () => {
      stopping.abort();
      clearTimeout(waiting);
    };
  }
}
