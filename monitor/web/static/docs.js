// The API's own description, drawn: nothing is fetched from anywhere else.
fetch("openapi.json").then((r) => r.json()).then((api) => {
  const main = document.getElementById("review");
  const make = (tag, text, name) => { const e = document.createElement(tag); if (text) e.textContent = text; if (name) e.className = name; return e; };
  for (const [path, methods] of Object.entries(api.paths)) for (const [method, what] of Object.entries(methods)) {
    const part = make("section"), title = make("h2");
    title.append(make("code", `${method.toUpperCase()} ${path}`));
    part.append(title, make("p", what.summary));
    const list = make("ul");
    for (const p of (what.parameters ?? []).filter((q) => q.in !== "cookie" && q.in !== "header")) list.append(make("li", `${p.name} (${p.in}${p.required ? ", needed" : ""})`));
    const body = what.requestBody?.content?.["application/json"]?.schema, named = body?.$ref ? api.components.schemas[body.$ref.split("/").at(-1)] : body;
    for (const [name, s] of Object.entries(named?.properties ?? {})) list.append(make("li", `${name} (in the JSON body): ${s.type ?? (s.anyOf ?? []).map((a) => a.type).join(" or ")}`));
    if (list.children.length) part.append(list);
    main.append(part);
  }
});
