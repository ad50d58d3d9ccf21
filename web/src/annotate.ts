// Start the page of a study: a rater's, or the overview of the person who runs it.

import "./annotate.css";
import { startRaterPage } from "./annotate/rater_page";
import { h } from "./common/dom";
import { createThemeSwitch } from "./common/theme";
import { startOverview } from "./overview/overview_page";

createThemeSwitch(() => undefined);
const main = h("main", { id: "main", tabindex: -1 });
void (location.pathname.endsWith("/overview") ? startOverview(main) : startRaterPage(main));
