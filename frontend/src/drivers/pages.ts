import type { Client } from "../api/client";
import type { Page } from "../api/drivers";

const PAGE_SIZE = 50;

/**
 * Read the first `count` pages at `path`, or as many as there are.
 *
 * Always from the first one: then what is shown is what there is, whatever was added and deleted
 * between the pages that were read before.
 */
export async function readPages<T>(client: Client, path: string, count: number): Promise<Page<T>> {
  let pages = await readPage<T>(client, path, null);
  for (let read = 1; read < count && pages.next_cursor !== null; read++) {
    const { items, next_cursor } = await readPage<T>(client, path, pages.next_cursor);
    pages = { items: [...pages.items, ...items], next_cursor };
  }
  return pages;
}

function readPage<T>(client: Client, path: string, cursor: string | null): Promise<Page<T>> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  if (cursor !== null) query.set("cursor", cursor);
  return client.get<Page<T>>(`${path}?${query}`, "items", "next_cursor");
}
