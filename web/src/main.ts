// Start the page once the server answers.

import "./page.css";
import { App } from "./app/app";
import { homeLink } from "./app/header";
import { button, h } from "./common/dom";
import { createThemeSwitch } from "./common/theme";
import * as api from "./server/api";

async function start(): Promise<void> {
  let app: App | null = null;
  const theme = createThemeSwitch(() => app?.updateColors());
  const main = h("main", { id: "main", tabindex: -1 });
  try {
    app = new App(main, await api.health(), theme);
  } catch (error) {
    const retry = button("Try again", () => location.reload());
    document.body.append(h("header", { class: "bar" }, homeLink()), main);
    main.append(h("p", { class: "error", role: "alert" }, api.errorText(error)), retry);
  }
  document.documentElement.classList.add("ready");
}

void start();
