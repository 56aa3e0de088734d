/** What this build of the site is: a commit or a version that the build put in, else "dev". */
export const SITE_VERSION = import.meta.env.VITE_APP_VERSION || "dev";
