// Files that go up one by one beside the socket, each with its own progress and its own end; and drafts of what is typed
// in a dialog, kept in this tab until it is registered.  No data of ours is ever evaluated here.
(() => {
  "use strict";

  // ── Uploads: a file that fails stays with its reason and a button; the others go on ──────────────────────────────
  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function textOf(form, answer, status) {
    const texts = JSON.parse(form.dataset.texts);
    const text = texts[answer.code];
    if (text) return text.replace(/\{(\w+)\}/g, (_, name) => answer.values?.[name] ?? "");
    if (answer.reference) return `Algo deu errado do nosso lado. Nada foi alterado. Código: ${answer.reference}.`;
    if (status === 401) return "Sua sessão terminou. Entre de novo e tente outra vez.";
    if (status === 413) return texts["document.too_large"].replace("{megabytes}", form.dataset.mostBytes / 1024 / 1024);
    if (status === 429) return "Muitos envios seguidos. Aguarde um pouco e tente de novo.";
    return "Sem conexão. O arquivo não foi enviado.";
  }

  function send(form, file, line) {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.set("document_id", line.dataset.key);
    body.set("client_id", form.dataset.client);
    body.set("kind", line.dataset.kind);
    body.set("file", file);
    const [, state, again] = line.children;
    again.hidden = true;
    state.className = "muted tabular-nums";
    state.textContent = "Enviando… 0%";
    const fail = (answer, status) => {
      state.className = "overdue";
      state.textContent = textOf(form, answer, status);
      again.hidden = false;
    };
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) state.textContent = `Enviando… ${Math.floor(100 * event.loaded / event.total)}%`;
    });
    request.addEventListener("load", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* Not ours: a proxy's page, or plain text. */ }
      if (request.status === 200 || request.status === 201) {
        state.textContent = "Enviado.";
        form.querySelector("[data-uploaded]").click();
        return;
      }
      fail(answer, request.status);
      if (request.status === 401) window.loanapp.signInAgain();
    });
    request.addEventListener("error", () => fail({}, 0));
    request.open("POST", "/files");
    request.send(body);
  }

  function onSubmit(event) {
    const form = event.target;
    if (form.id !== "document-upload") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const chosen = form.querySelector("input[type=file]");
    const list = form.querySelector("[data-uploads]");
    if (!chosen.files.length) {
      list.replaceChildren(element("li", { className: "field-error" }, "Escolha um arquivo."));
      chosen.focus();
      return;
    }
    list.replaceChildren();
    for (const file of chosen.files) {
      const again = element("button", { type: "button", className: "button button-secondary", hidden: true }, "Tentar de novo");
      const line = element("li", { className: "flex flex-wrap items-center gap-3" },
        element("span", { className: "[overflow-wrap:anywhere]" }, file.name), element("span", {}), again);
      line.dataset.key = crypto.randomUUID();
      line.dataset.kind = form.elements.document_kind.value;
      again.addEventListener("click", () => send(form, file, line));
      list.append(line);
      send(form, file, line);
    }
    chosen.value = "";
  }

  // ── Drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────
  const draftKey = (formId) => `draft:${location.pathname.replace(/\/+$/, "")}:${formId}`;
  const withDraft = (target) => {
    const form = target.form;
    return form && form.querySelector("[data-draft]") ? form : null;
  };
  const isTyped = (field) => field.name && field.type !== "hidden" && /^(INPUT|TEXTAREA|SELECT)$/.test(field.tagName);

  function onInput(event) {
    const form = withDraft(event.target);
    if (!form) return;
    const typed = [...form.elements].filter((field) => isTyped(field) && (field.type !== "radio" || field.checked));
    sessionStorage.setItem(draftKey(form.id), JSON.stringify(typed.map((field) => [field.name, field.value])));
  }

  function onFocus(event) {
    const form = withDraft(event.target);
    if (!form || form.dataset.restored) return;
    form.dataset.restored = "yes";
    for (const [name, value] of JSON.parse(sessionStorage.getItem(draftKey(form.id)) || "[]")) {
      for (const field of form.elements) {
        if (field.name !== name || !isTyped(field)) continue;
        if (field.type === "radio") field.checked = field.value === value;
        else if (!field.value) field.value = value;
      }
    }
  }

  const forgetDraft = (formId) => sessionStorage.removeItem(draftKey(formId));

  window.loanappFiles = { forgetDraft };
  addEventListener("submit", onSubmit, true);
  addEventListener("input", onInput, true);
  addEventListener("focusin", onFocus);
})();
