// Ask the server how far the rater is, or start the study; until it answers.

import { finalPage } from "./form_pages";
import type { Progress } from "./types";

const RETRY_MS = 2000;

/** Return the rater's progress; POST gives the rater songs. Null if the server refuses, which the page then shows. */
export async function fetchProgress(main: HTMLElement, method: "GET" | "POST"): Promise<Progress | null> {
  const address = method === "GET" ? "api/rater" : "api/rater/start";
  for (;;) {
    const response = await fetch(address, { method }).catch(() => null);
    if (response?.ok) return (await response.json()) as Progress;
    if (response !== null && response.status < 500) {
      const { detail } = (await response.json()) as { detail: string };
      finalPage(main, "No study here", detail);
      return null;
    }
    finalPage(main, "The server cannot be reached", "This page tries again every two seconds.");
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
