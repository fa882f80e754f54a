// Who is looking: a customer picked from the shop's own, or a new one whose random id stays in this browser.

import { freshId } from "./api.js";

const KEY = "shopwindow.shopper";

/** { id, isNew }: the one kept in this browser, else someone new. */
export function current() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (kept && typeof kept.id === "string" && kept.id) return kept;
  } catch {
    // An unreadable entry, or storage switched off: be someone new.
  }
  return become(newcomer());
}

export const newcomer = () => ({ id: `guest-${freshId().slice(0, 8)}`, isNew: true });
export const known = (id) => ({ id, isNew: false });

export function become(shopper) {
  keep(KEY, JSON.stringify(shopper));
  return shopper;
}

export function displayName(shopper) {
  return shopper.isNew ? "You, a new customer" : shopper.id;
}

/** One letter or digit for the avatar. */
export function initial(shopper) {
  return [...shopper.id].find((character) => /[\p{L}\p{N}]/u.test(character))?.toUpperCase() ?? "?";
}

/** A colour angle that stays with the id. */
export function hue(text) {
  let hash = 2166136261;
  for (const character of String(text)) hash = Math.imul(hash ^ character.codePointAt(0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d); // ids that differ in the last digit should differ in colour
  return ((hash ^ (hash >>> 12)) >>> 0) % 360;
}

/** localStorage may be switched off; the page works without. */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing is kept; the visit goes on.
  }
}
