import { useLayoutEffect, useRef, type ReactNode } from "react";

const UNOPENED = "Shipway"; // the title that index.html has

/**
 * One page: its title in the window and as its heading. After a click on a link the heading gets
 * the focus, as a fresh page would; when the site opens, the focus stays where it is.
 */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    if (document.title !== UNOPENED) heading.current?.focus();
    document.title = `${title} · Shipway`;
  }, [title]);
  return (
    <div className="page">
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </div>
  );
}
