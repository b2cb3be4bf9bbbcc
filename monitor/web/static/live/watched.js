// Whose run the page shows: this service's own, or on a page of a hub the one in its address.

const run = new URLSearchParams(location.search).get("run");

export const isOfHub = run != null;

export function socketAddress() {
  const scheme = location.protocol === "https:" ? "wss" : "ws",
    which = isOfHub ? `?run=${encodeURIComponent(run)}` : "";
  return `${scheme}://${location.host}/ws${which}`;
}

// A hub has neither reviews nor plans: where links lead to reviews, they lead back to all runs.
export function leadBack() {
  for (const other of document.querySelectorAll("#flags, [href=plan]")) other.remove();
  for (const link of document.querySelectorAll("[href=review]")) {
    link.setAttribute("href", "./");
    link.dataset.text = "hub.all";
  }
}

// On a page of a hub it is said whose run this is.
export function showWho(line, session) {
  line.hidden = !isOfHub || !session;
  line.textContent = session?.athlete ?? "";
}
