// Red flags, one tap away on every page: the list, and the answer to the one that is ticked.
// The answer is shown before anything is sent: it must not depend on a link, a token or a disk.
import { ask, send } from "./api.js";
import { el } from "./elements.js";
import { language, textOf } from "./messages.js";

let list = null, // as /api/v1/plan/flags has it
  page = {}; // what the page does about it

// Open the list by this button.  onStop(answer) is called as soon as a flag is ticked, with null when that was
// a mistake; onWritten() when the log has it.
export function offerRedFlags(button, { onStop, onWritten } = {}) {
  page = { onStop, onWritten };
  button.onclick = showList;
  flagList();
}

// The list and whether who looks may tick; null where it cannot be had.
export async function flagList() {
  if (list?.language !== language())
    list = await ask(`plan/flags?language=${language()}`).catch(() => null);
  return list;
}

function dialog() {
  let box = document.getElementById("red-flags");
  if (!box) {
    box = el("dialog", { id: "red-flags", "aria-labelledby": "red-flags-title" });
    document.body.append(box);
  }
  return box;
}

function show(title, ...children) {
  const box = dialog(),
    close = el("button", { class: "flags-close" }, textOf("flags.close"));
  close.onclick = () => box.close();
  box.replaceChildren(
    el("div", { class: "flags-head" }, el("h2", { id: "red-flags-title" }, title), close),
    ...children,
  );
  if (!box.open) box.showModal();
  box.scrollTop = 0;
}

async function showList() {
  const found = await flagList();
  if (!found) return show(textOf("flags.title"), el("p", {}, textOf("flags.no_list")));
  const buttons = found.flags.map((flag) => {
    const button = el("button", { class: "flag" }, flag.text);
    button.onclick = () => tick(flag);
    return button;
  });
  return show(textOf("flags.title"), el("p", {}, textOf("flags.about")), ...buttons);
}

async function tick(flag) {
  const kept = el("p", { class: "flags-kept", role: "status" }, textOf("flags.sending"));
  const back = el("button", {}, textOf("flags.another"));
  back.onclick = showList;
  show(
    textOf("flags.stop"),
    el("p", { class: "flags-answer", role: "alert" }, flag.answer_text),
    el("p", { class: "flags-ticked" }, flag.text),
    kept,
    el("p", { class: "flags-row" }, back),
  );
  page.onStop?.(flag.answer_text);
  try {
    const { entry } = await send("log", "POST", { kind: "flag", fields: { flag: flag.name } });
    kept.replaceChildren(textOf("flags.kept"), " ", mistakeButton(entry.id));
    page.onWritten?.();
  } catch (error) {
    kept.textContent = textOf("flags.not_kept", { reason: error.message });
  }
}

function mistakeButton(id) {
  const button = el("button", { class: "plain" }, textOf("flags.mistake"));
  button.onclick = async () => {
    try {
      await send("log", "POST", { kind: "withdrawn", fields: {}, replaces: id });
      page.onStop?.(null);
      page.onWritten?.();
      dialog().close();
    } catch (error) {
      button.replaceWith(textOf("flags.not_kept", { reason: error.message }));
    }
  };
  return button;
}
