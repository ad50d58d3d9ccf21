// The overview of a study: raters with their links and progress, and the agreement on each song.

import { button, h, setText } from "../common/dom";
import { logo } from "../common/logo";
import { ModelCard } from "./model_card";
import { raterTable, songTable } from "./tables";
import type { StudyState } from "./types";

const REFRESH_MS = 2000;

export async function startOverview(main: HTMLElement): Promise<void> {
  document.body.append(h("header", { class: "bar" }, h("span", { class: "logo" }, ...logo())), main);
  await new Overview(main).run();
}

class Overview {
  private readonly title = h("h1", {});
  private readonly summary = h("p", { class: "headline" });
  private readonly problem = h("p", { class: "error", role: "alert" });
  private readonly raters = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Raters" });
  private readonly songs = h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Songs" });
  private readonly count = h("input", {
    type: "number",
    min: 1,
    max: 1000,
    value: 1,
    "aria-label": "Number of raters",
  });
  private readonly model = new ModelCard((rater, name) => this.adapt(rater, name));
  private shown = "";

  constructor(private readonly main: HTMLElement) {}

  async run(): Promise<void> {
    const invite = h("form", { class: "row" }, this.count, h("button", { type: "submit", class: "primary" }, "Invite"));
    invite.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.invite();
    });
    this.main.replaceChildren(
      this.title,
      this.summary,
      this.problem,
      h("section", { class: "card" }, h("h2", {}, "Raters"), invite, this.raters),
      h("section", { class: "card" }, h("h2", {}, "Agreement"), this.songs),
      this.model.element,
    );
    for (;;) {
      await this.refresh();
      document.documentElement.classList.add("ready");
      await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
    }
  }

  private async refresh(): Promise<void> {
    await this.request("api/study", {});
  }

  private async invite(): Promise<void> {
    const body = JSON.stringify({ count: Number(this.count.value) });
    await this.request("api/study/raters", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  }

  private async adapt(rater: string | null, name: string): Promise<void> {
    const body = JSON.stringify({ name, rater });
    await this.request("api/study/model", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  }

  private async remove(rater: string): Promise<void> {
    if (!(await confirmed(`Delete all ratings and answers of ${rater}? This cannot be undone.`))) return;
    await this.request(`api/study/raters/${encodeURIComponent(rater)}`, { method: "DELETE" });
    await this.refresh();
  }

  /** Send a request, and show the state that it answers. */
  private async request(address: string, options: RequestInit): Promise<void> {
    try {
      const response = await fetch(address, options);
      if (!response.ok) {
        const { detail } = (await response.json()) as { detail: string };
        return setText(this.problem, detail);
      }
      setText(this.problem, "");
      if (response.status !== 204) this.show(await response.text());
    } catch {
      setText(this.problem, "The server cannot be reached. This page tries again every two seconds.");
    }
  }

  private show(text: string): void {
    // tables that did not change keep focus and selection
    if (text === this.shown) return;
    this.shown = text;
    const state = JSON.parse(text) as StudyState;
    setText(this.title, state.title);
    document.title = state.title;
    const started = state.raters.filter((rater) => rater.started).length;
    const finished = state.raters.filter((rater) => rater.finished).length;
    const samples = state.raters.reduce((sum, rater) => sum + rater.samples, 0).toLocaleString("en");
    setText(
      this.summary,
      `${state.raters.length} invited, ${started} started, ${finished} finished; ${state.songs.length} songs; ${samples} samples`,
    );
    this.raters.replaceChildren(raterTable(state.raters, (rater) => void this.remove(rater)));
    this.songs.replaceChildren(songTable(state.songs));
    const rated = state.raters.filter((rater) => rater.done > 0).map((rater) => rater.rater);
    this.model.show(state.model, rated);
  }
}

/** Ask in a dialog. */
function confirmed(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = h("dialog", { class: "dialog", "aria-label": "Delete a rater" });
    const close = (answer: boolean): void => {
      dialog.remove();
      resolve(answer);
    };
    const row = h(
      "div",
      { class: "row" },
      button("Cancel", () => close(false)),
      button("Delete", () => close(true), { class: "primary" }),
    );
    dialog.append(h("p", {}, text), row);
    dialog.addEventListener("cancel", () => close(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}
