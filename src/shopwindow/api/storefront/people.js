// Who to be: a customer that the shop knows, or someone new.

import { customers } from "./api.js";
import { el, icon } from "./dom.js";
import { hue, initial, known, newcomer } from "./shopper.js";

const MOST = 12;

/** Opens the dialog; `pick(shopper)` is called at most once. */
export async function choosePerson(dialog, now, pick) {
  const list = el("ul", { class: "people-list" }, el("li", { class: "muted", text: "Asking the shop…" }));
  const choose = (shopper) => { dialog.close(); pick(shopper); };
  dialog.replaceChildren(
    el("div", { class: "people-head" },
      el("h2", { id: "people-title", text: "Who is looking?" }),
      el("button", { class: "round", type: "button", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("close"))),
    el("p", { class: "muted", text: "The same shop looks different to each of them." }),
    personButton(newcomer(), "Start with an empty history", () => choose(newcomer()), "fresh"),
    list);
  dialog.showModal();
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  try {
    const found = await customers(MOST);
    if (found.length === 0) list.replaceChildren(el("li", { class: "muted", text: "This shop has no customers yet." }));
    else list.replaceChildren(...found.map((person) => {
      const shopper = known(person.customer);
      const button = personButton(shopper, steps(person.actions), () => choose(shopper));
      if (person.customer === now.id) button.setAttribute("aria-current", "true");
      return el("li", {}, button);
    }));
  } catch (problem) {
    list.replaceChildren(el("li", { class: "muted", text: `The customers cannot be listed: ${problem.message}` }));
  }
}

function personButton(shopper, note, choose, kind = "") {
  return el("button", { class: `person-row ${kind}`, type: "button", on: { click: choose } },
    avatar(shopper),
    el("span", {}, el("strong", { text: shopper.isNew ? "Someone new" : shopper.id }), el("span", { class: "muted", text: note })));
}

const KEPT = 100; // the server keeps a customer's last 100 steps
const steps = (count) => (count >= KEPT ? `${KEPT} steps or more` : `${count} ${count === 1 ? "step" : "steps"} so far`);

export function avatar(shopper) {
  const node = el("span", { class: "avatar", "aria-hidden": "true", text: shopper.isNew ? "" : initial(shopper) }, shopper.isNew && icon("spark"));
  node.style.setProperty("--hue", String(hue(shopper.id)));
  return node;
}
