// The Review tab: which session, what can be done with it, and its review; everything over /api/v1.
const byId = (id) => document.getElementById(id);
let sessions = [];

async function ask(path, options = {}) {
  const answer = await fetch(`api/v1/${path}`, options), body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(typeof body.detail === "string" ? body.detail : `${answer.status} ${answer.statusText}`);
  return body;
}
const send = (path, method, value) => ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(value) });
function trouble(error) { byId("trouble").hidden = !error; byId("trouble").textContent = error?.message ?? ""; }
async function attempt(work) { try { trouble(null); return await work(); } catch (error) { trouble(error); } }
const current = () => decodeURIComponent(location.hash.slice(1)) || sessions[0]?.id;

async function list() {
  sessions = await ask("sessions");
  byId("choose").replaceChildren(...sessions.map((s) => {
    const option = document.createElement("option");
    option.value = s.id;
    option.textContent = `${new Date(s.started_utc).toLocaleDateString([], { dateStyle: "medium" })} · ${s.title} · ${Math.round(s.duration_s / 60)} min`;
    return option;
  }));
}

async function show() {
  const id = current(), weeks = location.hash === "#trends";
  byId("trends").toggleAttribute("aria-current", weeks);
  document.querySelector('#bar a[href="review"]').toggleAttribute("aria-current", !weeks);
  if (weeks) return trends();
  if (!id) { byId("review").innerHTML = '<p class="soft">No sessions yet. gaitcue demo shows what one looks like; gaitcue import brings in FIT files.</p>'; return; }
  byId("choose").value = id;
  tools(sessions.find((s) => s.id === id));
  showReview(await ask(`sessions/${encodeURIComponent(id)}/review`));
  drawCharts();
}

window.addNote = (id, text, pain) => attempt(async () => { await send(`sessions/${encodeURIComponent(id)}/notes`, "POST", { text: text || "", pain: pain === "" ? null : Number(pain) }); await show(); });
window.removeNote = (id, note) => attempt(async () => { await ask(`sessions/${encodeURIComponent(id)}/notes/${note}`, { method: "DELETE" }); await show(); });

function tools(session) {
  if (!session) return;
  const path = `sessions/${encodeURIComponent(session.id)}`, made = [];
  const form = el("form", {}, el("input", { type: "text", name: "title", value: session.title, "aria-label": "title" }),
    el("input", { type: "text", name: "tags", value: session.tags.join(", "), placeholder: "shoe=…, surface=…, effort=0-10", "aria-label": "tags" }), el("button", {}, "Save"));
  form.onsubmit = (event) => {
    event.preventDefault();
    const data = new FormData(form), tags = data.get("tags").split(",").map((t) => t.trim()).filter(Boolean);
    attempt(async () => { await send(path, "PATCH", { title: data.get("title"), tags }); await list(); await show(); });
  };
  made.push(form);
  const links = el("div", { class: "row" }, el("label", {}, "Take away:"));
  for (const kind of ["fit", "csv", "parquet", "tape", "imu-csv"]) links.append(el("a", { href: `api/v1/${path}/export/${kind}`, download: "" }, kind));
  links.append(el("a", { href: `api/v1/${path}/page`, download: "" }, "this review as a file"));
  made.push(links, compareForm(session), bringForm());
  const remove = el("button", { class: "danger" }, "Delete this session …");
  remove.onclick = () => {
    if (!confirm(`Really delete “${session.title}” with its raw data? It cannot be brought back.`)) return;
    attempt(async () => { await ask(`${path}?really=${encodeURIComponent(session.id)}`, { method: "DELETE" }); location.hash = ""; await list(); await show(); });
  };
  const size = session.tape_bytes ? `raw tape ${(session.tape_bytes / 1e6).toFixed(1)} MB` : "no raw tape";
  made.push(el("div", { class: "row" }, remove, el("small", {}, size)));
  byId("tools").replaceChildren(...made);
}

// Every metric over the weeks, each run brought to the same speed and grade: dots with their intervals.
async function trends() {
  const found = await ask("trends?weeks=26"), legend = await ask("legend");
  shownReport = { legend };
  const charts = Object.entries(found).map(([name, points]) => {
    const s = spec(name), w = 320, h = 130, t = points.map((p) => Date.parse(p.when)), low = Math.min(...points.map((p) => p.v - (p.ci ?? 0))), high = Math.max(...points.map((p) => p.v + (p.ci ?? 0)));
    const x = (k) => 12 + ((t[k] - t[0]) / Math.max(1, t.at(-1) - t[0])) * (w - 24), y = (v) => 100 - ((v - low) / Math.max(1e-9, high - low)) * 88;
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("viewBox", `0 0 ${w} ${h}`);
    svg.innerHTML = `<polyline points="${points.map((p, k) => `${x(k)},${y(p.v)}`).join(" ")}" fill="none" stroke="var(--line)" stroke-width="1.5"/>` +
      points.map((p, k) => `<line x1="${x(k)}" x2="${x(k)}" y1="${y(p.v - (p.ci ?? 0))}" y2="${y(p.v + (p.ci ?? 0))}" stroke="var(--blue)" stroke-width="2"/><circle cx="${x(k)}" cy="${y(p.v)}" r="4" fill="var(--blue)"><title>${p.when.slice(0, 10)}: ${shown(name, p, 1)} ${s.unit}</title></circle>`).join("") +
      `<text x="12" y="122">${points[0].when.slice(0, 10)}</text><text x="${w - 12}" y="122" text-anchor="end">${points.at(-1).when.slice(0, 10)}</text>`;
    return el("figure", {}, el("figcaption", {}, term(name), el("small", {}, ` ${digits(name, low, 1)} to ${digits(name, high, 1)} ${s.unit}`)), svg);
  });
  byId("tools").hidden = true;
  byId("review").replaceChildren(section("The last 26 weeks", el("p", { class: "soft" }, "Each dot is a run, brought to the mean speed and grade of all of them; bars are 95 % intervals."),
    charts.length ? el("div", { class: "charts" }, ...charts) : el("p", { class: "soft" }, "Two runs with something in common are needed for a trend.")));
}

function bringForm() {
  const file = el("input", { type: "file", accept: ".fit,.csv,.zip,.npz,.tape", "aria-label": "file to bring in" }), form = el("form", {}, el("label", {}, "Bring in "), file);
  file.onchange = () => attempt(async () => {
    const one = file.files[0], made = await ask(`import/${encodeURIComponent(one.name)}`, { method: "PUT", body: one });
    await list();
    location.hash = encodeURIComponent(made.id);
  });
  return form;
}

function compareForm(session) {
  const other = el("select", { "aria-label": "compare with" }, ...sessions.filter((s) => s.id !== session.id).map((s) => el("option", { value: s.id }, `${s.started_utc.slice(0, 10)} ${s.title}`)));
  const place = el("div", {}), go = el("button", { type: "submit" }, "Compare"), form = el("form", {}, el("label", {}, "Against "), other, go);
  if (sessions.length < 2) return el("span", {});
  form.onsubmit = (event) => {
    event.preventDefault();
    attempt(async () => {
      const rows = await ask(`compare?session=${encodeURIComponent(other.value)}&session=${encodeURIComponent(session.id)}`);
      const body = rows.map((r) => [term(r.metric), digits(r.metric, r.means[0].v, 1), digits(r.metric, r.means[1].v, 1), changed(r.metric, r.differences[1]), spec(r.metric).unit]);
      place.replaceChildren(body.length ? table(["", "that run", "this run", "at equal speed and grade", "unit"], body) : el("p", { class: "soft" }, "Nothing can be compared."));
    });
  };
  return el("div", {}, form, place);
}

byId("charts").addEventListener("load", () => shownReport && drawCharts());
byId("more").onclick = () => { const open = byId("tools").hidden; byId("tools").hidden = !open; byId("more").setAttribute("aria-expanded", String(open)); };
byId("choose").onchange = (event) => { location.hash = encodeURIComponent(event.target.value); };
addEventListener("hashchange", () => attempt(show));
attempt(async () => { await list(); await show(); });
