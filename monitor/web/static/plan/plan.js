// The Plan tab: one report (/api/v1/plan), drawn as the view that stands behind the "#" of the address.
import { ask, attempt } from "../shared/api.js";
import { el } from "../shared/elements.js";
import { language, readMessages, textOf, translatePage, useLanguage } from "../shared/messages.js";
import { offerRedFlags } from "../shared/red_flags.js";
import { wantedLanguages } from "../shared/settings.js";
import { calendarView } from "./calendar_view.js";
import { diaryView } from "./diary_view.js";
import { entryView } from "./entry_forms.js";
import { sharingView } from "./sharing_view.js";
import { shoesView } from "./shoes_view.js";
import { startView } from "./start_view.js";
import { strengthView } from "./strength_view.js";
import { todayView } from "./today_view.js";

const VIEWS = {
  today: todayView,
  diary: diaryView,
  strength: strengthView,
  shoes: shoesView,
  calendar: calendarView,
};
const byId = (id) => document.getElementById(id);
let report = null;

// What is shown, and what it is about: "after/ID" is ["after", "ID"].
const place = () => {
  const [view, id = ""] = location.hash.slice(1).split("/").map(decodeURIComponent);
  return [view || "today", id];
};

async function refresh() {
  report = await ask(`plan?language=${language()}`);
  byId("disclaimer").textContent = report.disclaimer;
  draw();
}

function draw() {
  if (!report) return;
  const [view, id] = place();
  showViews(view);
  const shown = viewOf(view, id);
  const title = el(
    "h1",
    { class: "unseen" },
    textOf(view in VIEWS ? `plan_page.view_${view}` : "page.plan"),
  );
  byId("plan").replaceChildren(...(shown.querySelector("h1") ? [shown] : [title, shown]));
  scrollTo(0, 0);
}

function viewOf(view, id) {
  if (view === "declare" || (view === "today" && isNew()))
    return startView(report, view === "declare", written);
  if (view === "sharing") return sharingView();
  return (VIEWS[view] ?? entryView)(report, written, view, id);
}

// Nothing was declared, and nothing stands in the way of it.
const isNew = () => report.decision.phase === "none";

function showViews(current) {
  byId("views").replaceChildren(
    ...Object.keys(VIEWS).map((view) =>
      el(
        "a",
        { href: `#${view}`, "aria-current": view === current ? "page" : null },
        textOf(`plan_page.view_${view}`),
      ),
    ),
  );
}

// An entry was written down: everything may be otherwise now.  Where to go on is the next view.
const written = (next = "today") =>
  attempt(async () => {
    history.replaceState(null, "", `#${next}`);
    await refresh();
  });

readMessages();
useLanguage(wantedLanguages());
translatePage();
offerRedFlags(byId("flags"), { onWritten: () => attempt(refresh) });
addEventListener("hashchange", draw);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && place()[0] === "today") attempt(refresh);
});
attempt(refresh);
