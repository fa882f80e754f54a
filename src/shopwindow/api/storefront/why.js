// One honest line on a move: counted from what the items that rose have in common with the item acted on, nothing else.

import { movement } from "./movement.js";

// What stands before and after the item's name.
const DID = {
  click: ["You looked at", ""], wishlist: ["You saved", ""], cart: ["You put", " in your cart"], purchase: ["You bought", ""],
  hide: ["You hid", ""], remove: ["You took back", ""], return: ["You returned", ""],
};
const MOST_FACTS = 3;
const LEAST_LIFT = 0.1; // by which the share among the risen must exceed that among the rest: less is chance
const WORD = /^\p{L}{3}[\p{L} -]*$/u; // "green" speaks for itself; "42" or "XL" needs the attribute's name

/**
 * { lead, title, tail, compare } for `action` on `item`, from the page before and after (arrays of items with details).
 *
 * A trait is told only if it is clearly commoner among the items that rose or joined than among the rest of the page;
 * `compare` gives the count among the rest, so that anyone can judge.
 */
export function why(action, item, before, after) {
  const moves = movement(before.map((each) => each.item), after.map((each) => each.item), item.item);
  const others = after.filter((each) => each.item !== item.item);
  const up = others.filter((each) => ["rose", "entered"].includes(moves.get(each.item).kind));
  const rest = others.filter((each) => !up.includes(each));
  const gone = before.some((each) => each.item === item.item) && others.length === after.length;
  const [lead, end] = DID[action] ?? [`${action}:`, ""];
  const title = nameOf(item);
  const left = gone ? " It left this page." : "";
  if (up.length === 0) return { lead, title, tail: `${end}.${left} Nothing else on this page moved.`, compare: "" };

  const joined = up.filter((each) => moves.get(each.item).kind === "entered").length;
  const group = nameGroup(up.length, joined);
  const facts = shared(item, up, rest).slice(0, MOST_FACTS);
  if (facts.length === 0) {
    return { lead, title, tail: `${end}.${left} ${group.replace(" that", "")}; nothing listed ties ${up.length === 1 ? "it" : "them"} to this item.`, compare: "" };
  }
  const told = facts.map((fact, place) => `${fact.here} ${fact.phrase(fact.here, place === 0)}`).join(", ");
  const compare = rest.length === 0 ? "" :
    `Among the other ${rest.length}: ${facts.map((fact) => `${fact.there} ${fact.short}`).join(", ")}.`;
  return { lead, title, tail: `${end}${left ? `.${left} Of` : ": of"} the ${group}, ${told}.`, compare };
}

function nameGroup(count, joined) {
  const items = count === 1 ? "1 item that" : `${count} items that`;
  if (joined === 0) return `${items} rose`;
  return joined === count ? `${items} joined the page` : `${items} rose or joined the page`;
}

/** Title, with the brand before it unless the title says it. */
export function nameOf(item) {
  const title = item.title ?? item.item;
  return item.brand && !title.toLowerCase().includes(item.brand.toLowerCase()) ? `${item.brand} ${title}` : title;
}

/** Traits of `item` that lift, the largest difference in share first; of three or more items one is no pattern. */
function shared(item, up, rest) {
  const found = [];
  for (const trait of traits(item)) {
    const here = up.filter((each) => has(each, trait)).length;
    const there = rest.filter((each) => has(each, trait)).length;
    const lift = here / up.length - (rest.length ? there / rest.length : 0);
    if (here >= Math.min(2, up.length) && lift >= LEAST_LIFT) found.push({ ...trait, here, there, lift });
  }
  return found.sort((a, b) => b.lift - a.lift);
}

/** What is listed of an item: leaf category, brand, attributes; each with words for it. */
export function traits(item) {
  const found = [];
  if (item.category) {
    const leaf = item.leaf ?? item.category;
    found.push({ name: "category", value: item.category, short: `in ${leaf}`, phrase: (n, first) => (first ? (n === 1 ? `is in ${leaf}` : `are in ${leaf}`) : `in ${leaf}`) });
  }
  if (item.brand) {
    found.push({ name: "brand", value: item.brand, short: `by ${item.brand}`, phrase: (n, first) => (first ? (n === 1 ? `is by ${item.brand}` : `are by ${item.brand}`) : `by ${item.brand}`) });
  }
  for (const [name, value] of Object.entries(item.attributes ?? {})) {
    if (value === null || value === "" || typeof value === "object") continue;
    const words = WORD.test(value) ? String(value).toLowerCase() : `${name.replaceAll("_", " ")} ${value}`;
    found.push({ name: `attribute ${name}`, value: String(value), short: words, phrase: (n, first) => (first ? (n === 1 ? `is ${words}` : `are ${words}`) : words) });
  }
  return found;
}

function has(item, trait) {
  return traits(item).some((other) => other.name === trait.name && other.value === trait.value);
}
