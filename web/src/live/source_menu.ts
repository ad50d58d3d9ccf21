// The menu of sources: microphones of this browser, and what the server hears.

import { h } from "../common/dom";
import { displayText } from "../common/format";
import { errorText } from "../server/api";
import { liveInfo } from "../server/live_api";
import { inputDevices, unavailable } from "./microphone";

/** The menu's value for what the server hears; others are ids of devices. */
export const SERVER = "server";

export class SourceMenu {
  private readonly select = h("select", { "aria-label": "Sound" }, h("option", { value: "" }, "Microphone"));
  readonly element = this.select;
  /** Why nothing can be started; empty if something can. */
  problem = "";
  private isFirst = true;

  constructor(changed: () => void) {
    this.select.addEventListener("change", changed);
    if (unavailable() === "") navigator.mediaDevices.addEventListener("devicechange", () => void this.refresh());
  }

  get value(): string {
    return this.select.value;
  }

  async refresh(): Promise<void> {
    try {
      const { sessions, source } = await liveInfo();
      this.problem = sessions === 0 && source === null ? "This server does not analyze live sound." : "";
      const devices = sessions === 0 || unavailable() !== "" ? [] : await inputDevices();
      this.show(devices, sessions > 0, source?.name ?? null);
    } catch (error) {
      this.problem = errorText(error);
    }
  }

  private show(devices: MediaDeviceInfo[], microphone: boolean, server: string | null): void {
    const options: [string, string][] = server === null ? [] : [[SERVER, `Server: ${displayText(server)}`]];
    if (microphone) options.push(["", "Microphone: system default"]);
    for (const { deviceId, label } of devices) {
      if (deviceId !== "default" && deviceId !== "communications") options.push([deviceId, displayText(label)]);
    }
    const { value } = this.select;
    const known = this.select.options;
    if (
      options.length !== known.length ||
      options.some(([id, name], i) => known[i]?.value !== id || known[i].text !== name)
    ) {
      this.select.replaceChildren(...options.map(([id, name]) => h("option", { value: id }, name)));
    }
    const first = server !== null && this.isFirst;
    this.isFirst = false;
    this.select.value = first ? SERVER : options.some(([id]) => id === value) ? value : (options[0]?.[0] ?? "");
  }
}
