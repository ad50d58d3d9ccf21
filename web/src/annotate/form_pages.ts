// Pages without sound: consent, questions, the rating of a whole song, and texts with one button.

import { button, h, setText } from "../common/dom";
import type { Answer, Question } from "./types";

/** Show a heading, some content and a button; the promise is fulfilled when it is pressed. */
export function textPage(main: HTMLElement, heading: string, content: Node[], label: string): Promise<void> {
  return new Promise((resolve) => {
    const title = h("h1", { tabindex: -1 }, heading);
    const next = button(label, () => resolve(), { class: "primary", id: "next" });
    main.replaceChildren(h("section", { class: "card text-page" }, title, ...content, h("p", {}, next)));
    title.focus();
  });
}

export function paragraphs(text: string): HTMLElement[] {
  return text
    .split(/\n\s*\n/)
    .filter((part) => part.trim() !== "")
    .map((part) => h("p", {}, part.trim()));
}

/** Show questions until they are answered. */
export function questionPage(
  main: HTMLElement,
  heading: string,
  questions: Question[],
): Promise<Record<string, Answer>> {
  return new Promise((resolve) => {
    const title = h("h1", { tabindex: -1 }, heading);
    const form = h("form", { class: "card text-page" }, title, ...questions.map(field));
    form.append(h("p", {}, h("button", { type: "submit", class: "primary", id: "next" }, "Next")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      resolve(answersOf(form, questions));
    });
    main.replaceChildren(form);
    title.focus();
  });
}

function answersOf(form: HTMLFormElement, questions: Question[]): Record<string, Answer> {
  const data = new FormData(form);
  const answers: Record<string, Answer> = {};
  for (const { id, kind } of questions) {
    const value = data.get(`q-${id}`);
    if (typeof value !== "string" || value === "") continue;
    answers[id] = kind === "number" || kind === "scale" ? Number(value) : value;
  }
  return answers;
}

function field(question: Question): HTMLElement {
  const { id, text, kind, low, high, required } = question;
  const name = `q-${id}`;
  const label = required ? text : `${text} (optional)`;
  if (kind === "choice")
    return choices(
      label,
      name,
      question.options.map((option) => [option, option]),
      required,
    );
  if (kind === "scale") {
    const steps = Array.from({ length: Math.floor(high - low) + 1 }, (_, i) => String(low + i));
    return scale(label, name, steps, question.labels, required);
  }
  const input =
    kind === "number"
      ? h("input", { type: "number", name, min: low, max: high, step: "any", required })
      : h("textarea", { name, rows: 3, maxlength: 10_000, required });
  return h("label", { class: "question" }, label, input);
}

function choices(label: string, name: string, options: [string, string][], required: boolean): HTMLElement {
  const rows = options.map(([value, text]) =>
    h("label", { class: "option" }, h("input", { type: "radio", name, value, required }), text),
  );
  return h("fieldset", { class: "question" }, h("legend", {}, label), ...rows);
}

/** A row of numbers, of which one is chosen. */
function scale(label: string, name: string, steps: string[], ends: string[], required: boolean): HTMLElement {
  const [low = "", high = ""] = ends;
  const cells = steps.map((step) =>
    h("label", { class: "step" }, h("input", { type: "radio", name, value: step, required }), h("span", {}, step)),
  );
  const texts = h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, low), h("span", {}, high));
  const explained = low === "" ? label : `${label} (${steps[0]}: ${low}, ${steps.at(-1)}: ${high})`;
  return h(
    "fieldset",
    { class: "question scale" },
    h("legend", {}, label, h("span", { class: "visually-hidden" }, explained.slice(label.length))),
    h("div", { class: "steps" }, ...cells),
    texts,
  );
}

const NINE = Array.from({ length: 9 }, (_, i) => String(i + 1));

/** Ask for arousal and valence of the whole song, from 1 to 9. */
export function songRatingPage(main: HTMLElement, heading: string): Promise<{ arousal: number; valence: number }> {
  return new Promise((resolve) => {
    const title = h("h1", { tabindex: -1 }, heading);
    const form = h(
      "form",
      { class: "card text-page" },
      title,
      h("p", {}, "And the song as a whole?"),
      scale("How energetic was it?", "arousal", NINE, ["calm, sleepy", "energetic, excited"], true),
      scale("How pleasant did it feel?", "valence", NINE, ["negative, unpleasant", "positive, pleasant"], true),
      h("p", {}, h("button", { type: "submit", class: "primary", id: "next" }, "Next")),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const data = new FormData(form);
      resolve({ arousal: Number(data.get("arousal")), valence: Number(data.get("valence")) });
    });
    main.replaceChildren(form);
    title.focus();
  });
}

/** Show a text instead of everything else. */
export function finalPage(main: HTMLElement, heading: string, ...texts: string[]): void {
  const title = h("h1", { tabindex: -1 }, heading);
  main.replaceChildren(h("section", { class: "card text-page" }, title, ...texts.map((text) => h("p", {}, text))));
  title.focus();
}

/** A line that tells what is not stored yet; empty if all is well. */
export function statusLine(): { element: HTMLElement; show(text: string): void } {
  const element = h("p", { class: "warnings connection", role: "status" });
  return { element, show: (text) => setText(element, text) };
}
