interface Stop {
  readonly name: string;
  readonly service: string;
  readonly text: string;
}

const SITE: readonly Stop[] = [
  { name: "Bucket", service: "Amazon S3", text: "Private; only the CDN may read it." },
];
const BACKEND: readonly Stop[] = [
  { name: "Load balancer", service: "ALB", text: "Asks only tasks that are healthy." },
  { name: "Tasks", service: "ECS Fargate", text: "Containers of one image, named by its digest." },
];

/** The way of a request as a diagram of boxes; read aloud, it is a list of lists. */
export function Journey() {
  return (
    <div className="journey">
      <Box name="Browser" service="you" text="One origin, so no CORS." />
      <Arrow />
      <Box name="CDN" service="CloudFront" text="TLS, caching, compression, security headers." />
      <ul className="branches">
        <Branch path="/*" stops={SITE} />
        <Branch path="/api/*" stops={BACKEND} />
      </ul>
    </div>
  );
}

function Branch({ path, stops }: { path: string; stops: readonly Stop[] }) {
  return (
    <li className="branch">
      <code className="route">{path}</code>
      {stops.map((stop) => (
        <div className="leg" key={stop.name}>
          <Arrow />
          <Box {...stop} />
        </div>
      ))}
    </li>
  );
}

function Box({ name, service, text }: Stop) {
  return (
    <div className="box">
      <p className="box-service">{service}</p>
      <p className="box-name">{name}</p>
      <p className="box-text">{text}</p>
    </div>
  );
}

function Arrow() {
  return (
    <svg className="arrow" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 12h17m-6-6 6 6-6 6" />
    </svg>
  );
}
