// The API's own description, drawn: nothing is fetched from anywhere else.
import { el, section } from "../shared/elements.js";

const answer = await fetch("openapi.json"),
  api = await answer.json(),
  page = document.getElementById("review"),
  models = new Set(); // names of all that the answers hold
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(methods))
    page.append(operationSection(path, method, operation));
}
page.append(...[...models].sort().map(modelSection));

function operationSection(path, method, operation) {
  const lines = [...parameters(operation), ...bodyFields(operation)].map((text) => el("li", {}, text));
  return el(
    "section",
    {},
    el("h2", {}, el("code", {}, `${method.toUpperCase()} ${path}`)),
    el("p", {}, `${operation.tags.join(", ")}: ${operation.summary}`),
    lines.length ? el("ul", {}, ...lines) : null,
    answerLine(operation.responses[200]),
    el("p", { class: "soft" }, `Refused with ${refusals(operation.responses).join(", ")}.`),
  );
}

function parameters({ parameters: all = [] }) {
  return all.map((p) => `${p.name} (${p.in}${p.required ? ", needed" : ""}): ${p.description}`);
}

function bodyFields({ requestBody }) {
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (type && type !== "application/json") return [`body: ${requestBody.description}`];
  const fields = (content ? resolved(content.schema) : {}).properties ?? {};
  return Object.entries(fields).map(
    ([name, s]) => `${name} (in the JSON body, ${typeText(s)}): ${s.description}`,
  );
}

function answerLine({ description, content }) {
  const [type, { schema }] = Object.entries(content)[0],
    name = modelName(schema);
  if (!name) return el("p", {}, `Answer (${type}): ${description}`);
  collect(name);
  return el("p", {}, "Answer ", el("a", { href: `#${name}` }, name), `: ${description}`);
}

// Statuses; what comes with them is described once, among the models.
function refusals(responses) {
  collect("RefusalJson");
  return Object.keys(responses).filter((status) => status !== "200");
}

function modelName(schema) {
  return schema.$ref?.split("/").at(-1);
}

function resolved(schema) {
  return schema.$ref ? api.components.schemas[modelName(schema)] : schema;
}

// A model, and all that its fields refer to.
function collect(name) {
  if (models.has(name)) return;
  models.add(name);
  JSON.stringify(api.components.schemas[name], (key, value) => {
    if (key === "$ref") collect(modelName({ $ref: value }));
    return value;
  });
}

function modelSection(name) {
  const model = api.components.schemas[name],
    fields = Object.entries(model.properties ?? {}).map(([field, schema]) =>
      el("li", {}, el("code", {}, field), ` (${fieldType(schema)}): ${schema.description}`),
    );
  const one = section(name, el("p", {}, model.description));
  one.id = name;
  one.append(fields.length ? el("ul", {}, ...fields) : el("p", {}, typeText(model)));
  return one;
}

function fieldType(schema) {
  const unit = schema["x-unit"];
  return unit && unit !== "1" ? `${typeText(schema)}, ${unit}` : typeText(schema);
}

// The type of a value in words: "list of number or null", "MeanJson", "object of MetricJson".
function typeText(schema) {
  if (schema.$ref) return modelName(schema);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeText).join(" or ");
  if (schema.prefixItems) return `list of ${schema.prefixItems.map(typeText).join(", ")}`;
  if (schema.type === "array") return `list of ${typeText(schema.items)}`;
  if (schema.type === "object" && schema.additionalProperties?.constructor === Object)
    return `object of ${typeText(schema.additionalProperties)}`;
  return schema.enum?.join(", ") ?? String(schema.const ?? schema.type ?? "any value");
}
