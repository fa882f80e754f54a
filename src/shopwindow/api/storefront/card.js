// One item on a shelf: picture, brand, title, price, tags, and how far it moved.

import { el, icon } from "./dom.js";
import { picture } from "./picture.js";

const formats = new Map();

/** "€ 49.90" in the reader's own form; "" where the shop gives no price. */
export function price(item) {
  if (item.price_minor === null || item.price_minor === undefined) return "";
  const currency = item.currency ?? "EUR";
  if (!formats.has(currency)) formats.set(currency, moneyFormat(currency));
  const format = formats.get(currency);
  return format.format(item.price_minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

function moneyFormat(currency) {
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency });
  } catch {
    return new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  }
}

/** A card for `item`. `handlers`: open(item), save(item) | null. The whole card opens; the heart saves. */
export function card(item, handlers) {
  const open = el("button", { class: "card-open", type: "button", on: { click: () => handlers.open(item) } },
    el("span", { class: "card-brand", text: item.brand ?? "" }),
    el("span", { class: "card-title", text: item.title ?? item.item }));
  const frame = el("div", { class: "card-picture" }, picture(item), tags(item), el("span", { class: "badge", hidden: true }));
  const heart = handlers.save && el("button", {
    class: "heart", type: "button", "aria-pressed": "false", "aria-label": `Save ${item.title ?? item.item}`,
    on: { click: () => handlers.save(item) },
  }, icon("heart"));
  const node = el("li", { class: "card", "data-item": item.item }, frame, heart,
    el("div", { class: "card-text" }, open, el("span", { class: "card-price", text: price(item) }), el("span", { class: "card-place" })));
  return node;
}

export function tags(item) {
  const list = el("span", { class: "tags" });
  if (item.new) list.append(el("span", { class: "tag", text: "New in" }));
  if (item.in_stock === false) list.append(el("span", { class: "tag sold", text: "Sold out" }));
  return list;
}

/** Shows a move on the card; "same" and null clear it. Words for screen readers, signs for eyes. */
export function showMove(node, move) {
  const badge = node.querySelector(".badge");
  const kind = move?.kind ?? "same";
  badge.hidden = kind === "same";
  badge.className = `badge ${kind}`;
  const [sign, words] = {
    rose: [`↑${move?.by}`, `up ${move?.by} places`],
    fell: [`↓${move?.by}`, `down ${move?.by} places`],
    entered: ["NEW", "new on this page"],
    same: ["", ""],
  }[kind];
  badge.replaceChildren(el("span", { "aria-hidden": "true", text: sign }), el("span", { class: "unseen", text: words }));
}

export function showSaved(node, saved) {
  node.querySelector(".heart")?.setAttribute("aria-pressed", String(saved));
}
