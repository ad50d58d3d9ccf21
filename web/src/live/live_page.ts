// The live page: the mood of what a microphone, or the server, hears now.

import { button, h, setText } from "../common/dom";
import { describe } from "../curve/mood";
import { signed } from "../common/format";
import type { LiveRow } from "../server/types";
import { LivePlane } from "./live_plane";
import { createMeter } from "./meter";
import { unavailable } from "./microphone";
import { MicrophoneSession } from "./microphone_session";
import { createNoticeList } from "./notice_list";
import { RecordingCard } from "./recording_card";
import { RollingChart } from "./rolling_chart";
import { ServerSource } from "./server_source";
import { SERVER, SourceMenu } from "./source_menu";
import type { LiveHandlers, LiveSource, Status } from "./source";
import { Timeline } from "./timeline";
import { keepAwake } from "./wake_lock";

const GAP_S = 1.25;
const PRIVACY =
  "Sound is analyzed by the server of this page and not stored. The values stay in this page until you save them.";

export class LivePage {
  readonly element: HTMLElement;
  private readonly chart = new RollingChart();
  private readonly plane = new LivePlane();
  private readonly meter = createMeter();
  private readonly notices = createNoticeList();
  private readonly recording = new RecordingCard(() => this.clear(), this.notices.element);
  private readonly menu = new SourceMenu(() => void this.sourceChanged());
  private readonly toggleButton = button("Start", () => this.toggle(), {
    class: "primary",
    "aria-keyshortcuts": "Space",
  });
  private readonly status = h("p", { class: "live-status", role: "status" });
  private readonly mood = h("p", { class: "live-mood" });
  private readonly values = { arousal: h("p", { class: "arousal" }), valence: h("p", { class: "valence" }) };
  private timeline = new Timeline();
  private source: LiveSource | null = null;
  private last: LiveRow | null = null;
  /** Whether the rows are of this browser's microphone. */
  private ownSound = false;
  private readonly awake = keepAwake();

  /** `running` is called when it starts and stops. */
  constructor(private readonly running: (running: boolean) => void) {
    this.element = h(
      "div",
      { class: "live-view" },
      h("h1", { tabindex: -1 }, "Live"),
      this.controls(),
      h("section", { class: "card live-chart", "aria-label": "Last minutes" }, this.mood, legend(), this.chart.element),
      h("section", { class: "card live-now", "aria-label": "Now" }, this.plane.element, ...Object.values(this.values)),
      this.recording.element,
    );
    this.show({ kind: "idle", text: "" });
    addEventListener("pagehide", () => this.source !== null && this.stop({ kind: "idle", text: "Stopped." }));
    addEventListener("beforeunload", (event) => {
      if (this.ownSound && !this.recording.isSaved) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => this.visibilityChanged());
  }

  /** Look for sources when the page is opened; what the server hears is shown at once. */
  async enter(): Promise<void> {
    this.chart.draw();
    await this.menu.refresh();
    if (this.source !== null) return;
    const problem = this.menu.problem || (this.menu.value === SERVER ? "" : unavailable());
    this.toggleButton.disabled = problem !== "";
    if (problem !== "") this.show({ kind: "error", text: problem });
    else if (this.menu.value === SERVER) this.start();
  }

  handleKey(event: KeyboardEvent): boolean {
    const onControl = event.target instanceof HTMLElement && event.target.closest("button, a, select") !== null;
    if (event.key !== " " || onControl) return false;
    this.toggle();
    return true;
  }

  updateColors(): void {
    this.chart.draw();
  }

  private controls(): HTMLElement {
    return h(
      "section",
      { class: "card live-controls", "aria-label": "Source" },
      h("div", { class: "row" }, this.toggleButton, this.menu.element, this.meter.element),
      this.status,
      h("p", { class: "note" }, PRIVACY),
    );
  }

  private toggle(): void {
    if (this.source !== null) this.stop({ kind: "idle", text: "Stopped." });
    else if (!this.toggleButton.disabled) this.start();
  }

  private start(): void {
    const server = this.menu.value === SERVER;
    if (server && !this.clear()) return; // its last minutes come again
    this.ownSound = !server;
    this.source = server
      ? new ServerSource(this.handlers)
      : new MicrophoneSession(this.menu.value, this.timeline, this.handlers);
    this.toggleButton.textContent = "Stop";
    this.awake.set(true);
    this.running(true);
  }

  private stop(status: Status): void {
    this.source?.stop();
    this.source = null;
    this.meter.show(0);
    this.toggleButton.textContent = "Start";
    this.awake.set(false);
    this.running(false);
    this.show(status);
  }

  private async sourceChanged(): Promise<void> {
    const server = this.menu.value === SERVER;
    if (this.source instanceof MicrophoneSession && !server) return this.source.choose(this.menu.value);
    const wasRunning = this.source !== null;
    if (wasRunning) this.stop({ kind: "idle", text: "" });
    if (server || wasRunning) this.start();
  }

  private readonly handlers: LiveHandlers = {
    row: (row, line) => this.add(row, line),
    notice: (notice) => this.notices.add(notice),
    status: (status) => this.show(status),
    level: (level) => this.meter.show(level),
    opened: () => void this.menu.refresh(),
    stopped: (status) => this.stop(status),
  };

  private add(row: LiveRow, line: string): void {
    const { last } = this;
    const afterGap = last !== null && Date.parse(row.clock) - Date.parse(last.clock) > 1000 * GAP_S;
    this.last = row;
    this.recording.add(row, line);
    this.chart.add(row);
    this.plane.add(row, row.silent, afterGap);
    setText(this.mood, row.silent ? "silent" : describe(row));
    for (const axis of ["arousal", "valence"] as const)
      setText(this.values[axis], `${axis} ${withInterval(row, axis)}`);
  }

  /** Begin again; return false if the user keeps what is not saved. */
  private clear(): boolean {
    if (!this.recording.discard()) return false;
    this.last = null;
    if (this.source === null) this.timeline = new Timeline();
    this.chart.clear();
    this.plane.clear();
    this.notices.clear();
    for (const element of [this.mood, ...Object.values(this.values)]) setText(element, "");
    return true;
  }

  private show({ kind, text }: Status): void {
    setText(this.status, text);
    this.status.dataset.kind = kind;
  }

  private visibilityChanged(): void {
    if (document.hidden) return;
    this.chart.draw();
    this.source?.resume();
    this.awake.set(this.source !== null);
  }
}

function legend(): HTMLElement {
  return h(
    "p",
    { class: "legend" },
    h("span", { class: "arousal key" }, "arousal"),
    h("span", { class: "valence key" }, "valence"),
    h("span", { class: "note" }, "bands: 90 % intervals; gray: silence"),
  );
}

function withInterval(row: LiveRow, axis: "arousal" | "valence"): string {
  const [low, high] = [row[`${axis}_low`], row[`${axis}_high`]];
  const interval = low === undefined || high === undefined ? "" : ` (${signed(low)} to ${signed(high)})`;
  return signed(row[axis]) + interval;
}
