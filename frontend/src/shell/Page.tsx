import { useEffect, useRef, type ReactNode } from "react";

/**
 * One page: its title in the window and as its heading. After a click on a link the heading gets
 * the focus, as a fresh page would; when the site opens, the focus stays where it is.
 */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Shipway`;
    if (document.activeElement !== document.body) heading.current?.focus();
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
