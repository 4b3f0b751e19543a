// What a browser with script adds to pages that work without: equations light up, uploads show how far they are, lists
// keep themselves up to date. Nothing here makes markup out of texts.
"use strict";
(function () {
  const say = (text) => { const status = document.getElementById("status"); if (status) status.textContent = text; };

  // Equations: a click on one lights up its figures and brings the first into view.
  const unlight = () => {
    for (const each of document.querySelectorAll(".fig.lit")) each.classList.remove("lit");
    for (const each of document.querySelectorAll(".finding.current")) each.classList.remove("current");
  };
  const light = (finding, first) => {
    unlight();
    finding.classList.add("current");
    let target = first && document.getElementById(first);
    for (const id of (finding.dataset.facts || "").split(" ").filter(Boolean)) {
      const figure = document.getElementById(id);
      if (!figure) continue;
      figure.classList.add("lit");
      target = target || figure;
    }
    if (target) {
      const sheet = target.closest(".sheet");
      target.scrollIntoView({ block: "center", inline: sheet ? "center" : "nearest" });
    }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const finding = event.target.closest(".finding");
    if (link && finding) {
      event.preventDefault();
      light(finding, link.dataset.fact || link.hash.slice(1));
      history.replaceState(null, "", link.hash);
      return;
    }
    if (finding && event.target.closest(".equation, h3")) { light(finding); return; }
    if (link && link.classList.contains("flag")) {
      const named = document.getElementById(link.hash.slice(1));
      if (named) { event.preventDefault(); light(named); named.scrollIntoView({ block: "nearest" }); named.focus?.(); history.replaceState(null, "", link.hash); }
    }
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") unlight(); });

  // Uploads: one request per file, its progress beside its name.
  const drop = document.querySelector("form.drop");
  if (drop) {
    const queue = document.querySelector(".queue");
    const picker = drop.querySelector("input[type=file]");
    const send = (file) => new Promise((done) => {
      const item = document.createElement("li");
      const name = document.createElement("span"); name.textContent = file.name;
      const bar = document.createElement("progress"); bar.max = 100; bar.value = 0; bar.setAttribute("aria-label", file.name);
      const state = document.createElement("span"); state.textContent = drop.dataset.sending;
      item.append(name, bar, state); queue.append(item);
      const request = new XMLHttpRequest();
      const inbox = drop.querySelector("[name=inbox]").value;
      request.open("POST", "/api/v1/upload?inbox=" + encodeURIComponent(inbox) + "&name=" + encodeURIComponent(file.name) + "&lang=" + document.documentElement.lang.slice(0, 2));
      request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = Math.floor(event.loaded * 100 / event.total); };
      const end = (text) => { state.textContent = text; say(file.name + " " + text); done(); };
      request.onload = () => {
        if (request.status === 201) { bar.value = 100; end(drop.dataset.sent); return; }
        let why = drop.dataset.failed;
        try { const problem = JSON.parse(request.responseText); why += " · " + (problem.detail || problem.title); } catch { /* no words came */ }
        item.classList.add("failed"); end(why);
      };
      request.onerror = () => { item.classList.add("failed"); end(drop.dataset.failed); };
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.send(file);
    });
    const sendAll = async (files) => { for (const file of files) await send(file); };
    drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => { event.preventDefault(); drop.classList.remove("over"); sendAll([...event.dataTransfer.files]); });
    drop.addEventListener("submit", (event) => {
      if (!picker.files.length) return;
      event.preventDefault();
      sendAll([...picker.files]).then(() => { picker.value = ""; });
    });
  }

  // An explanation needs a reason: said beside the field, before anything is sent.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("form.decide button");
    if (!button) return;
    const note = button.form.elements.note;
    note.setCustomValidity(button.dataset.need && !note.value.trim() ? button.dataset.need : "");
  });
  document.addEventListener("input", (event) => { if (event.target.name === "note") event.target.setCustomValidity(""); });

  // Lists: when something was answered for, the page is fetched again and its live parts are put in place. A part in which
  // somebody types, has opened something, stands or selects stays as it is; then a note says that there is newer content.
  const live = () => document.querySelectorAll("[data-live]");
  if (live().length && window.EventSource) {
    let waiting = null, missed = false;
    const newer = document.getElementById("newer");
    const shown = new WeakMap(), opened = new WeakMap();
    const note = (part) => {
      shown.set(part, part.innerHTML);
      for (const each of part.querySelectorAll("details")) opened.set(each, each.open);
    };
    live().forEach(note);
    const typed = (field) => {
      if (field.type === "hidden" || field.type === "submit" || field.tagName === "BUTTON") return false;
      if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
      if (field.tagName === "SELECT") return field.value !== (field.querySelector("option[selected]") || field.options[0] || field).value;
      return field.value !== field.defaultValue;
    };
    const inUse = (part) => {
      if (part.contains(document.activeElement)) return true;
      const selection = window.getSelection();
      if (selection && !selection.isCollapsed && selection.containsNode(part, true)) return true;
      return [...part.querySelectorAll("input, textarea, select")].some(typed) || [...part.querySelectorAll("details")].some((each) => each.open !== opened.get(each));
    };
    const renew = async () => {
      waiting = null;
      if (document.hidden) { missed = true; return; }
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (!answer.ok) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        missed = false;
        for (const part of live()) {
          const other = fresh.getElementById(part.id);
          if (!other || other.innerHTML === shown.get(part)) continue;
          if (inUse(part)) { missed = true; continue; }
          part.replaceChildren(...other.childNodes);
          note(part);
          say(document.body.dataset.updated); setTimeout(() => say(""), 2500);
        }
        newer.hidden = !missed;
      } catch { /* the stream says when it is there again */ }
    };
    const later = () => { if (!waiting) waiting = setTimeout(renew, 700); };
    const again = () => { if (missed && ![...live()].some(inUse)) later(); };
    document.addEventListener("visibilitychange", again);
    document.addEventListener("focusout", again);
    document.addEventListener("selectionchange", again);
    newer.querySelector("button").addEventListener("click", () => location.reload());
    const stream = new EventSource("/events");
    stream.addEventListener("change", later);
    stream.addEventListener("open", () => { if (document.getElementById("status").textContent === document.body.dataset.lost) { say(""); later(); } });
    stream.addEventListener("error", () => { if (stream.readyState !== EventSource.OPEN) say(document.body.dataset.lost); });
    window.addEventListener("pagehide", () => stream.close());
  }
})();
