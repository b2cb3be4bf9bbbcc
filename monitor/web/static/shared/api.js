// The JSON API of this service, and where its refusals are shown.

import { language } from "./messages.js";

// What a path under /api/v1 answers; an Error with the service's own words if it refuses.
export async function ask(path, options = {}) {
  const headers = { "Accept-Language": language(), ...options.headers },
    answer = await fetch(`api/v1/${path}`, { ...options, headers }),
    body = await answer.json().catch(() => ({}));
  if (!answer.ok)
    throw new Error(
      typeof body.detail === "string" ? body.detail : `${answer.status} ${answer.statusText}`,
    );
  return body;
}

export const send = (path, method, value) =>
  ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });

export const sessionPath = (id) => `sessions/${encodeURIComponent(id)}`;

// Do some work; what goes wrong in it stands on top of the page until the next attempt.
export async function attempt(work) {
  showTrouble(null);
  try {
    return await work();
  } catch (error) {
    return showTrouble(error);
  }
}

function showTrouble(error) {
  const line = document.getElementById("trouble");
  line.hidden = !error;
  line.textContent = error?.message ?? "";
}
