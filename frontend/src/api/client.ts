import { keptApi } from "./config";
import { listen, type Listener } from "./events";
import { Problem } from "./problem";
import { refusalOf } from "./refusal";
import { getJson, request } from "./request";

const SUBJECT = "The backend";
const UNSURE = "What you sent may have been stored all the same: look before you send it again.";

/** Calls the backend. Each of its methods throws a Problem, or a Refusal for a 4xx. */
export class Client {
  /** The API's address, without a slash at its end. */
  readonly api = keptApi();

  /** Read `path` as a T, which is an object that has these keys. */
  async get<T extends object>(path: string, ...keys: (keyof T & string)[]): Promise<T> {
    return getJson(await this.#url(path), shaped(keys));
  }

  /** Post `content` to `path`: a form as it is, everything else as JSON. */
  async post<T extends object>(
    path: string,
    content: object,
    ...keys: (keyof T & string)[]
  ): Promise<T> {
    const response = await this.#send("POST", path, content);
    const value = shaped<T>(keys)(await response.json());
    if (value !== undefined) return value;
    throw new Problem(`${SUBJECT}'s answer is not what this site expects`, UNSURE);
  }

  async remove(path: string): Promise<void> {
    await this.#send("DELETE", path);
  }

  /** Listen to the events at `path` until the returned function is called. */
  listen(path: string, listener: Listener): () => void {
    return listen(() => this.#url(path), listener);
  }

  async #url(path: string): Promise<string> {
    return `${await this.api()}${path}`;
  }

  async #send(method: string, path: string, content?: object): Promise<Response> {
    const url = await this.#url(path);
    const init = { method, ...(content && encoded(content)) };
    const response = await request(url, SUBJECT, init).catch(({ message }: Problem) => {
      throw new Problem(message, UNSURE);
    });
    if (response.ok) return response;
    throw await refusalOf(response, url);
  }
}

function encoded(content: object): RequestInit {
  if (content instanceof FormData) return { body: content };
  return { body: JSON.stringify(content), headers: { "Content-Type": "application/json" } };
}

/** Reads an object that has these keys; what is behind them is what the API's description says. */
function shaped<T extends object>(keys: readonly (keyof T & string)[]) {
  return (value: unknown): T | undefined => {
    const isObject = typeof value === "object" && value !== null;
    return isObject && keys.every((key) => key in value) ? (value as T) : undefined;
  };
}
