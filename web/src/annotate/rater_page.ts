// The page of a rater: send what earlier pages left, then go on where the rater stopped.

import { h } from "../common/dom";
import { logo } from "../common/logo";
import { finalPage, statusLine } from "./form_pages";
import { Outbox, type OutboxState } from "./outbox";
import { fetchProgress } from "./progress";
import { Session } from "./session";

export async function startRaterPage(main: HTMLElement): Promise<void> {
  const connection = statusLine();
  document.body.append(
    h("header", { class: "bar" }, h("span", { class: "logo" }, ...logo())),
    connection.element,
    main,
  );
  document.documentElement.classList.add("ready");
  const first = await fetchProgress(main, "GET");
  if (first === null) return;
  document.title = first.study.title;
  document.body.append(h("footer", {}, `Your name in this study is ${first.rater}.`));
  const outbox = await Outbox.open(first.rater);
  outbox.onChange = (state) => {
    connection.show(connectionText(state));
    if (state.stopped !== "") finalPage(main, "This page cannot go on", state.stopped);
  };
  giveWayToNewerPage(main, first.rater);
  let progress = first;
  if (outbox.isPending) {
    await outbox.flush();
    progress = (await fetchProgress(main, "GET")) ?? first;
  }
  await new Session(main, progress, outbox).run();
}

/** Stop when the study is opened again in this browser, since two pages would rate at once. */
function giveWayToNewerPage(main: HTMLElement, rater: string): void {
  const channel = new BroadcastChannel(`moodcurve-study-${rater}`);
  channel.postMessage("opened");
  channel.addEventListener("message", () => {
    channel.close();
    finalPage(main, "Opened again", "This study was opened in another window. Please go on there.");
  });
}

function connectionText({ offline, pending, durable }: OutboxState): string {
  if (!offline) return "";
  const kept = durable ? "kept in this browser until then" : "lost if you close this page before that";
  return pending > 0 ? `No connection. Go on: your ratings are sent as soon as it is back, and ${kept}.` : "";
}
