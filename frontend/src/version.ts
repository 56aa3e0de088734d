/** What this build of the site is: a version that the build was given, else its sources' hash. */
export const SITE_VERSION =
  import.meta.env.VITE_APP_VERSION || import.meta.env.SOURCE_TAG || "dev";
