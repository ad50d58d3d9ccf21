// Audio files of the user: picked in the system's file dialog, or dropped anywhere on the page.

import { button, h } from "./dom";

/** Extensions list the types that some systems do not recognize as audio. */
const ACCEPTED = "audio/*,video/*,.flac,.opus,.wma,.aiff,.ape,.wv";

type OnFile = (file: File) => void;

/** A button that opens the system's file dialog. */
export function fileButton(label: string, onFile: OnFile, attributes: Record<string, string> = {}): HTMLElement {
  const hidden = { class: "visually-hidden", tabindex: -1, "aria-hidden": "true" };
  const input = h("input", { type: "file", accept: ACCEPTED, ...hidden });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    input.value = "";
    if (file !== undefined) onFile(file);
  });
  return h(
    "span",
    { class: "file" },
    button(label, () => input.click(), attributes),
    input,
  );
}

/** Open the system's file dialog. */
export function openFileDialog(onFile: OnFile): void {
  const input = h("input", { type: "file", accept: ACCEPTED });
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file !== undefined) onFile(file);
  });
  input.click();
}

/** Call `onFile` with files dropped anywhere on the page. */
export function acceptDrops(onFile: OnFile): void {
  let depth = 0; // of nested elements that the drag has entered
  const changeDepth = (by: number): void => {
    depth = Math.max(0, depth + by);
    document.documentElement.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", () => changeDepth(1));
  addEventListener("dragleave", () => changeDepth(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    changeDepth(-depth);
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) onFile(file);
  });
}
