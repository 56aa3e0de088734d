import { Page } from "../shell/Page";
import { Journey } from "./Journey";
import "./about.css";

const RELEASE = [
  {
    title: "Plan",
    text: "Every file is compared with the bucket, content and headers; the reason for each change is shown before anything is written.",
  },
  {
    title: "Files with hashed names",
    text: "They go first. Nothing asks for them yet, so it doesn't matter if the upload breaks halfway.",
  },
  {
    title: "The backend",
    text: "New tasks start beside the old ones and take over when they are healthy. A rollout that fails is rolled back, and the site stays as it was.",
  },
  {
    title: "HTML",
    text: "It goes last: from now on, visitors get the new release.",
  },
  {
    title: "Invalidation",
    text: "Exactly the paths that changed are dropped from the CDN's caches.",
  },
  {
    title: "Pruning",
    text: "What no kept release needs any more is removed. By default the last three are kept, and all of the last week.",
  },
];

/** How a request travels, and how a release gets there. A file of its own, loaded on demand. */
export default function AboutPage() {
  return (
    <Page title="About this deploy">
      <p className="lead">
        One address for both halves: the CDN takes the site's files from a bucket and passes
        everything under <code>/api</code> on to the backend.
      </p>
      <section aria-labelledby="journey-title">
        <h2 id="journey-title">How a request travels</h2>
        <Journey />
      </section>
      <section aria-labelledby="release-title">
        <h2 id="release-title">How a release gets there</h2>
        <ol className="steps">
          {RELEASE.map(({ title, text }) => (
            <li key={title}>
              <h3>{title}</h3>
              <p>{text}</p>
            </li>
          ))}
        </ol>
      </section>
      <section className="card" aria-labelledby="tab-title">
        <h2 id="tab-title">If this tab stays open</h2>
        <p>
          It goes on with the files that it was opened with: the hashed names of earlier releases
          stay in the bucket for days. That is also the way back. A rollback puts the earlier files
          in force again, without a build.
        </p>
      </section>
    </Page>
  );
}
