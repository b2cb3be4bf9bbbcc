// What a coach sees: item by item, off until it is switched on; withdrawing deletes what was sent.
import { ask, attempt, send } from "../shared/api.js";
import { el, section } from "../shared/elements.js";
import { language, textOf } from "../shared/messages.js";
import { toggle } from "./form_parts.js";

export function sharingView() {
  const cards = el("div", { class: "cards" }, el("p", { class: "soft" }, textOf("plan_page.loading")));
  const draw = (sharing) => cards.replaceChildren(...parts(sharing, draw));
  attempt(async () => draw(await ask(`plan/sharing?language=${language()}`)));
  return cards;
}

function parts(sharing, draw) {
  const agreed = { guardian: !sharing.needs_guardian };
  const buttons = [];
  const change = (items, on) =>
    attempt(async () => {
      for (const button of buttons) button.disabled = true; // two taps are one switch
      try {
        draw(await send("plan/sharing", "POST", { items, on, guardian: on && agreed.guardian }));
      } finally {
        check();
      }
    });
  const check = () => {
    for (const button of buttons)
      button.disabled = button.getAttribute("aria-pressed") === "false" && !agreed.guardian;
  };
  const rows = sharing.items.map((item) => {
    const key = item.shared ? "sharing.withdraw" : "sharing.share";
    const label = textOf("sharing.button_of", { button: textOf(key), item: item.label });
    const button = el(
      "button",
      { type: "button", "aria-pressed": String(item.shared), "aria-label": label },
      textOf(key),
    );
    button.onclick = () => change([item.item], !item.shared);
    buttons.push(button);
    return row(item, button);
  });
  const guardian = toggle(textOf("sharing.guardian"), false, (on) => {
    agreed.guardian = on;
    check();
  });
  check();
  return [
    section(
      textOf("sharing.title"),
      el("p", {}, textOf("sharing.about")),
      el("div", { role: "status" }, ...sharing.came.map((text) => el("p", { class: "came" }, text))),
      sharing.needs_guardian ? guardian : null,
      ...rows,
      sharing.items.some((item) => item.shared) ? withdrawAll(sharing.items, change) : null,
    ),
    section(textOf("sharing.notes"), ...sharing.notes.map((text) => el("p", {}, text))),
  ];
}

function row(item, button) {
  return el(
    "div",
    { class: "shared-item" },
    el(
      "div",
      {},
      el("b", {}, item.label),
      " ",
      el("span", { class: "soft" }, textOf(item.shared ? "sharing.is_shared" : "sharing.is_not_shared")),
      el("p", {}, item.sees),
    ),
    button,
  );
}

function withdrawAll(items, change) {
  const button = el("button", { type: "button", class: "plain" }, textOf("sharing.withdraw_all"));
  button.onclick = () =>
    change(
      items.map((item) => item.item),
      false,
    );
  return button;
}
