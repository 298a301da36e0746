// The real gateway on free ports of its own, and a publisher for it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

import { waitFor } from "./wait.mjs";

const kRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

export const repositoryFile = (name) => path.join(kRoot, name);

export function binary(variable) {
  const file = process.env[variable];
  if (!file) throw new Error(`${variable} has to name the built binary`);
  return path.resolve(file);
}

export class Process {
  #child;
  output = "";

  constructor(file, args) {
    this.#child = spawn(file, args, { stdio: ["ignore", "inherit", "pipe"] });
    this.#child.stderr.setEncoding("utf8");
    this.#child.stderr.on("data", (text) => { this.output += text; });
    this.#child.on("error", (error) => { this.output += error.message; });
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null ||
           this.#child.pid === undefined;
  }

  // The first signal asks, the second demands, the third does not ask.
  async stop() {
    for (const signal of ["SIGTERM", "SIGTERM", "SIGKILL"]) {
      if (this.hasEnded) return this.#child.exitCode;
      const ended = once(this.#child, "exit");
      this.#child.kill(signal);
      const timer = setTimeout(() => this.#child.emit("exit"), 5000);
      await ended;
      clearTimeout(timer);
    }
    return this.#child.exitCode;
  }

  async kill() {
    if (this.hasEnded) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }
}

// {http, grpc, admin: "host:port", url, process, publish, stop, kill}. ports: those of a gateway
// that was there before.
export async function startGateway({ args = [], ports = {} } = {}) {
  const child = new Process(binary("SSE_GATEWAY_BIN"), [
    `--http_listen=${ports.http ?? "127.0.0.1:0"}`,
    `--grpc_listen=${ports.grpc ?? "127.0.0.1:0"}`,
    `--admin_listen=${ports.admin ?? "127.0.0.1:0"}`,
    "--drain_delay=0s", "--drain_window=1s", "--retry=500ms",
    ...args,
  ]);
  const line = await waitFor(
    () => {
      if (child.hasEnded) throw new Error(`the gateway ended: ${child.output}`);
      return child.output.split("\n").find((text) => /\bmsg=listening\b/.test(text));
    },
    () => `the gateway listens; it said: ${child.output}`);
  const addressOf = (name) => new RegExp(`\\b${name}=(\\S+)`).exec(line)[1];
  const addresses = { http: addressOf("http"), grpc: addressOf("grpc"), admin: addressOf("admin") };
  const publisher = new Publisher(addresses.grpc);
  return {
    ...addresses,
    process: child,
    url: `http://${addresses.http}`,
    publish: (event) => publisher.publish(event),
    stop: () => { publisher.close(); return child.stop(); },
    kill: () => { publisher.close(); return child.kill(); },
  };
}

class Publisher {
  #stub;

  constructor(target) {
    const definition = protoLoader.loadSync("ssegateway/v1/publisher.proto", {
      includeDirs: [repositoryFile("proto")],
      keepCase: true,
      longs: String,
    });
    const { PublisherService } = grpc.loadPackageDefinition(definition).ssegateway.v1;
    this.#stub = new PublisherService(target, grpc.credentials.createInsecure());
  }

  // The id of the published event.
  publish(event) {
    return new Promise((resolve, reject) => {
      const deadline = new Date(Date.now() + 10_000);
      this.#stub.Publish({ event }, { deadline }, (error, response) => {
        if (error) reject(error);
        else resolve(response.id);
      });
    });
  }

  close() {
    this.#stub.close();
  }
}

export function timestamp(date = new Date()) {
  const ms = date.getTime();
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1e6 };
}
