// What the page says when something is empty, slow or wrong: plainly, with what to do.

import { byId, el } from "./dom.js";

const REMEDY = {
  unreachable: ["Nobody is answering", "The server cannot be reached. Is it running?", "shopwindow serve --shop DIR"],
  "no-release": ["Nothing to rank with yet", "The server is up, but it holds no release. Build one, then try again.", "shopwindow release build --shop DIR"],
  unknown: ["Not in this shop", "The shop does not know this category or item. It may have been renamed or taken away.", ""],
  refused: ["The question was not accepted", "The server says why below.", ""],
  failed: ["Something went wrong here", "The page could not be made. Trying again is safe.", ""],
};

/** Shows the problem in place of the items; `retry` is offered unless there is nothing to retry. */
export function showProblem(problem, retry) {
  const [title, text, command] = REMEDY[problem.kind] ?? REMEDY.failed;
  const box = byId("problem");
  box.hidden = false;
  box.replaceChildren(
    el("h2", { text: title }), el("p", { text }),
    command && el("pre", {}, el("code", { text: command })),
    problem.detail && el("p", { class: "fine", text: problem.detail }),
    el("div", { class: "problem-actions" },
      el("button", { class: "button primary", type: "button", text: "Try again", on: { click: retry } }),
      problem.kind === "unknown" && el("a", { class: "button", href: "#/", text: "To the home page" })));
}

export function clearProblem() {
  byId("problem").hidden = true;
}

export function showEmpty(name) {
  const box = byId("problem");
  box.hidden = false;
  box.replaceChildren(el("h2", { text: "Nothing here at the moment" }),
    el("p", { text: `${name} has no item that can be shown: all are sold out or hidden.` }),
    el("div", { class: "problem-actions" }, el("a", { class: "button", href: "#/", text: "To the home page" })));
}

/** "two-tower:deadline" -> "two tower (deadline)". */
function inWords(reason) {
  const [part, cause] = String(reason).replaceAll(/[-_]/g, " ").split(":");
  return cause ? `${part.trim()} (${cause.trim()})` : part;
}

/** `reasons`: the server's words for what it went without. */
export function showDegraded(reasons) {
  const box = byId("degraded");
  box.hidden = reasons.length === 0;
  box.textContent = reasons.length === 0 ? "" :
    `This page is simpler than usual. The server went on without: ${reasons.map(inWords).join(", ")}.`;
}

let fading = null;

/** A short word at the foot of the screen. */
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.classList.add("on");
  clearTimeout(fading);
  fading = setTimeout(() => box.classList.remove("on"), 4200);
}
