// What a person sets for one browser: the density of tables and the shortcuts of one key.  Kept in localStorage, and
// applied before the first paint; nothing of it reaches the server.
(() => {
  "use strict";
  const DEFAULTS = { density: "standard", shortcuts: "on" };
  const CHORD_MS = 1500;
  const GOES = { p: "/painel", e: "/emprestimos", a: "/parcelas", l: "/clientes", m: "/mensagens" };

  const preference = (name) => localStorage.getItem(name) || DEFAULTS[name];
  const apply = () => { document.documentElement.dataset.density = preference("density"); };

  function onChange(event) {
    const name = event.target.dataset?.preference;
    if (!(name in DEFAULTS)) return;
    localStorage.setItem(name, event.target.value);
    apply();
  }

  // The choices of Perfil are drawn without knowing this browser: they are set when they appear.
  function show() {
    document.querySelectorAll("input[data-preference]").forEach((choice) => {
      choice.checked = choice.value === preference(choice.dataset.preference);
    });
  }

  // ── Shortcuts of one key: "/" is in app.js; `g` and a letter goes to a page, `r` opens the payment dialog ─────────
  let chordUntil = 0;
  const hasShortcuts = () => preference("shortcuts") === "on";

  function onKey(event) {
    const target = event.target;
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
    const isBusy = isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat;
    if (isBusy || !hasShortcuts() || document.querySelector("[role=dialog], [role=menu], dialog[open]")) return;
    const isChord = Date.now() < chordUntil;
    chordUntil = event.key === "g" ? Date.now() + CHORD_MS : 0;
    // Only what this person's page offers: the menu's link, the top bar's button.
    const place = isChord ? GOES[event.key] && `.sidebar a[href="${GOES[event.key]}"]` : event.key === "r" && "#receive-open";
    const found = place && document.querySelector(place);
    if (!found) return;
    event.preventDefault();
    found.click();
  }

  window.preferences = { show, hasShortcuts };
  addEventListener("change", onChange);
  addEventListener("keydown", onKey);
  addEventListener("storage", apply);
  addEventListener("focusin", (event) => { if (event.target.dataset?.selects) event.target.select(); });
  apply();
})();
