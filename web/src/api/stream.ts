// Server-sent events over fetch: unlike EventSource it can show a token and say where it was.

export interface Sent {
  id: string;
  event: string;
  data: string;
}

/** Cuts a stream of text into events, wherever the pieces end. */
export class EventCutter {
  private rest = "";

  /** Take a piece; return the events that are whole by now. */
  push(piece: string): Sent[] {
    const blocks = (this.rest + piece).replaceAll("\r\n", "\n").split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(eventIn).filter((sent): sent is Sent => sent !== null);
  }
}

/** Seconds to wait before the next try: doubled up to 15, a little spread so that pages do not all come at once. */
export function waitSeconds(failures: number, chance: number): number {
  return Math.min(15, 2 ** Math.min(failures, 4)) * (0.75 + chance / 2);
}

/** Wait, or until it is stopped. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      // The signal may last as long as the page.
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
  });
}

function eventIn(block: string): Sent | null {
  const sent: Sent = { id: "", event: "message", data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    if (at <= 0) continue;
    const name = line.slice(0, at);
    const value = line.slice(at + 1).replace(/^ /, "");
    if (name === "data") data.push(value);
    else if (name === "id") sent.id = value;
    else if (name === "event") sent.event = value;
  }
  sent.data = data.join("\n");
  return data.length ? sent : null;
}
