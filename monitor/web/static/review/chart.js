// A chart that can be read and looked into: by pointing, dragging, touching, and with the keyboard alone.

import { el, svg } from "../shared/elements.js";
import { textOf } from "../shared/messages.js";
import { chartPicture, cursorPicture, placesOf, readingOf, selectionPicture } from "./chart_drawing.js";

const ZOOM = 2;
const NARROWEST = 1 / 500; // of the whole: one looks no closer
const KEY_STEPS = 120; // arrow keys cross what is in view in so many
const DRAG_PX = 6; // a shorter drag was a click
const NEAR_PX = 9; // a mark so near to the cursor is meant

// Put the chart of a model (see chart_drawing.js) into the page; it follows the width of its place.
export function showChart(place, model, label) {
  new Chart(place, model, label).follow();
}

class Chart {
  constructor(place, model, label) {
    this.model = model;
    this.whole = [model.from, model.to];
    this.view = this.whole;
    this.cursor = null; // where it reads
    this.selected = null; // [from where, to where], while something is selected
    this.area = el("div", {
      class: "chart",
      tabindex: 0,
      role: "slider",
      "aria-label": label,
      "aria-orientation": "horizontal",
      "aria-description": textOf("review.chart.keys"),
    });
    this.note = el("p", { class: "soft" });
    this.buttons = buttonsOf(this);
    place.replaceChildren(this.area, el("div", { class: "chart-foot" }, this.note, this.buttons));
  }

  follow() {
    const { area } = this;
    area.addEventListener("pointerdown", (event) => this.press(event));
    area.addEventListener("pointermove", (event) => this.move(event));
    area.addEventListener("pointerup", () => this.release());
    area.addEventListener("pointercancel", () => this.select(null));
    area.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.read(null));
    area.addEventListener("dblclick", () => this.look(this.whole));
    area.addEventListener("keydown", (event) => this.type(event));
    new ResizeObserver(() => this.draw()).observe(area);
    this.draw();
  }

  draw() {
    const width = this.area.clientWidth;
    if (!width) return;
    this.places = placesOf(this.model, this.view, width);
    this.overlay = svg("g", {});
    const picture = chartPicture(this.model, this.view, this.places);
    picture.append(this.overlay);
    this.area.replaceChildren(picture);
    for (const button of this.buttons.children) button.disabled = !button.use(this);
    this.drawCursor();
  }

  drawCursor() {
    const { cursor, selected, model, places, area } = this,
      parts = selected ? [selectionPicture(selected, places)] : [];
    if (cursor !== null) parts.push(...cursorPicture(model, cursor, places));
    this.overlay.replaceChildren(...parts);
    this.note.textContent = cursor === null ? textOf("review.chart.hint") : this.noteText();
    const now = cursor ?? this.view[0];
    const [from, to] = this.whole;
    for (const [name, value] of Object.entries({ valuemin: from, valuemax: to, valuenow: now }))
      area.setAttribute(`aria-${name}`, Math.round(value * 10) / 10);
    const readings = model.rows
      .filter((row) => row.lines.length === 1)
      .map((row) => `${row.label} ${readingOf(row, now)}`);
    area.setAttribute("aria-valuetext", [this.noteText(now), ...readings].join("; "));
  }

  // Where the cursor is, what held there, and what the marks beside it mean.
  noteText(at = this.cursor) {
    const { model, places } = this;
    const near = (mark) => Math.abs(places.x(mark.at) - places.x(at)) <= NEAR_PX;
    const shades = model.shades.filter((s) => s.from <= at && at < s.to).map((s) => s.text),
      marks = model.rows.flatMap((row) => row.marks.filter(near).map((mark) => mark.text)),
      several = model.rows.filter((row) => row.lines.length > 1).map((row) => readingOf(row, at));
    return [model.textAt(at), ...several, ...new Set(shades), ...marks].join(" · ");
  }

  press(event) {
    const at = this.placeOf(event);
    if (event.pointerType === "mouse" && event.button === 0) {
      this.area.setPointerCapture(event.pointerId); // a drag may leave the chart
      this.select([at, at]);
    } else this.read(at);
  }

  move(event) {
    const at = this.placeOf(event);
    if (this.selected) this.selected = [this.selected[0], at];
    this.read(at);
  }

  release() {
    const { selected, places } = this;
    this.selected = null;
    if (selected && Math.abs(places.x(selected[0]) - places.x(selected[1])) >= DRAG_PX)
      this.look(selected.toSorted((a, b) => a - b));
    else this.drawCursor();
  }

  placeOf(event) {
    return this.within(this.places.at(event.clientX - this.area.getBoundingClientRect().left));
  }

  within(at) {
    return Math.min(this.view[1], Math.max(this.view[0], at));
  }

  read(at) {
    this.cursor = at;
    this.drawCursor();
  }

  select(stretch) {
    this.selected = stretch;
    this.read(stretch ? stretch[1] : this.cursor);
  }

  // Look at a stretch of the axis: moved into the whole, and not narrower than makes sense.
  look([from, to]) {
    const [start, end] = this.whole,
      length = Math.min(end - start, Math.max(to - from, NARROWEST * (end - start))),
      first = Math.min(end - length, Math.max(start, (from + to - length) / 2));
    this.view = [first, first + length];
    if (this.cursor !== null) this.cursor = this.within(this.cursor);
    this.draw();
  }

  zoom(times) {
    const [from, to] = this.view,
      middle = this.cursor ?? (from + to) / 2,
      half = (to - from) / times / 2;
    this.look([middle - half, middle + half]);
  }

  // Look earlier or later by half of what is in view.
  shift(halves) {
    const by = (halves * (this.view[1] - this.view[0])) / 2;
    this.look(this.view.map((at) => at + by));
  }

  isWhole() {
    return this.view[0] <= this.whole[0] && this.view[1] >= this.whole[1];
  }

  type(event) {
    const work = KEYS[event.key];
    if (!work || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    work(this, event.shiftKey);
  }

  step(steps, selects) {
    const [from, to] = this.view,
      old = this.cursor ?? (steps > 0 ? from : to),
      at = this.within(old + (steps * (to - from)) / KEY_STEPS);
    this.select(selects ? [this.selected?.[0] ?? old, at] : null);
    this.read(at);
  }

  confirm() {
    if (this.selected) this.release();
    else this.zoom(ZOOM);
  }

  leave() {
    if (this.selected) this.select(null);
    else this.look(this.whole);
  }
}

const KEYS = {
  ArrowRight: (chart, selects) => chart.step(1, selects),
  ArrowUp: (chart, selects) => chart.step(1, selects),
  ArrowLeft: (chart, selects) => chart.step(-1, selects),
  ArrowDown: (chart, selects) => chart.step(-1, selects),
  PageUp: (chart) => chart.shift(1),
  PageDown: (chart) => chart.shift(-1),
  Home: (chart) => chart.read(chart.view[0]),
  End: (chart) => chart.read(chart.view[1]),
  Enter: (chart) => chart.confirm(),
  "+": (chart) => chart.zoom(ZOOM),
  "-": (chart) => chart.zoom(1 / ZOOM),
  Escape: (chart) => chart.leave(),
};

// What fingers use in place of dragging and keys; each is usable where it changes something.
function buttonsOf(chart) {
  const button = (key, text, work, use) => {
    const label = textOf(`review.chart.${key}`),
      made = el("button", { "aria-label": label, title: label }, text);
    made.onclick = () => work(chart);
    return Object.assign(made, { use });
  };
  return el(
    "div",
    { class: "chart-buttons" },
    button(
      "earlier",
      "‹",
      (c) => c.shift(-1),
      (c) => c.view[0] > c.whole[0],
    ),
    button(
      "later",
      "›",
      (c) => c.shift(1),
      (c) => c.view[1] < c.whole[1],
    ),
    button(
      "closer",
      "+",
      (c) => c.zoom(ZOOM),
      () => true,
    ),
    button(
      "farther",
      "−",
      (c) => c.zoom(1 / ZOOM),
      (c) => !c.isWhole(),
    ),
    button(
      "whole",
      "↔",
      (c) => c.look(c.whole),
      (c) => !c.isWhole(),
    ),
  );
}
