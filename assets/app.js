// What must happen in the browser before or without the server: keys of commands, formats on leaving a field, focus,
// shortcuts, the session-end dialog, the connection bar and the sandbox clock.  No data of ours is ever evaluated here.
(() => {
  "use strict";
  const BUSY_LIMIT_MS = 10000;
  const RENEW_EVERY_MS = 10 * 60 * 1000;
  const REFRESH_EVERY_MS = 3000;
  const LOOK_EVERY_MS = 30 * 1000;
  const SEEK_LIMIT_MS = 2000;
  const watchdogs = new Map();

  // ── Forms that write: one key per opened form, one press at a time ────────────────────────────────────────────────
  function release(form) {
    form.removeAttribute("aria-busy");
    clearTimeout(watchdogs.get(form));
    watchdogs.delete(form);
  }

  // A press that a lost socket dropped gets no answer: after 10 s the form says so and asks by the key.
  function watch(form) {
    clearTimeout(watchdogs.get(form));
    watchdogs.set(form, setTimeout(() => {
      const doubt = form.querySelector("[data-doubt]");
      if (doubt) doubt.hidden = false;
      const ask = form.querySelector("[data-ask]");
      if (ask) ask.click();
      release(form);
    }, BUSY_LIMIT_MS));
  }

  // What one person typed is no other's: drafts (files.js) end with signing out, and when somebody else signs in here.
  function forgetDrafts() {
    Object.keys(sessionStorage).filter((key) => key.startsWith("draft:")).forEach((key) => sessionStorage.removeItem(key));
  }

  function rememberPerson(email) {
    const plain = (text) => (text || "").trim().toLowerCase();
    if (plain(email) !== plain(sessionStorage.getItem("email"))) forgetDrafts();
    sessionStorage.setItem("email", email);
  }

  function onSubmit(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (form.id === "sign-in") rememberPerson(form.elements.email.value);
    if (form.id === "sign-out") forgetDrafts();
    if (form.id === "new-password") form.elements.token.value = sessionStorage.getItem("link") || "";
    if (!form.matches("form[data-once]")) return;
    const isOffline = document.documentElement.hasAttribute("data-offline");
    if (isOffline || form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.setAttribute("aria-busy", "true");
    const doubt = form.querySelector("[data-doubt]");
    if (doubt) doubt.hidden = true;
    const key = form.elements.namedItem("command_id");
    if (key && !key.value) key.value = crypto.randomUUID();
    watch(form);
  }

  function settled(id, isDone) {
    const form = document.getElementById(id);
    if (!form) return;
    release(form);
    const doubt = form.querySelector("[data-doubt]");
    if (doubt) doubt.hidden = true;
    const key = form.elements.namedItem("command_id");
    if (isDone && key) key.value = "";
    if (!isDone) focusSummary(form);
  }

  function focusSummary(form) {
    requestAnimationFrame(() => requestAnimationFrame(() => {
      const summary = form.querySelector("[data-summary]") || document.querySelector("[data-summary]");
      if (!summary) return;
      summary.focus();
      if (!document.title.startsWith("Erro: ")) document.title = "Erro: " + document.title;
    }));
  }

  // ── Formats on leaving a field; what can't be understood stays as typed ──────────────────────────────────────────
  const digits = (text) => text.replace(/\D/g, "");

  function formatMoney(text) {
    let plain = text.replace(/R\$|\s/g, "");
    if (!/^\d[\d.]*(,\d{0,2})?$/.test(plain)) return text;
    if (plain.includes(",")) plain = plain.replace(/\./g, "").replace(",", ".");
    else if (/^\d{1,3}(\.\d{3})+$/.test(plain)) plain = plain.replace(/\./g, "");
    else if (!/^\d+(\.\d{1,2})?$/.test(plain)) return text;
    const [whole, cents = ""] = plain.split(".");
    const grouped = whole.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, ".");
    return grouped + "," + cents.padEnd(2, "0");
  }

  function formatTaxId(text) {
    const bare = text.toUpperCase().replace(/[^0-9A-Z]/g, "");
    if (/^\d{11}$/.test(bare)) return bare.replace(/(\d{3})(\d{3})(\d{3})(\d{2})/, "$1.$2.$3-$4");
    if (/^[0-9A-Z]{12}\d{2}$/.test(bare)) return bare.replace(/(.{2})(.{3})(.{3})(.{4})(.{2})/, "$1.$2.$3/$4-$5");
    return text;
  }

  function formatPhone(text) {
    if (!/^[\d\s()+.-]+$/.test(text)) return text;
    let bare = digits(text);
    if (bare.length > 11 && bare.startsWith("55")) bare = bare.slice(2);
    if (bare.length === 11) return bare.replace(/(\d{2})(\d{5})(\d{4})/, "($1) $2-$3");
    if (bare.length === 10) return bare.replace(/(\d{2})(\d{4})(\d{4})/, "($1) $2-$3");
    return text;
  }

  // Written with the pieces that were typed, never through a JavaScript Date, which shifts days.  `today` comes from
  // the server's business date, in ISO, because the browser's clock may be wrong.
  function formatDate(text, field) {
    const typed = text.trim().toLowerCase();
    const pad = (part) => String(part).padStart(2, "0");
    const today = field.dataset.today || "";
    let match;
    if ((match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(typed))) return `${match[3]}/${match[2]}/${match[1]}`;
    if ((match = /^(\d{2})(\d{2})(\d{4})$/.exec(typed))) return `${match[1]}/${match[2]}/${match[3]}`;
    if ((match = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(typed))) return `${pad(match[1])}/${pad(match[2])}/${match[3]}`;
    if (typed === "hoje" && today) return today.split("-").reverse().join("/");
    return text;
  }

  function formatPercent(text) {
    const plain = text.replace(/[%\s]/g, "").replace(".", ",");
    if (!/^\d+(,\d*)?$/.test(plain)) return text;
    const [whole, part = ""] = plain.split(",");
    return whole + "," + part.padEnd(2, "0");
  }

  const FORMATS = { money: formatMoney, "tax-id": formatTaxId, phone: formatPhone, date: formatDate, percent: formatPercent };

  function onLeave(event) {
    const field = event.target;
    const format = field instanceof HTMLInputElement && FORMATS[field.dataset.format];
    if (!format || !field.value) return;
    const formatted = format(field.value, field);
    if (formatted === field.value) return;
    // React listens to the native setter: without it a listening form would not see the new text.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, formatted);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // A slider writes into the field that it names, and follows what is typed there.
  function onSlide(event) {
    const { target } = event;
    if (target.dataset?.slides) {
      const field = document.getElementById(target.dataset.slides);
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, target.value + ",00");
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } else if (target.id) {
      const slider = document.querySelector(`[data-slides="${CSS.escape(target.id)}"]`);
      if (slider) slider.value = target.value.replace(",", ".");
    }
  }

  // ── Keyboard ─────────────────────────────────────────────────────────────────────────────────────────────────────
  function onKey(event) {
    const target = event.target;
    const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
    const search = document.getElementById("search");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      search?.focus();
      search?.select();
    } else if (event.key === "/" && !isTyping && window.preferences.hasShortcuts() && !document.querySelector("[role=dialog]")) {
      event.preventDefault();
      search?.focus();
    } else if ((event.key === "[" || event.key === "]") && !isTyping && window.preferences.hasShortcuts()) {
      document.querySelector(`[data-key="${event.key}"]`)?.click();
    } else if (target.closest?.(".search-box")) {
      moveInResults(event, search);
    }
  }

  // Arrows walk through the hits, Enter opens the first one, Esc leaves the box.
  function moveInResults(event, search) {
    const hits = [...document.querySelectorAll("#search-results [data-hit]")];
    const place = hits.indexOf(document.activeElement);
    if (event.key === "Escape") {
      document.activeElement.blur();
    } else if (event.key === "ArrowDown" && hits.length) {
      event.preventDefault();
      hits[Math.min(place + 1, hits.length - 1)].focus();
    } else if (event.key === "ArrowUp" && place >= 0) {
      event.preventDefault();
      (place === 0 ? search : hits[place - 1]).focus();
    } else if (event.key === "Enter" && document.activeElement === search && hits.length) {
      event.preventDefault();
      hits[0].click();
    }
  }

  // ── Dialogs: focus comes back to what opened one (Radix gives it back only to triggers of its own) ────────────────
  const PASSING = "[role=dialog], [role=alertdialog], [role=menu], [data-radix-focus-guard]";
  let opener = null;
  function onFocus(event) {
    if (!event.target.closest(PASSING)) opener = event.target;
  }

  function returnFocus() {
    const isFromSearch = opener?.closest(".search-box");
    const place = isFromSearch ? document.getElementById("search") : opener;
    (place?.isConnected && place.checkVisibility() ? place : document.querySelector("main h1"))?.focus();
  }

  // ── Navigation ───────────────────────────────────────────────────────────────────────────────────────────────────
  const currentPath = () => location.pathname.replace(/\/+$/, "");
  let lastPath = currentPath();
  function arrived() {
    const search = document.getElementById("search");
    if (currentPath() === lastPath) return;
    lastPath = currentPath();
    if (search && document.activeElement?.closest(".search-box")) search.value = "";
    document.querySelector("main h1")?.focus({ preventScroll: sought !== null });
  }

  // Back and forward show a list where it was left: its rows come from the server, so the place is sought until they
  // are there, or somebody moves.
  const places = new Map();
  const entry = () => history.state?.key ?? location.href;
  let sought = null;
  let soughtUntil = 0;
  const stopSeeking = () => { sought = null; };
  function onScroll() {
    if (sought === null) places.set(entry(), scrollY);
  }

  function onBack() {
    if (sought === null) requestAnimationFrame(seek);
    sought = places.get(entry()) ?? 0;
    soughtUntil = Date.now() + SEEK_LIMIT_MS;
  }

  function seek() {
    if (sought === null) return;
    if (document.documentElement.scrollHeight - innerHeight >= sought && scrollY !== sought) scrollTo(0, sought);
    if (Date.now() > soughtUntil) stopSeeking();
    else requestAnimationFrame(seek);
  }

  // ── Session ──────────────────────────────────────────────────────────────────────────────────────────────────────
  // Only a new socket carries the new cookie: Reflex closes its socket on `pagehide`, opens one when visible.
  function reconnect() {
    dispatchEvent(new PageTransitionEvent("pagehide"));
    document.dispatchEvent(new Event("visibilitychange"));
  }

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  const labelled = (field, label) => element("div", { className: "field" },
    element("label", { htmlFor: field.id, className: "field-label" }, label), field);

  // What web/sign_in.py refuses with, in words.
  function refusalText(said) {
    const minutes = Number(said.minutos) === 1 ? "1 minuto" : `${Number(said.minutos)} minutos`;
    return { senha: "E-mail ou senha não conferem.",
      codigo: "O código não confere. Veja no aplicativo o código de agora.",
      prazo: "O prazo do código passou. Entre de novo com a senha.",
      bloqueio: `Muitas tentativas. Tente de novo em ${minutes} ou peça um novo link a um administrador.`,
    }[said.erro] || "Não foi possível entrar agora. Tente de novo.";
  }

  // Resolves to null when a session was opened, else to what the server said.
  async function postSignIn(path, fields) {
    const answer = await fetch(path, { method: "POST", headers: { Accept: "application/json" },
      body: new URLSearchParams(fields) }).catch(() => null);
    if (answer && answer.status === 204) return null;
    return (answer && await answer.json().catch(() => null)) || {};
  }

  // Over the page, so that what was typed stays: first e-mail and password, then the code where one is asked for.
  function signInAgain() {
    document.querySelectorAll("form[data-once]").forEach(release);
    if (document.querySelector("dialog.sign-in-again")) return;
    const email = element("input", { type: "email", id: "again-email", className: "input",
      autocomplete: "username", required: true, value: sessionStorage.getItem("email") || "" });
    const password = element("input", { type: "password", id: "again-password", className: "input",
      autocomplete: "current-password", required: true });
    const code = element("input", { type: "text", id: "again-code", className: "input", autocomplete: "one-time-code" });
    const problem = element("p", { className: "field-error", role: "alert" });
    const button = element("button", { className: "button button-primary", type: "submit" }, "Entrar");
    const passwordStep = element("div", { className: "flex flex-col gap-4" }, labelled(email, "E-mail"), labelled(password, "Senha"));
    const codeStep = element("div", { hidden: true }, labelled(code, "Código do aplicativo, ou um código de recuperação"));
    const form = element("form", { className: "flex flex-col gap-4", method: "dialog" },
      element("h2", { className: "title-small", id: "again-title" }, "Sua sessão terminou"),
      element("p", {}, "Entre de novo para continuar — o que você digitou foi mantido."),
      passwordStep, codeStep, problem, button);
    const dialog = element("dialog", { className: "sign-in-again" }, form);
    const showStep = (isCode) => {
      passwordStep.hidden = isCode;
      codeStep.hidden = !isCode;
      email.required = password.required = !isCode;
      code.required = isCode;
      (isCode ? code : email.value ? password : email).focus();
    };
    dialog.setAttribute("aria-labelledby", "again-title");
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      const said = codeStep.hidden
        ? await postSignIn("/auth/entrar", { email: email.value, senha: password.value })
        : await postSignIn("/auth/codigo", { codigo: code.value });
      button.disabled = false;
      if (said === null) {
        rememberPerson(email.value);
        dialog.close();
        dialog.remove();
        reconnect();
        return;
      }
      const isFirstAsked = said.passo === "codigo" && !said.erro;
      problem.textContent = isFirstAsked ? "" : refusalText(said);
      code.value = "";
      password.value = said.passo === "codigo" ? "" : password.value;
      showStep(said.passo === "codigo");
      if (codeStep.hidden) password.select();
    });
    (document.querySelector(".radix-themes") || document.body).append(dialog);
    dialog.showModal();
    showStep(false);
  }

  // A one-time link's token stands in the fragment, which no server sees.  It leaves the address bar at once and stays
  // in this tab until the password is set, so that a refused password can be corrected.
  const LINK_PAGES = ["/primeiro-acesso", "/redefinir-senha"];
  function takeLink() {
    if (!LINK_PAGES.includes(currentPath())) return;
    if (location.hash.length > 1) {
      sessionStorage.setItem("link", location.hash.slice(1));
      history.replaceState(history.state, "", location.pathname + location.search);
    }
    document.documentElement.toggleAttribute("data-no-link", !sessionStorage.getItem("link"));
  }

  setInterval(() => {
    if (document.visibilityState !== "visible" || ["/entrar", ...LINK_PAGES].includes(currentPath())) return;
    fetch("/auth/renovar", { method: "POST" }).catch(() => null);
  }, RENEW_EVERY_MS);

  // ── Connection bar ───────────────────────────────────────────────────────────────────────────────────────────────
  // React writes only `data-lost`; what is shown, and for how long, is decided here.
  let backTimer;
  function onConnection(bar) {
    const isLost = bar.dataset.lost === "true";
    const wasLost = document.documentElement.hasAttribute("data-offline");
    if (isLost === wasLost) return;
    document.documentElement.toggleAttribute("data-offline", isLost);
    clearTimeout(backTimer);
    bar.dataset.state = isLost ? "lost" : "back";
    if (!isLost) backTimer = setTimeout(() => { bar.dataset.state = ""; }, 3000);
  }

  // ── Sandbox clock ────────────────────────────────────────────────────────────────────────────────────────────────
  const CLOCK = new Intl.DateTimeFormat("pt-BR", { dateStyle: "short", timeStyle: "short", timeZone: "America/Sao_Paulo" });
  function tick() {
    document.querySelectorAll("[data-clock-start]").forEach((place) => {
      const { clockStart, clockAnchor, clockSpeed } = place.dataset;
      const now = Number(clockStart) + (Date.now() - Number(clockAnchor)) * Number(clockSpeed);
      const text = CLOCK.format(new Date(now)).replace(",", "");
      if (place.textContent !== text) place.textContent = text;
    });
  }

  // ── A page that follows work done elsewhere asks again: every few seconds while something moves ("live"), now and
  // then while nothing does ("idle"), and when its tab comes back into sight ────────────────────────────────────────
  function refresh(selector) {
    if (document.visibilityState === "visible") document.querySelectorAll(selector).forEach((asker) => asker.click());
  }

  // ── Small conveniences: "Mostrar senha", narrow sidebar, and links inside the page, which the router would take for
  // a new address without its filters: in the capture phase, before React ──────────────────────
  function onClick(event) {
    const shower = event.target.closest?.("[data-shows]");
    if (shower) {
      const field = document.getElementById(shower.dataset.shows);
      const isHidden = field.type === "password";
      field.type = isHidden ? "text" : "password";
      shower.textContent = isHidden ? "Ocultar senha" : "Mostrar senha";
      shower.setAttribute("aria-pressed", String(isHidden));
    }
    const link = event.target.closest?.('a[href*="#"]');
    if (link && link.origin === location.origin && link.pathname.replace(/\/+$/, "") === currentPath()) {
      event.preventDefault();
      document.getElementById(decodeURIComponent(link.hash.slice(1)))?.focus();
    }
    if (event.target.closest?.("[data-narrow]")) {
      const isNarrow = document.documentElement.dataset.sidebar === "narrow";
      document.documentElement.dataset.sidebar = isNarrow ? "" : "narrow";
      localStorage.setItem("sidebar", isNarrow ? "" : "narrow");
    }
  }

  // After a wrong password the page is a new one: what was typed as e-mail comes back, the password never.
  function rememberedEmail() {
    sessionStorage.removeItem("link");
    const field = document.querySelector("#sign-in #email");
    if (!field || field.value) return;
    field.value = sessionStorage.getItem("email") || "";
    if (field.value) document.getElementById("senha").focus();
  }

  // Several events of one page may be refused at once: one navigation is enough.
  let isLeaving = false;
  function signIn() {
    if (isLeaving) return;
    isLeaving = true;
    const path = currentPath() || "/";
    location.assign("/entrar?next=" + encodeURIComponent(path + location.search));
  }

  // The framework's own banner after an update speaks English: the same banner in our users' words.
  function translateBanner() {
    const banner = document.getElementById("reflex-new-version-banner");
    if (!banner || banner.dataset.translated) return;
    banner.dataset.translated = "yes";
    banner.firstChild.textContent = "Há uma nova versão do sistema.";
    banner.querySelector("button").textContent = "Recarregar";
  }

  window.loanapp = { settled, signIn, arrived, signInAgain, rememberedEmail, takeLink, returnFocus };
  takeLink();
  addEventListener("hashchange", takeLink);
  addEventListener("submit", onSubmit, true);
  addEventListener("focusout", onLeave, true);
  addEventListener("focusin", onFocus);
  addEventListener("scroll", onScroll, { passive: true });
  addEventListener("popstate", onBack);
  ["wheel", "touchstart", "keydown", "pointerdown"].forEach((kind) => addEventListener(kind, stopSeeking, { passive: true }));
  addEventListener("keydown", onKey);
  addEventListener("input", onSlide);
  addEventListener("click", onClick, true);
  document.documentElement.dataset.sidebar = localStorage.getItem("sidebar") || "";
  setInterval(tick, 500);
  setInterval(translateBanner, 500);
  setInterval(() => refresh('[data-refresh="live"]'), REFRESH_EVERY_MS);
  setInterval(() => refresh('[data-refresh="idle"]'), LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => refresh("[data-refresh]"));
  new MutationObserver((changes) => {
    changes.forEach(({ target }) => { if (target.id === "connection") onConnection(target); });
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-lost"] });
})();
