/* Help for writing a condition: names are offered while typing, and a moment after the last key the hub says what is
 * wrong with the condition, or for which cases it holds now. Without this script the form works as well.
 */
(function () {
  "use strict";

  const PATIENCE = 500;
  const MOST_OFFERED = 8;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* The letters of a name before the cursor, unless the cursor stands inside a text in quotes. */
  function wordAt(field) {
    const before = field.value.slice(0, field.selectionStart);
    const outside = before.replace(/'[^']*'|"[^"]*"/g, "");
    if (/['"]/.test(outside)) return "";
    const found = /[A-Za-z_]\w*$/.exec(before);
    return found ? found[0] : "";
  }

  function setUp(field) {
    const names = JSON.parse(field.dataset.names);
    const offers = element("ul", "cw-offers");
    offers.id = field.id + "-offers";
    offers.hidden = true;
    offers.setAttribute("role", "listbox");
    const verdict = element("div", "cw-verdict");
    verdict.setAttribute("role", "status");
    field.after(offers, verdict);
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", offers.id);
    let shown = [];
    let chosen = 0;
    let timer;
    let asked = 0;

    function offer() {
      const word = wordAt(field);
      shown = word === "" ? [] : names.filter((entry) => entry.name.toLowerCase().startsWith(word.toLowerCase()));
      if (shown.length === 1 && shown[0].name === word) shown = [];
      shown = shown.slice(0, MOST_OFFERED);
      chosen = 0;
      draw();
    }

    function draw() {
      offers.replaceChildren(...shown.map((entry, index) => {
        const item = element("li", index === chosen ? "cw-offer cw-chosen" : "cw-offer");
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(index === chosen));
        item.append(element("b", "", entry.name), element("span", "cw-type", entry.type), element("span", "", entry.says));
        item.addEventListener("mousedown", (event) => { event.preventDefault(); take(index); });
        return item;
      }));
      offers.hidden = shown.length === 0;
      field.setAttribute("aria-expanded", String(shown.length > 0));
    }

    function take(index) {
      const start = field.selectionStart - wordAt(field).length;
      field.setRangeText(shown[index].name, start, field.selectionStart, "end");
      shown = [];
      draw();
      later();
    }

    function onKey(event) {
      if (shown.length === 0) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        chosen = (chosen + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length;
        draw();
      } else if (event.key === "Tab" || event.key === "Enter") {
        take(chosen);
      } else if (event.key === "Escape") {
        shown = [];
        draw();
      } else {
        return;
      }
      event.preventDefault();
    }

    function later() {
      clearTimeout(timer);
      timer = setTimeout(check, PATIENCE);
    }

    async function check() {
      const mine = ++asked;
      if (field.value.trim() === "") return say("", []);
      const form = new FormData(field.form);
      const sent = new URLSearchParams();
      for (const name of ["csrfmiddlewaretoken", "condition", "window"]) sent.append(name, form.get(name) || "");
      for (const name of ["triggers", "cluster"]) form.getAll(name).forEach((value) => sent.append(name, value));
      let answer;
      try {
        const response = await fetch(field.dataset.check, { method: "POST", body: sent, credentials: "same-origin" });
        answer = await response.json();
      } catch (fault) {
        answer = { problem: "could not be checked now; it is checked when it is kept" };
      }
      if (mine === asked) tell(answer);
    }

    function tell(answer) {
      const place = /^line (.*)/.exec(answer.problem);
      if (answer.problem) return say(place ? "Line " + place[1] : "The condition " + answer.problem + ".", [], true);
      const faults = answer.faults ? " For " + answer.faults + " it could not be told." : "";
      say("Holds now for " + answer.count + " of the newest " + answer.looked_at + " cases." + faults, answer.cases);
    }

    function say(sentence, cases, isWrong) {
      verdict.classList.toggle("cw-wrong", Boolean(isWrong));
      const links = cases.map((entry) => {
        const link = element("a", "text-link cw-id", entry.id);
        link.href = entry.url;
        link.target = "_blank";
        link.rel = "noopener";
        return link;
      });
      verdict.replaceChildren(element("p", "", sentence), ...links);
    }

    field.addEventListener("input", () => { offer(); later(); });
    field.addEventListener("keydown", onKey);
    field.addEventListener("blur", () => { shown = []; draw(); });
    field.form.addEventListener("change", (event) => { if (event.target !== field) later(); });
    if (field.value.trim() !== "") check();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("textarea[data-check]").forEach(setUp);
  });
})();
