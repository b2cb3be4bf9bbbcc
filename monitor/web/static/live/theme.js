// Dark or light: as the device has it, until the runner chooses.

const root = document.documentElement;
export const theme = () => (root.classList.contains("light") ? "light" : "dark");

// Set the theme, and call changed() whenever it is switched.
export function onTheme(changed) {
  const chosen = localStorage.getItem("theme");
  root.classList.toggle(
    "light",
    chosen ? chosen === "light" : matchMedia("(prefers-color-scheme: light)").matches,
  );
  document.getElementById("theme").onclick = () => {
    root.classList.toggle("light");
    localStorage.setItem("theme", theme());
    changed();
  };
}
