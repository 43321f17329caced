// Runs before the first paint: the chosen look, or the device's.
(() => {
  const KEY = "bos-theme";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try { return localStorage.getItem(KEY) || "auto"; } catch (e) { return "auto"; }
  };
  const apply = () => {
    const choice = stored();
    const value = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    document.documentElement.setAttribute("data-bs-theme", value);
  };
  apply();
  dark.addEventListener("change", apply);
  window.bosTheme = {
    get: stored,
    set(choice) {
      try { localStorage.setItem(KEY, choice); } catch (e) { /* private mode: it lasts for this page */ }
      apply();
    },
  };
})();
