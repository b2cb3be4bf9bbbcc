// The catalogues as they are shipped, for tests of what the pages write.
import { readFileSync } from "node:fs";
import { useLanguage, useMessages } from "../../../monitor/web/static/shared/messages.js";

const read = (name) =>
  JSON.parse(
    readFileSync(new URL(`../../../monitor/core/catalogues/${name}.json`, import.meta.url), "utf8"),
  );

export const SHIPPED = { languages: { en: read("en"), de: read("de") }, recorded: read("recorded") };

useMessages(SHIPPED);

// Do something in a language, then go on in English.
export function within(code, work) {
  useLanguage([code]);
  try {
    return work();
  } finally {
    useLanguage(["en"]);
  }
}
