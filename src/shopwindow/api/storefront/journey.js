// The customer's recent steps, newest first, and what follows from them (saved, in the cart).

import { el, icon } from "./dom.js";
import { picture } from "./picture.js";

const WORDS = { click: "looked at", wishlist: "saved", cart: "put in cart", purchase: "bought", hide: "hid", remove: "took back", return: "returned" };
const MOST = 24;

/** Draws `steps` ([{ item, action, at_ms, title, picture }], newest first); a click opens the item. */
export function drawJourney(list, steps, open) {
  if (steps.length === 0) {
    list.replaceChildren(el("li", { class: "no-steps", text: "None yet. Open any item: the page learns from it at once." }));
    return;
  }
  list.replaceChildren(...steps.slice(0, MOST).map((step) => {
    const words = WORDS[step.action] ?? step.action;
    const label = `${words} ${step.title ?? step.item}`;
    return el("li", { class: `step ${step.action}` },
      el("button", { type: "button", title: `${label}, ${ago(step.at_ms)}`, "aria-label": label, on: { click: () => open(step) } },
        picture(step), el("span", { class: "step-sign" }, icon(step.action))));
  }));
}

/** Items saved and not taken back, from steps newest first. */
export function savedItems(steps) {
  return standing(steps, "wishlist");
}

/** Items in the cart: put there and neither taken back nor bought since. */
export function cartItems(steps) {
  return standing(steps, "cart", ["remove", "purchase"]);
}

function standing(steps, into, outOf = ["remove"]) {
  const held = new Set();
  for (const { item, action } of [...steps].reverse()) {
    if (action === into) held.add(item);
    else if (outOf.includes(action)) held.delete(item);
  }
  return held;
}

function ago(at) {
  if (!at) return "some time ago";
  const minutes = Math.round((Date.now() - at) / 60000);
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  if (Math.abs(minutes) < 60) return words.format(-minutes, "minute");
  if (Math.abs(minutes) < 48 * 60) return words.format(-Math.round(minutes / 60), "hour");
  return words.format(-Math.round(minutes / 1440), "day");
}
