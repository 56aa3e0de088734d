import { Link, useLocation } from "wouter";

import type { Phase } from "../status/state";
import "./shell.css";

const PAGES = [
  { path: "/", name: "Status" },
  { path: "/drivers", name: "Drivers" },
  { path: "/about", name: "About this deploy" },
];

export function Header({ phase }: { phase: Phase }) {
  const [current] = useLocation();
  return (
    <header className="top">
      <Link href="/" className="brand" aria-label="Shipway, to the status page">
        <Mark />
        <span aria-hidden="true">Shipway</span>
        <span className={`dot dot-${phase}`} aria-hidden="true" />
      </Link>
      <nav aria-label="Pages">
        {PAGES.map(({ path, name }) => (
          <Link key={path} href={path} aria-current={currentness(current, path)}>
            {name}
          </Link>
        ))}
      </nav>
    </header>
  );
}

/** A page, or the section that the page is in. */
function currentness(current: string, path: string): "page" | "true" | undefined {
  if (current === path) return "page";
  return path !== "/" && current.startsWith(`${path}/`) ? "true" : undefined;
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path className="mark-sail" d="M15 4v14H6z" />
      <path className="mark-jib" d="M17.5 8.5V18h7z" />
      <path className="mark-hull" d="M4 21h24c-1.3 4-4 6-7.6 6h-8.8C8 27 5.3 25 4 21z" />
    </svg>
  );
}
