// The local stack, started anew on a port of its own, with the sample uploads taken in.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts the stack; `stop` ends it and forgets its data. */
export async function start() {
  const program = process.env.XINZHENG ?? join(root, "target/debug/xinzheng");
  const data = await mkdtemp(join(tmpdir(), "xinzheng-"));
  const port = await freePort();
  const child = spawn(program, ["--data", data, "--port", String(port)], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((done, fail) => {
    let told = "";
    child.stdout.on("data", (part) => {
      told += part;
      if (told.includes("Serving http")) done();
    });
    child.on("exit", (code) => fail(new Error(`the stack ended with ${code}\n${told}`)));
    child.on("error", fail);
  });
  child.removeAllListeners("exit");
  const stop = async () => {
    const ended = new Promise((done) => child.on("exit", done));
    child.kill("SIGINT");
    await ended;
    await rm(data, { recursive: true, force: true });
  };
  return { origin: `http://127.0.0.1:${port}`, data, stop };
}
