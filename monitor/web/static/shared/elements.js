// Parts of a page, made without markup: texts can never become elements.

export function el(tag, attributes = {}, ...children) {
  return filledIn(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filledIn(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filledIn(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value != null) element.setAttribute(name, value);
  element.append(...children.filter((c) => c != null));
  return element;
}

export function fragment(...children) {
  const parts = document.createDocumentFragment();
  parts.append(...children);
  return parts;
}

// A text that explains itself when it is pointed at, or reached with the keyboard.
export function tip(text, help) {
  return el("span", { class: "tip", tabindex: 0, "data-tip": help }, text);
}

export function section(title, ...children) {
  return el("section", {}, el("h2", {}, title), ...children);
}

export function table(head, rows) {
  const row = (tag, cells) => el("tr", {}, ...cells.map((cell) => el(tag, {}, cell ?? "")));
  const body = el("tbody", {}, ...rows.map((cells) => row("td", cells)));
  return scrollable(el("table", {}, el("thead", {}, row("th", head)), body));
}

// What is wider than the page scrolls sideways, with the keyboard too, and shows at its edge that there is more.
const scrollable = (wide) => el("div", { class: "scroll", tabindex: 0 }, wide);

// A table that a phone shows as cards, one for each row: the first cell is its title, every other has the name of
// its column.
export function cardTable(head, rows) {
  const texts = head.map((title) => (typeof title === "string" ? title : title.textContent)),
    cell = (tag, role) => (content, i) => el(tag, { role, "data-column": texts[i] || null }, content ?? ""),
    row = (cells, make) => el("tr", { role: "row" }, ...cells.map(make));
  return scrollable(
    el(
      "table",
      { class: "cards", role: "table" },
      el("thead", { role: "rowgroup" }, row(head, cell("th", "columnheader"))),
      el("tbody", { role: "rowgroup" }, ...rows.map((cells) => row(cells, cell("td", "cell")))),
    ),
  );
}
