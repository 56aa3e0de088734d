import { SITE_VERSION } from "../version";

export function Footer() {
  return (
    <footer className="bottom">
      <p>
        Site <code>{SITE_VERSION}</code>
      </p>
      <p>Shipped by Shipway: a container and a site to AWS, proven.</p>
    </footer>
  );
}
