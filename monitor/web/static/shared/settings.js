// The language of the pages, how cues reach this runner and what the live page shows; kept on this device.
const KEPT_AS = "cues";
const DEFAULTS = {
  language: "",
  words: "rarely",
  tones: true,
  beats: true,
  pulses: true,
  volume: 0.8,
  delay_ms: 0,
  miles: false,
  percent: true, // loads as a share of the runner's normal
  tiles: [], // names of what is chosen; none: the first that are measured
  repeats: 5,
  work: 3,
  easy: 2,
  pace: "",
};

// The settings in a stored text (null: nothing stored); the default for whatever in it cannot be one.
export function readSettings(text) {
  const stored = parsed(text) ?? {};
  const usable = (name) => kindOf(stored[name]) === kindOf(DEFAULTS[name]);
  return Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, value]) => [name, usable(name) ? stored[name] : value]),
  );
}

const kindOf = (value) => (Array.isArray(value) ? "list" : typeof value);

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // damaged
  }
}

function storedText() {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null; // a browser that lets pages keep nothing
  }
}

export const settings = readSettings(storedText());

export function saveSetting(name, value) {
  settings[name] = value;
  localStorage.setItem(KEPT_AS, JSON.stringify(settings));
}

// The runner's own choice of language, then those of the device.
export const wantedLanguages = () => [settings.language, ...navigator.languages];
