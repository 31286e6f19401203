/** A real HTTP server that answers with prepared steps, in order, and notes what it was asked. */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly version: string | undefined;
  readonly body: unknown;
}

export type Step =
  | { readonly status: number; readonly json?: unknown; readonly type?: string }
  /** The connection breaks without an answer, or in the middle of one. */
  | "broken"
  | "half"
  | "silent";

export class ScriptedServer {
  readonly asked: Asked[] = [];
  private steps: Step[] = [];

  private constructor(private readonly server: Server) {
    server.on("request", (request: IncomingMessage, response: ServerResponse) => void this.answer(request, response));
  }

  static async start(): Promise<ScriptedServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ScriptedServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Forget what was asked, and answer from now on with these steps. */
  will(...steps: readonly Step[]): void {
    this.asked.length = 0;
    this.steps = [...steps];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = (await request.toArray()).join("");
    this.asked.push({
      method: request.method ?? "",
      path: request.url ?? "",
      version: request.headers["if-match"],
      body: text === "" ? null : JSON.parse(text),
    });
    const step = this.steps.shift() ?? { status: 599, json: { detail: "no step left" } };
    if (step === "silent") return;
    if (step === "broken") request.socket.destroy();
    else if (step === "half") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write('{"id":', () => request.socket.destroy());
    } else {
      const type = step.type ?? (step.status < 400 ? "application/json" : "application/problem+json");
      response.writeHead(step.status, { "content-type": type });
      response.end(step.json === undefined ? undefined : JSON.stringify(step.json));
    }
  }
}
