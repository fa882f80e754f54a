// The visit: who looks, at which page, what they do, and the page moving because of it.

import { Problem, categories, item as itemById, journey, post, rank, ready } from "./api.js";
import { byId, el, icon } from "./dom.js";
import { Drawer } from "./drawer.js";
import { Impressions } from "./impressions.js";
import { cartItems, drawJourney, savedItems } from "./journey.js";
import { movement, tally } from "./movement.js";
import { clearProblem, showDegraded, showEmpty, showProblem, toast } from "./notice.js";
import { avatar, choosePerson } from "./people.js";
import { drawChips, drawCrumbs, drawRail, lineage, pathInAddress, treeOf } from "./rail.js";
import { Shelf } from "./shelf.js";
import { become, current, displayName, keep } from "./shopper.js";
import { drawTicket, drawWhy, sayPerson } from "./telling.js";
import { why } from "./why.js";

const PAGE = 24;
const MOST = 96;

const visit = {
  shop: "shopwindow",
  shopper: current(), tree: treeOf([]), total: null, path: pathInAddress(location.hash), k: PAGE,
  items: [], popular: null, steps: [], compare: localStorageSays("shopwindow.compare"),
  waiting: null, // a page that is shown once the drawer no longer covers the screen
  turn: 0, // answers to an older question are dropped
};

const impressions = new Impressions();
const own = new Shelf(byId("own"), { open: (item) => open(now(item, visit.items)), save: (item) => save(now(item, visit.items)) });
const popular = new Shelf(byId("popular"), { open: (item) => open(now(item, visit.popular ?? [])), save: (item) => save(now(item, visit.popular ?? [])) });
const drawer = new Drawer(byId("drawer"), { act, open, closed: () => visit.waiting && settle(visit.waiting) });

/** The item as the page now has it: a card outlives the page that first drew it. */
const now = (item, items) => items.find((each) => each.item === item.item) ?? item;
const ids = (items) => items.map((item) => item.item);

// --- loading -----------------------------------------------------------------------------------------------

async function start() {
  clearProblem();
  drawPerson();
  own.wait(10);
  try {
    const { shop, items } = await ready();
    visit.shop = shop;
    visit.total = items; // not the sum of the categories: an item may stand in several
    byId("shop-name").textContent = shop;
    visit.tree = treeOf(await categories());
    await loadSteps();
  } catch (problem) {
    own.show([]);
    showProblem(asProblem(problem), start);
    return;
  }
  await goTo(visit.path);
}

async function loadSteps() {
  visit.steps = await journey(visit.shopper.id);
  drawSteps();
}

/** Another category, or home: a fresh page, nothing to compare with. */
async function goTo(path) {
  drawer.close();
  Object.assign(visit, { path, k: PAGE, items: [], popular: null, waiting: null });
  drawPlace();
  drawWhy(null);
  own.wait(10);
  if (path && !visit.tree.nodes.has(path)) {
    own.show([]);
    showProblem(new Problem("unknown", "No such category.", path), start);
    return;
  }
  await refresh(null);
}

const question = (extra = {}) => ({
  surface: visit.path ? "browse" : "home", category: visit.path || undefined, customer: visit.shopper.id, k: visit.k, ...extra,
});

/** Asks for the page anew. `cause`: null, or { action, item } | { person }: what to tell about the move. */
async function refresh(cause) {
  const turn = ++visit.turn;
  try {
    const wantsPopular = visit.compare && (visit.popular === null || cause?.action === "hide");
    const [page, plain] = await Promise.all([rank(question()), wantsPopular ? rank(question({ variant: "popular" })) : null]);
    if (turn !== visit.turn) return;
    clearProblem();
    if (plain) showPopular(plain);
    const next = { page, items: placed(page), cause };
    drawer.covers ? (visit.waiting = next, drawer.say(foretell(next))) : settle(next);
  } catch (problem) {
    if (turn !== visit.turn) return;
    if (cause?.action) toast(`The page could not be ranked anew: ${asProblem(problem).message}`);
    else {
      own.show([]);
      showProblem(asProblem(problem), () => (visit.tree.nodes.size ? refresh(cause) : start()));
    }
  }
}

const placed = (page) => page.items.map((item, position) => described({ ...item, position, page_id: page.request_id, surface: page.surface }));

/** With the names of its category and of those above it; the page knows the tree, the item only its path. */
function described(item) {
  const trail = lineage(visit.tree.nodes.get(item.category)).map((node) => node.name);
  return { ...item, trail, leaf: trail.at(-1)?.toLowerCase() };
}
const asProblem = (problem) => (problem instanceof Problem ? problem : new Problem("failed", "The page has a fault.", String(problem)));

// --- showing -----------------------------------------------------------------------------------------------

/** Shows a page in place of the one before; with a cause, the cards glide and one line says why. */
function settle({ page, items, cause }) {
  visit.waiting = null;
  const before = visit.items;
  visit.items = items;
  const acted = cause?.item?.item ?? null;
  const moves = cause && before.length > 0 ? movement(ids(before), ids(items), acted) : null;
  own.show(items, { moves, saved: savedItems(visit.steps) });
  impressions.watch("own", visit.shopper.id, page.request_id, page.surface, own.nodes());
  if (cause?.action) drawWhy(why(cause.action, cause.item, before, items), tally(ids(before), ids(items), acted));
  else if (cause?.person && before.length > 0) drawWhy(sayPerson(cause.person), tally(ids(before), ids(items)));
  if (items.length === 0) showEmpty(placeName());
  byId("more").hidden = items.length < visit.k || visit.k >= MOST;
  showDegraded(page.degraded ?? []);
  drawTicket(page, visit.items.length);
  drawComparison();
}

function showPopular(page) {
  visit.popular = placed(page);
  popular.show(visit.popular, { saved: savedItems(visit.steps) });
  impressions.watch("popular", visit.shopper.id, page.request_id, page.surface, popular.nodes());
}

function drawComparison() {
  document.body.classList.toggle("comparing", visit.compare);
  byId("compare").setAttribute("aria-pressed", String(visit.compare));
  byId("popular-pane").hidden = !visit.compare;
  byId("own-note").textContent = "";
  if (!visit.compare || visit.popular === null) {
    own.annotate(() => "");
    return;
  }
  const mine = new Map(ids(visit.items).map((id, place) => [id, place]));
  const plain = new Map(ids(visit.popular).map((id, place) => [id, place]));
  const both = [...mine.keys()].filter((id) => plain.has(id)).length;
  own.annotate((id) => (plain.has(id) ? `popular: ${plain.get(id) + 1}` : "not in popular"));
  popular.annotate((id) => (mine.has(id) ? `yours: ${mine.get(id) + 1}` : "not on yours"));
  byId("own-note").textContent = `${both} of ${mine.size} are also in popular`;
  byId("popular-note").textContent = "the same order for everyone";
}

function drawPlace() {
  drawRail(byId("rail"), visit.tree, visit.path, visit.total);
  drawCrumbs(byId("crumbs"), visit.tree, visit.path);
  drawChips(byId("chips"), visit.tree, visit.path);
  const count = visit.path ? visit.tree.nodes.get(visit.path)?.count : visit.total;
  byId("count").textContent = count ? `${count.toLocaleString()} items` : "";
  byId("title").textContent = placeName();
  document.title = visit.path ? `${placeName()} · ${visit.shop}` : visit.shop;
}

const placeName = () => (visit.path ? (visit.tree.nodes.get(visit.path)?.name ?? visit.path) : "Picked for you");

function drawPerson() {
  byId("person").replaceChildren(avatar(visit.shopper), el("span", { class: "person-name", text: displayName(visit.shopper) }));
  byId("person").setAttribute("aria-label", `Looking as ${displayName(visit.shopper)}. Change`);
}

function drawSteps() {
  drawJourney(byId("journey"), visit.steps, (step) => open(now(step, [...visit.items, ...(visit.popular ?? [])])));
  own.mark(savedItems(visit.steps));
  popular.mark(savedItems(visit.steps));
  drawer.setHeld(held());
}

function held() {
  const with_ = (action) => new Set(visit.steps.filter((step) => step.action === action).map((step) => step.item));
  return { saved: savedItems(visit.steps), cart: cartItems(visit.steps), bought: with_("purchase"), hidden: with_("hide") };
}

/** Said in the drawer while it covers the page. */
function foretell({ items, cause }) {
  const count = tally(ids(visit.items), ids(items), cause?.item?.item);
  const moved = count.rose + count.fell + count.entered;
  return moved === 0 ? "Your page stays as it is." : `Your page is moving: ${count.rose} up, ${count.fell} down, ${count.entered} new. Close to see it.`;
}

// --- doing -------------------------------------------------------------------------------------------------

async function open(item) {
  let whole = item;
  if (item.attributes === undefined) {
    try {
      whole = described(await itemById(item.item));
    } catch (problem) {
      toast(asProblem(problem).kind === "unknown" ? "This item is no longer in the shop." : asProblem(problem).message);
      return;
    }
  }
  drawer.open(whole, held());
  const acted = act("click", whole);
  await Promise.all([acted, showSimilar(whole)]);
}

async function showSimilar(item) {
  try {
    const page = await rank({ surface: "similar", seed_item: item.item, customer: visit.shopper.id, k: 8 });
    if (drawer.item?.item !== item.item) return;
    impressions.watch("similar", visit.shopper.id, page.request_id, page.surface, drawer.showSimilar(placed(page)));
  } catch (problem) {
    if (drawer.item?.item === item.item) drawer.showSimilar([]);
    console.info("similar items:", problem.message);
  }
}

const save = (item) => act(savedItems(visit.steps).has(item.item) ? "remove" : "wishlist", item);

/** Posts the step, and once it is acknowledged ranks the page anew: that page has seen it. */
async function act(action, item) {
  if (action === "wishlist" && savedItems(visit.steps).has(item.item)) action = "remove";
  const shopper = visit.shopper;
  try {
    await post([{
      type: "action", customer: shopper.id, item: item.item, action,
      page_id: item.page_id, position: item.position, surface: item.surface, category: visit.path || undefined,
    }]);
  } catch (problem) {
    toast(`Not saved. ${asProblem(problem).message} ${asProblem(problem).detail}`);
    return;
  }
  if (shopper !== visit.shopper) return;
  visit.steps.unshift({ item: item.item, action, at_ms: Date.now(), title: item.title, picture: item.picture });
  drawSteps();
  if (action === "hide") drawer.close();
  await refresh({ action, item });
}

async function pick(shopper) {
  visit.shopper = become(shopper);
  drawer.close();
  visit.popular = null;
  drawPerson();
  try {
    await loadSteps();
  } catch (problem) {
    toast(asProblem(problem).message);
  }
  await refresh({ person: displayName(shopper) });
}

async function toggleCompare() {
  visit.compare = !visit.compare;
  keep("shopwindow.compare", visit.compare ? "yes" : "no");
  drawComparison();
  if (!visit.compare || visit.popular !== null) return;
  popular.wait(6);
  try {
    showPopular(await rank(question({ variant: "popular" })));
  } catch (problem) {
    popular.show([]);
    toast(asProblem(problem).message);
  }
  drawComparison();
}

function localStorageSays(key) {
  try {
    return localStorage.getItem(key) === "yes";
  } catch {
    return false;
  }
}

document.querySelectorAll("[data-icon]").forEach((node) => node.append(icon(node.dataset.icon)));
addEventListener("hashchange", () => location.hash === "#main" || goTo(pathInAddress(location.hash)).then(() => scrollTo({ top: 0 })));
byId("compare").addEventListener("click", toggleCompare);
byId("person").addEventListener("click", () => choosePerson(byId("people"), visit.shopper, pick));
byId("more").addEventListener("click", () => { visit.k = Math.min(visit.k + PAGE, MOST); visit.popular = null; refresh(null); });
start();
