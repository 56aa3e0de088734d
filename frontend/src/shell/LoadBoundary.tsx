import { Component, type ReactNode } from "react";

/**
 * Shows what to do when a page can't be loaded: a tab that was open during many deploys may ask
 * for a file that no kept release has any more.
 */
export class LoadBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <section className="notice notice-down" role="alert">
        <h1>This page could not be loaded</h1>
        <p>The site may have been updated since you opened it, or your connection is gone.</p>
        <button type="button" onClick={() => window.location.reload()}>
          Load the site again
        </button>
      </section>
    );
  }
}
