// Dark or light: as the device has it, until the runner chooses.

const root = document.documentElement;
const KEPT_AS = "theme";
const LIGHT = matchMedia("(prefers-color-scheme: light)");

// "dark", "light", or "" where the device decides.
export function chosenTheme() {
  try {
    return localStorage.getItem(KEPT_AS) ?? "";
  } catch {
    return ""; // a browser that lets pages keep nothing
  }
}

export function chooseTheme(theme) {
  localStorage.setItem(KEPT_AS, theme);
  apply();
}

function apply() {
  const chosen = chosenTheme();
  root.classList.toggle("light", chosen ? chosen === "light" : LIGHT.matches);
  document.querySelector("meta[name=theme-color]").content = getComputedStyle(root)
    .getPropertyValue("--ground")
    .trim();
}

// Set the theme, and call changed() when the device changes it.
export function followTheme(changed) {
  apply();
  LIGHT.onchange = () => {
    apply();
    changed();
  };
}
