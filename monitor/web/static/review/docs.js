// The API's own description, drawn: nothing is fetched from anywhere else.
import { el } from "./elements.js";

const answer = await fetch("openapi.json"),
  api = await answer.json();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(methods))
    document.getElementById("review").append(operationSection(path, method, operation));
}

function operationSection(path, method, operation) {
  const lines = [...parameters(operation), ...bodyFields(operation)].map((text) => el("li", {}, text));
  return el(
    "section",
    {},
    el("h2", {}, el("code", {}, `${method.toUpperCase()} ${path}`)),
    el("p", {}, operation.summary),
    lines.length ? el("ul", {}, ...lines) : null,
  );
}

function parameters({ parameters: all = [] }) {
  return all
    .filter((p) => p.in !== "cookie" && p.in !== "header")
    .map((p) => `${p.name} (${p.in}${p.required ? ", needed" : ""})`);
}

function bodyFields({ requestBody }) {
  const schema = requestBody?.content?.["application/json"]?.schema;
  const fields =
    (schema?.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema)?.properties ?? {};
  return Object.entries(fields).map(
    ([name, s]) =>
      `${name} (in the JSON body): ${s.type ?? (s.anyOf ?? []).map((a) => a.type).join(" or ")}`,
  );
}
