// The item at hand: picture, what is listed of it, what can be done with it, and what is like it.

import { card, price, tags } from "./card.js";
import { el, icon, isNarrow, prefersStill } from "./dom.js";
import { picture } from "./picture.js";
import { pretty } from "./rail.js";

const ACTIONS = [
  { name: "cart", label: "Add to cart", done: "In your cart", kind: "primary" },
  { name: "purchase", label: "Buy now", done: "Bought", kind: "" },
  { name: "wishlist", label: "Save", done: "Saved", kind: "quiet" },
  { name: "hide", label: "Not for me", done: "Hidden", kind: "quiet" },
];

export class Drawer {
  #back = null; // where the focus returns to

  /** `handlers`: act(action, item), open(item) for a similar item, closed(). */
  constructor(root, handlers) {
    this.root = root;
    this.handlers = handlers;
    this.item = null;
    addEventListener("keydown", (event) => event.key === "Escape" && this.isOpen && !document.querySelector("dialog[open]") && this.close());
    root.addEventListener("keydown", (event) => this.#keepFocus(event));
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /** On a narrow screen the drawer covers the page. */
  get covers() {
    return this.isOpen && isNarrow();
  }

  open(item, held) {
    if (!this.isOpen) this.#back = document.activeElement;
    this.item = item;
    this.similar = el("ol", { class: "similar-row", "aria-busy": "true" },
      ...Array.from({ length: 4 }, () => el("li", { class: "card skeleton", "aria-hidden": "true" }, el("div", { class: "card-picture" }), el("div", { class: "line" }))));
    this.note = el("p", { class: "drawer-note", role: "status" });
    this.root.replaceChildren(this.#head(), this.#body(item));
    this.setHeld(held);
    const wasHidden = this.root.hidden;
    this.root.hidden = false;
    this.root.toggleAttribute("aria-modal", isNarrow());
    document.body.classList.add("with-drawer");
    this.root.scrollTop = 0;
    this.root.querySelector(".drawer-close").focus({ preventScroll: true });
    if (wasHidden && !prefersStill()) {
      const from = isNarrow() ? "translateY(40px)" : "translateX(40px)";
      this.root.animate([{ opacity: 0, transform: from }, { opacity: 1, transform: "none" }], { duration: 260, easing: "cubic-bezier(.2,.8,.2,1)" });
    }
  }

  close() {
    if (!this.isOpen) return;
    this.root.hidden = true;
    this.item = null;
    document.body.classList.remove("with-drawer");
    if (this.#back?.isConnected) this.#back.focus({ preventScroll: true });
    this.handlers.closed();
  }

  /** `held`: { saved, cart, bought } sets of item ids; the buttons say what is so. */
  setHeld(held) {
    if (this.item === null) return;
    const so = { cart: held.cart, wishlist: held.saved, purchase: held.bought, hide: held.hidden };
    for (const { name, label, done } of ACTIONS) {
      const button = this.root.querySelector(`[data-action="${name}"]`);
      const is = so[name]?.has(this.item.item) ?? false;
      button.classList.toggle("is-done", is);
      button.querySelector(".button-label").textContent = is ? done : label;
      if (name === "wishlist") button.setAttribute("aria-pressed", String(is));
    }
  }

  say(text) {
    if (this.note) this.note.textContent = text;
  }

  /** Fills the row of similar items; [id, element] pairs come back for the impressions. */
  showSimilar(items) {
    const cards = items.map((item) => [item.item, card(item, { open: this.handlers.open, save: null })]);
    this.similar.removeAttribute("aria-busy");
    this.similar.replaceChildren(...cards.map(([, node]) => node));
    if (cards.length === 0) this.similar.replaceChildren(el("li", { class: "muted", text: "Nothing similar is in stock." }));
    return cards;
  }

  #head() {
    return el("div", { class: "drawer-head" },
      el("button", { class: "round drawer-close", type: "button", "aria-label": "Close", on: { click: () => this.close() } }, icon("close")));
  }

  #body(item) {
    const listed = [["Category", item.trail?.join(" › ") || item.category],
      ...Object.entries(item.attributes ?? {}).filter(([, value]) => value !== null && value !== "").map(([name, value]) => [pretty(name), String(value)])]
      .filter(([, value]) => value);
    return el("div", { class: "drawer-body" },
      el("div", { class: "drawer-picture" }, picture(item), tags(item)),
      el("div", { class: "drawer-text" },
        el("p", { class: "card-brand", text: item.brand ?? "" }),
        el("h2", { id: "drawer-title", text: item.title ?? item.item }),
        el("p", { class: "drawer-price", text: price(item) }),
        el("div", { class: "actions" }, ...ACTIONS.map((action) => this.#button(action, item))),
        this.note,
        el("dl", { class: "listed" }, ...listed.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: value })])),
        el("p", { class: "fine", text: provenance(item) })),
      el("div", { class: "similar" }, el("h3", { text: "Similar items" }), this.similar));
  }

  #button({ name, label, kind }, item) {
    return el("button", { class: `button ${kind}`, type: "button", "data-action": name, on: { click: () => this.handlers.act(name, item) } },
      icon(name), el("span", { class: "button-label", text: label }));
  }

  #keepFocus(event) {
    if (event.key !== "Tab" || !this.covers) return;
    const stops = [...this.root.querySelectorAll("button, a[href]")].filter((node) => node.offsetParent !== null);
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }
}

/** Where the item came from, as the server told it. */
function provenance(item) {
  const parts = [];
  if (Number.isInteger(item.position)) parts.push(`Place ${item.position + 1} on the page`);
  if (item.sources?.length) parts.push(`proposed by ${item.sources.join(", ")}`);
  if (typeof item.score === "number") parts.push(`score ${item.score.toFixed(3)}`);
  return parts.join(" · ");
}
