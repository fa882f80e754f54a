// The category tree: a rail on wide screens, breadcrumbs and chips everywhere.

import { el } from "./dom.js";

export const linkTo = (path) => (path ? `#/c/${encodeURIComponent(path)}` : "#/");

/** The path that the address names: "" = home. */
export function pathInAddress(hash) {
  const match = /^#\/c\/(.+)$/.exec(hash);
  if (!match) return "";
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return match[1];
  }
}

/** Nodes with parent and children, from the server's flat list in depth-first order. The whole shop itself is left out. */
export function treeOf(categories) {
  const nodes = new Map();
  const open = [];
  for (const { path, name, depth, count } of categories) {
    if (!path) continue;
    while (open.length > 0 && open.at(-1).depth >= depth) open.pop();
    const node = { path, name: pretty(name ?? path), depth, count, parent: open.at(-1) ?? null, children: [] };
    node.parent?.children.push(node);
    nodes.set(path, node);
    open.push(node);
  }
  return { nodes, roots: [...nodes.values()].filter((node) => node.parent === null) };
}

/** "evening-bags" -> "Evening bags". */
export function pretty(name) {
  const words = String(name).replaceAll(/[-_]/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function lineage(node) {
  const line = [];
  for (let at = node; at; at = at.parent) line.unshift(at);
  return line;
}

export function drawRail(rail, tree, path, total) {
  const here = new Set(lineage(tree.nodes.get(path)).map((node) => node.path));
  rail.replaceChildren(el("ul", {}, branch({ path: "", name: "Everything", count: total, children: [] }, path, here),
    ...tree.roots.map((node) => branch(node, path, here))));
}

function branch(node, path, here) {
  const link = el("a", { href: linkTo(node.path), "aria-current": node.path === path ? "page" : null, class: here.has(node.path) ? "open" : null },
    el("span", { text: node.name }), el("span", { class: "number", text: node.count?.toLocaleString() ?? "" }));
  const open = here.has(node.path) && node.children.length > 0;
  return el("li", {}, link, open && el("ul", {}, ...node.children.map((child) => branch(child, path, here))));
}

export function drawCrumbs(crumbs, tree, path) {
  const line = lineage(tree.nodes.get(path));
  crumbs.replaceChildren(...(path ? [el("a", { href: linkTo(""), text: "Everything" })] : []),
    ...line.slice(0, -1).map((node) => el("a", { href: linkTo(node.path), text: node.name })));
}

/** Children of the node (its sisters where it is a leaf), for narrow screens without the rail. */
export function drawChips(chips, tree, path) {
  const node = tree.nodes.get(path);
  const near = !node ? tree.roots : node.children.length > 0 ? node.children : (node.parent?.children ?? tree.roots);
  chips.replaceChildren(...near.map((each) => el("a", { href: linkTo(each.path), text: each.name, "aria-current": each.path === path ? "page" : null })));
}
