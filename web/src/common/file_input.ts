// Files of the reader's own: chosen in the system's dialog, or dropped anywhere on the page.

import { button, h } from "./dom";

/** Kinds that some systems do not know as sound stand by their endings. */
const ACCEPTED = "audio/*,video/*,.flac,.opus,.wma,.aiff,.ape,.wv";

type Take = (file: File) => void;

/** A button that opens the system's dialog for a file. */
export function fileButton(label: string, take: Take, attributes: Record<string, string> = {}): HTMLElement {
  const hidden = { class: "unseen", tabindex: -1, "aria-hidden": "true" };
  const input = h("input", { type: "file", accept: ACCEPTED, ...hidden });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    input.value = "";
    if (file !== undefined) take(file);
  });
  return h(
    "span",
    { class: "file" },
    button(label, () => input.click(), attributes),
    input,
  );
}

/** Open the system's dialog for a file. */
export function chooseFile(take: Take): void {
  const input = h("input", { type: "file", accept: ACCEPTED });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file !== undefined) take(file);
  });
  input.click();
}

export function acceptDrops(take: Take): void {
  let depth = 0;
  const mark = (by: number): void => {
    depth = Math.max(0, depth + by);
    document.documentElement.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) take(file);
  });
}
