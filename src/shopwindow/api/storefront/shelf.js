// A list of cards that keeps its elements by item, so that an item moves instead of being drawn again.

import { card, showMove, showSaved } from "./card.js";
import { el, prefersStill } from "./dom.js";

const GLIDE_MS = 620;
const STEP_MS = 14; // each later card starts this much later, so that the eye can follow
const EASE = "cubic-bezier(.22,.8,.2,1)";

export class Shelf {
  #cards = new Map();

  /** `list`: the <ol>. `handlers`: see card(). */
  constructor(list, handlers) {
    this.list = list;
    this.handlers = handlers;
  }

  /** Grey cards while the page is on its way. */
  wait(count) {
    this.#cards.clear();
    this.list.setAttribute("aria-busy", "true");
    this.list.replaceChildren(...Array.from({ length: count }, () =>
      el("li", { class: "card skeleton", "aria-hidden": "true" }, el("div", { class: "card-picture" }), el("div", { class: "line" }), el("div", { class: "line short" }))));
  }

  /** Shows `items` in this order; with `moves` (item id -> move) the cards glide from where they were. */
  show(items, { moves = null, saved = new Set() } = {}) {
    const first = moves === null ? new Map() : this.#boxes();
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const kept = new Map(items.map((item) => [item.item, this.#cards.get(item.item) ?? card(item, this.handlers)]));
    const leaving = [...this.#cards].filter(([id]) => !kept.has(id));
    if (moves !== null) leaving.forEach(([id, node]) => fadeAway(node, first.get(id)));
    this.#cards = kept;
    this.list.removeAttribute("aria-busy");
    this.list.replaceChildren(...kept.values());
    for (const [id, node] of kept) {
      showMove(node, moves?.get(id));
      showSaved(node, saved.has(id));
    }
    if (focused?.isConnected) focused.focus({ preventScroll: true });
    if (moves !== null) this.#glide(first, moves);
  }

  /** Writes a small note under each card: `note(id, place)` or "". */
  annotate(note) {
    [...this.#cards].forEach(([id, node], place) => { node.querySelector(".card-place").textContent = note(id, place); });
  }

  mark(saved) {
    for (const [id, node] of this.#cards) showSaved(node, saved.has(id));
  }

  nodes() {
    return [...this.#cards.entries()];
  }

  #boxes() {
    return new Map([...this.#cards].map(([id, node]) => [id, node.getBoundingClientRect()]));
  }

  #glide(first, moves) {
    if (prefersStill()) return;
    let late = 0;
    for (const [id, node] of this.#cards) {
      const last = node.getBoundingClientRect();
      const from = first.get(id);
      const timing = { duration: GLIDE_MS, easing: EASE, delay: Math.min(late++ * STEP_MS, 240), fill: "backwards" };
      if (from === undefined) {
        node.animate([{ opacity: 0, transform: "translateY(18px) scale(.96)" }, { opacity: 1, transform: "none" }], timing);
        continue;
      }
      const [x, y] = [from.left - last.left, from.top - last.top];
      if (x === 0 && y === 0) continue;
      const up = moves.get(id)?.kind === "rose";
      node.classList.toggle("lifted", up);
      const glide = node.animate([
        { transform: `translate(${x}px, ${y}px)` },
        { transform: `translate(${x * 0.45}px, ${y * 0.45}px) scale(${up ? 1.04 : 0.985})`, offset: 0.4 },
        { transform: "none" },
      ], timing);
      glide.onfinish = glide.oncancel = () => node.classList.remove("lifted");
    }
  }
}

/** Leaves a picture of the card where it was, for a moment. */
function fadeAway(node, box) {
  if (prefersStill() || box === undefined || box.bottom < 0 || box.top > innerHeight) return;
  const ghost = node.cloneNode(true);
  ghost.classList.add("ghost");
  ghost.setAttribute("aria-hidden", "true");
  ghost.inert = true;
  Object.assign(ghost.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
  document.body.append(ghost);
  ghost.animate([{ opacity: 1, transform: "none" }, { opacity: 0, transform: "scale(.9)" }], { duration: 320, easing: "ease-in" })
    .onfinish = () => ghost.remove();
}
