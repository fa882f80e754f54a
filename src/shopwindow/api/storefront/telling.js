// The line that says why the page moved, and the ticket that says which page this is.

import { byId, el, icon } from "./dom.js";

/** `line`: { lead, title, tail, compare } or null for none; `count`: how many rose, fell, came in, left. */
export function drawWhy(line, count = null) {
  const box = byId("why");
  box.classList.toggle("on", line !== null);
  if (line === null) {
    box.replaceChildren();
    return;
  }
  const sums = count === null ? [] : [["rose", "↑", "rose"], ["fell", "↓", "fell"], ["entered", "+", "new"], ["left", "−", "left"]]
    .filter(([name]) => count[name] > 0)
    .map(([name, sign, word]) => el("span", { class: `sum ${name}` }, el("b", { text: `${sign} ${count[name]}` }), ` ${word}`));
  box.replaceChildren(
    el("span", { class: "why-icon" }, icon("spark")),
    el("p", { class: "why-text" }, `${line.lead} `, el("strong", { text: line.title }), line.tail,
      line.compare && el("span", { class: "why-rest", text: ` ${line.compare}` })),
    el("p", { class: "sums" }, ...sums));
}

export const sayPerson = (person) => ({ lead: "This is the page for", title: person, tail: ", compared with the one before.", compare: "" });

/** Request, release and time of the page on show; ids are shortened, whole in the title. */
export function drawTicket(page, count) {
  byId("ticket").replaceChildren(
    el("span", { class: "pulse", "aria-hidden": "true" }),
    field("ranked in", `${Math.max(1, Math.round(page.round_trip_ms))} ms`, "Measured here: there and back"),
    field("items", String(count)),
    field("release", short(page.release), page.release),
    field("request", short(page.request_id), page.request_id),
    field("log", `#${page.log_offset ?? 0}`, "The page has seen every event up to this one"));
}

function field(name, value, title = null) {
  return el("span", { class: "ticket-field", title }, el("span", { class: "ticket-name", text: name }), el("span", { class: "ticket-value", text: value }));
}

const short = (id) => String(id ?? "none").slice(0, 8);
