"use strict";

// A classic script in the head, so that the theme is set before the first paint.
(() => {
  const key = "ssegw.theme";
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;  // storage may be forbidden; the system's choice remains
    }
  }

  function apply() {
    const choice = stored();
    const dark = choice ? choice === "dark" : prefersDark.matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    dispatchEvent(new Event("themechange"));
  }

  window.toggleTheme = () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(key, next);
      apply();
    } catch {
      document.documentElement.dataset.theme = next;
      dispatchEvent(new Event("themechange"));
    }
  };

  prefersDark.addEventListener("change", apply);
  apply();
})();
