// How cues reach this runner; kept on this device.
const DEFAULTS = {
  language: "",
  words: "rarely",
  tones: true,
  beats: true,
  pulses: true,
  volume: 0.8,
  delay_ms: 0,
};

export const settings = { ...DEFAULTS };
try {
  Object.assign(settings, JSON.parse(localStorage.getItem("cues") ?? "{}"));
} catch {
  /* damaged: the defaults */
}

export function saveSetting(name, value) {
  settings[name] = value;
  localStorage.setItem("cues", JSON.stringify(settings));
}
