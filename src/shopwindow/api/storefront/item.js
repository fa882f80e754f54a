// One item asked for by id, in the form that ranked pages give it.

import { item as ask } from "./api.js";

/** Price and stock are those of the first market, since there is no page to say which. */
export async function itemById(id) {
  const found = await ask(id);
  const offer = found.offers?.[0];
  return {
    ...found,
    category: found.category ?? found.categories?.[0],
    price_minor: found.price_minor ?? offer?.price_minor,
    currency: found.currency ?? offer?.currency,
    in_stock: found.in_stock ?? (offer === undefined ? undefined : offer.stock !== 0),
    attributes: found.attributes ?? {},
  };
}
