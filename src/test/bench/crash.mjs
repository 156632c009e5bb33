// Checks that no job is lost when the server is killed (kill -9) repeatedly while it runs jobs, on one database. Needs only Node 20.
//
//   node src/test/bench/crash.mjs [--server target/liberty/wlp/bin/server] [--port 9080] [--upstream 9199] [--cycles 10] [--seconds 60] [--rate 20]
//
// Starts the server from the installation that `mvn liberty:run` created, and is its upstream. Each cycle submits jobs for some time, kills the server at a
// random moment, and starts it again. At the end every accepted job must exist and must have succeeded.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { message } from "./message.mjs";

const { values: options } = parseArgs({ options: {
  server: { type: "string", default: "target/liberty/wlp/bin/server" }, port: { type: "string", default: "9080" },
  upstream: { type: "string", default: "9199" }, cycles: { type: "string", default: "10" }, seconds: { type: "string", default: "60" },
  rate: { type: "string", default: "20" },
} });
const jobs = `http://localhost:${options.port}/v1/jobs`;
const TAKEOVER_MS = 60_000;

let requests = 0;
const upstream = createServer((incoming, response) => {
  requests++;
  incoming.resume();
  incoming.on("end", async () => {
    await sleep(Math.random() * 1000);
    response.writeHead(200, { "content-type": "text/event-stream" }).end(message("Done."));
  });
});
await new Promise((resolve) => upstream.listen(Number(options.upstream), "127.0.0.1", resolve));

let server;
async function start() {
  server = spawn(options.server, ["run", "claude"], { detached: true, stdio: "ignore", env: { ...process.env, HTTP_PORT: options.port,
    ANTHROPIC_API_KEY: "sk-bench", CLAUDE_BASE_URL: `http://127.0.0.1:${options.upstream}` } });
  const deadline = Date.now() + 120_000;
  for (;;) {
    try {
      if ((await fetch(`http://localhost:${options.port}/health/ready`)).ok) return;
    } catch { /* not yet */ }
    if (Date.now() > deadline) throw new Error("The server did not become ready within 120 s.");
    await sleep(200);
  }
}

/** Ends the server and the script that started it. */
async function end(signal) {
  const exited = new Promise((resolve) => server.once("exit", resolve));
  process.kill(-server.pid, signal);
  await exited;
}

const accepted = [];
async function submit() {
  try {
    const response = await fetch(jobs, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ request: {
      model: "claude-bench", max_tokens: 16, messages: [{ role: "user", content: "x".repeat(Math.random() * 4000) || "x" }] } }) });
    if (response.status === 202) accepted.push((await response.json()).id);
  } catch { /* The server was killed before it responded, so this job need not exist. */ }
}

let failures = 0;
await start();
for (let cycle = 1; cycle <= Number(options.cycles); cycle++) {
  const until = Date.now() + Number(options.seconds) * 1000 * (0.5 + Math.random());
  while (Date.now() < until) {
    submit();
    await sleep(1000 / Number(options.rate));
  }
  await end("SIGKILL");
  await start();
  const missing = [];
  for (const id of accepted) {
    const response = await fetch(`${jobs}/${id}`);
    if (response.status !== 200) missing.push(id);
    await response.arrayBuffer();
  }
  failures += missing.length;
  console.log(`cycle ${cycle}, after the kill: ${accepted.length} jobs accepted so far, ${missing.length} missing`);
}

const deadline = Date.now() + TAKEOVER_MS;
const counts = {};
let restarted = 0;
for (const id of accepted) {
  let job;
  do {
    job = await (await fetch(`${jobs}/${id}`)).json();
    if (job.status === "succeeded" || Date.now() > deadline) break;
    await sleep(100);
  } while (true);
  counts[job.status] = (counts[job.status] ?? 0) + 1;
  if (job.restarts > 0) restarted++;
}
console.log(`${accepted.length} accepted: ${JSON.stringify(counts)}; ${restarted} restarted; Claude received ${requests} requests`);
await end("SIGTERM");
upstream.closeAllConnections();
upstream.close();
process.exitCode = failures > 0 || counts.succeeded !== accepted.length ? 1 : 0;
