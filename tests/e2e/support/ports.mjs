// Ports that stay free while nobody listens there. Below those that the kernel gives to whoever asks for
// any: it would give a port away between the end of one gateway and the start of the next.
import { once } from "node:events";
import net from "node:net";

const kFirst = 10_000;
const kLast = 32_000; // the kernel's begin at 32768

const given = new Set(); // each once: some are not taken yet

export async function quietPorts(count) {
  const ports = [];
  for (let attempt = 0; ports.length < count; ++attempt) {
    if (attempt === 1000) throw new Error("no port is free");
    const port = kFirst + Math.floor(Math.random() * (kLast - kFirst));
    if (given.has(port)) continue;
    const server = net.createServer().listen(port, "127.0.0.1");
    if (!await once(server, "listening").then(() => true, () => false)) continue;
    given.add(port);
    ports.push(port);
    server.close();
    await once(server, "close");
  }
  return ports;
}
