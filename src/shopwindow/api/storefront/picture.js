// An item's picture, or one drawn from its title where it has none (or where it does not load).

import { el } from "./dom.js";
import { hue } from "./shopper.js";

const SAFE = /^(https?:\/\/|data:image\/|\/(?!\/))/i;

/** An <img> for `item` ({ item, title, picture }); decorative, since the title stands beside it. */
export function picture(item) {
  const drawn = placeholder(item.title ?? item.item);
  const source = typeof item.picture === "string" && SAFE.test(item.picture) ? item.picture : drawn;
  return el("img", {
    src: source, alt: "", loading: "lazy", decoding: "async", draggable: "false",
    on: { error: (event) => { if (event.target.src !== drawn) event.target.src = drawn; } },
  });
}

/** A quiet composition, the same for the same title: a tinted ground, two shapes, the first letter. */
export function placeholder(title) {
  const angle = hue(title);
  const letter = [...String(title).trim()].find((character) => /[\p{L}\p{N}]/u.test(character)) ?? "·";
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">
    <rect width="200" height="200" fill="hsl(${angle} 28% 90%)"/>
    <circle cx="${60 + (angle % 80)}" cy="78" r="46" fill="hsl(${(angle + 30) % 360} 34% 78%)"/>
    <rect x="${40 + (angle % 50)}" y="96" width="84" height="70" rx="18" fill="hsl(${angle} 30% 68%)" opacity=".8"/>
    <text x="100" y="122" text-anchor="middle" font-family="Georgia, serif" font-size="58" fill="hsl(${angle} 40% 24%)">${letter.toUpperCase()}</text>
  </svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
