// Holds the boards against what Grafana itself publishes (npm: @grafana/schema, @grafana/data), in the release
// that docker-compose.yml pins.  The question is a file of JSON, the answer a line of it:
//   boards: dashboards            -> errors: what their schemas do not know, schemaVersion: that of the release
//   tables: {panel, frames}       -> tables: columns and rows after Grafana's own transformations
//   names:  series                -> colours: what the palette by name gives each
//   values: {unit, decimals, value} -> texts
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { argv, stdout } from "node:process";
import Ajv from "ajv";
import { JSDOM } from "jsdom";
import { createGenerator } from "ts-json-schema-generator";

const load = createRequire(import.meta.url);
const types = "node_modules/@grafana/schema/dist/types/raw";

function schemaOf(path, type) {
  const config = { path, type, skipTypeCheck: true, tsconfig: undefined };
  return createGenerator(config).createSchema(type);
}

// Options are completed by Grafana: in them nothing is required.
function withoutRequired(schema) {
  return JSON.parse(JSON.stringify(schema, (key, value) => (key === "required" ? undefined : value)));
}

function checker(schema) {
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  return (value, where) =>
    validate(value)
      ? []
      : validate.errors.map((e) => `${where}${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
}

function panelCheckers(kind) {
  const path = `${types}/composable/${kind.replaceAll("-", "")}/panelcfg/x/types.gen.d.ts`;
  const names = ["Options", "FieldConfig"].filter((name) =>
    readFileSync(path, "utf8").includes(`interface ${name} `),
  );
  return Object.fromEntries(names.map((name) => [name, checker(withoutRequired(schemaOf(path, name)))]));
}

function boardErrors(boards) {
  if (boards.length === 0) {
    return [];
  }
  const dashboard = checker(schemaOf(`${types}/dashboard/x/types.gen.d.ts`, "Dashboard"));
  const kinds = new Map();
  const panelErrors = (panel, where) => {
    if (!kinds.has(panel.type)) {
      kinds.set(panel.type, panelCheckers(panel.type));
    }
    const { Options, FieldConfig } = kinds.get(panel.type);
    const custom = panel.fieldConfig?.defaults?.custom;
    const nothing = custom === undefined ? [] : [`${where} has no custom options of fields`];
    return [
      ...Options(panel.options ?? {}, `${where}/options`),
      ...(FieldConfig && custom ? FieldConfig(custom, `${where}/custom`) : FieldConfig ? [] : nothing),
      ...(panel.fieldConfig?.overrides ?? []).flatMap(
        (o) => FieldConfig?.(customOf(o), `${where}/${o.matcher.options}`) ?? [],
      ),
    ];
  };
  return boards.flatMap((board) => [
    ...dashboard(withoutTargets(board), board.uid),
    ...board.panels.flatMap((panel) => panelErrors(panel, `${board.uid}: ${panel.title}`)),
  ]);
}

// What an annotation asks is its data source's own; the schema describes that of Grafana's own events.
function withoutTargets(board) {
  const list = board.annotations?.list?.map(({ target, ...rest }) => rest);
  return { ...board, annotations: { ...board.annotations, list } };
}

// The custom part of an override as an object: custom.lineStyle becomes {lineStyle}.
function customOf(override) {
  const own = override.properties.filter((p) => p.id.startsWith("custom."));
  return Object.fromEntries(own.map((p) => [p.id.slice("custom.".length), p.value]));
}

function loadGrafanaData() {
  const page = new JSDOM("<!doctype html>", { url: "http://localhost/" });
  globalThis.window = page.window;
  globalThis.document = page.window.document;
  globalThis.localStorage = page.window.localStorage;
  globalThis.HTMLElement = page.window.HTMLElement;
  globalThis.navigator ??= page.window.navigator;
  const loaded = load("@grafana/data");
  const known = new Map(Object.values(loaded.standardTransformers).map((t) => [t.id, t]));
  loaded.standardTransformersRegistry.setInit(() =>
    [...known.values()].map((t) => ({ id: t.id, name: t.name, transformation: t })),
  );
  return loaded;
}

async function transformed({ panel, frames }) {
  const { firstValueFrom } = load("rxjs");
  const steps = panel.transformations ?? [];
  const out = await firstValueFrom(
    data.transformDataFrame(
      steps,
      frames.map((f) => data.toDataFrame(f)),
    ),
  );
  return out.map((frame) => ({
    columns: frame.fields.map((field) => data.getFieldDisplayName(field, frame, out)),
    rows: Array.from({ length: frame.length }, (_, k) =>
      frame.fields.map((field) => field.values[k] ?? null),
    ),
  }));
}

function coloursOf(names) {
  const theme = data.createTheme();
  const mode = data.fieldColorModeRegistry.get("palette-classic-by-name");
  return names.map((name) => {
    const field = {
      name,
      type: "number",
      config: {},
      values: [],
      state: { displayName: name, seriesIndex: 0 },
    };
    return mode.getCalculator(field, theme)(0, 0);
  });
}

const asked = JSON.parse(readFileSync(argv[2], "utf8"));
const data = loadGrafanaData();
const { defaultDashboard } = load("@grafana/schema");
const answer = {
  schemaVersion: defaultDashboard.schemaVersion,
  errors: boardErrors(asked.boards ?? []),
  tables: await Promise.all((asked.tables ?? []).map((table) => transformed(table))),
  colours: coloursOf(asked.names ?? []),
  texts: (asked.values ?? []).map((v) =>
    data.formattedValueToString(data.getValueFormat(v.unit)(v.value, v.decimals)),
  ),
};
// On a line of its own: a library among those loaded greets on the same way.
stdout.write(`\n${JSON.stringify(answer)}\n`);
