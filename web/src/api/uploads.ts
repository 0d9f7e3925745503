// Sending a file: the one request whose progress is worth telling, which fetch cannot.

import { ProblemError, type Problem } from "./client";
import { credentials } from "./session";

/** Send a file as it is; returns its id. */
export function upload(file: File, tell: (share: number) => void, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/v1/uploads?name=${encodeURIComponent(file.name)}`);
    for (const [name, value] of Object.entries(credentials())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = ({ loaded, total }) => tell(total ? loaded / total : 0);
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 201) resolve(String((answer as { uploadID?: string }).uploadID));
      else reject(new ProblemError(request.status, answer as Partial<Problem>));
    };
    request.onerror = () => reject(new ProblemError(0, { detail: "The server does not answer" }));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function parsed(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return {};
  }
}
