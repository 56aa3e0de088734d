interface ImportMetaEnv {
  /** What this build is: a commit or a version, put in by the build. */
  readonly VITE_APP_VERSION?: string;
  readonly SOURCE_TAG?: string;
}
