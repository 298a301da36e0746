// Programs that last for a whole file of tests, and leave nothing behind however that ends.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const started = new Set();
const directories = new Set();

// Ends a child of somebody else's, too, where this process ends before its time.
export function killAtExit(child) {
  started.add(child);
  child.once("exit", () => started.delete(child));
}

function endAll() {
  for (const program of started) program.kill("SIGKILL");
  for (const directory of directories) removeDirectory(directory);
}
process.on("exit", endAll);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

// A home for a program: its profile, caches and settings are gone with it.
export function temporaryDirectory(name) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), `${name}-`));
  directories.add(directory);
  return directory;
}

// What a browser's other processes wrote last may come while this is on its way.
export function removeDirectory(directory) {
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  directories.delete(directory);
}

// Where a runner is killed, no handler runs: the kernel then ends what stands directly below it.
const kDiesWithUs = spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0
  ? ["setpriv", "--pdeathsig", "KILL"] : [];

// A program with all that it starts: it leads a process group of its own.
export class ProgramGroup {
  output = "";

  constructor(command, args, { env = {}, pipes = 0 } = {}) {
    const [file, ...all] = [...kDiesWithUs, command, ...args];
    this.child = spawn(file, all, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe", ...Array(pipes).fill("pipe")],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on("data", (text) => { this.output = (this.output + text).slice(-20_000); });
    }
    this.child.on("error", (error) => { this.output += error.message; });
    started.add(this);
  }

  get hasEnded() {
    return this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined;
  }

  kill() {
    started.delete(this);
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // The whole group has ended.
    }
  }

  async end() {
    const ended = this.hasEnded || once(this.child, "exit");
    this.kill();
    await ended;
  }
}
