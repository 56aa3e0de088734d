import { useEffect, useRef, type ReactNode } from "react";

import type { Pages } from "./usePages";
import { Unread } from "./Unread";

interface Properties<T> {
  readonly pages: Pages<T>;
  readonly label: string; // what the items are: "drivers"
  readonly empty: ReactNode;
  readonly children: (item: T) => ReactNode;
}

/** Items, the newest first, with what to press for more, or to read where there are none. */
export function PagedList<T extends { readonly id: string }>(properties: Properties<T>) {
  const { pages, label, empty, children } = properties;
  const { value, problem } = pages;
  const [list, showMore] = useMore(pages);
  return (
    <>
      <Unread problem={problem} />
      {!value && !problem && <p className="waiting">Loading …</p>}
      {value?.items.length === 0 && empty}
      {value && value.items.length > 0 && (
        <ul className="rows" ref={list} aria-label={label}>
          {value.items.map((item) => (
            <li key={item.id} tabIndex={-1}>
              {children(item)}
            </li>
          ))}
        </ul>
      )}
      {value?.next_cursor && (
        <button type="button" className="second" onClick={showMore}>
          Load more {label}
        </button>
      )}
    </>
  );
}

/** After a page more, the focus is on its first item: the button may be gone, or far below. */
function useMore<T>({ value, more }: Pages<T>) {
  const list = useRef<HTMLUListElement>(null);
  const first = useRef(Infinity);
  const shown = value?.items.length ?? 0;
  useEffect(() => {
    if (shown <= first.current) return;
    list.current?.querySelectorAll("li")[first.current]?.focus();
    first.current = Infinity;
  }, [shown]);
  const showMore = () => {
    first.current = shown;
    more();
  };
  return [list, showMore] as const;
}
