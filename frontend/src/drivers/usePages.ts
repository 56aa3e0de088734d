import { useCallback, useRef } from "react";

import type { Client } from "../api/client";
import type { Page } from "../api/drivers";
import { readPages } from "./pages";
import { useReading, type Read } from "./useReading";

export interface Pages<T> extends Read<Page<T>> {
  readonly more: () => void;
}

/** The newest items at `path`; `more` reads a page more of them. */
export function usePages<T>(client: Client, path: string): Pages<T> {
  const count = useRef(1);
  const read = useCallback(() => readPages<T>(client, path, count.current), [client, path]);
  const reading = useReading(read);
  const more = () => {
    count.current += 1;
    reading.again();
  };
  return { ...reading, more };
}
