// Checks for leaks: compares heap after a collection, threads and file descriptors of a busy server after one and ten minutes. Needs Node 20 and a JDK's jcmd.
//
//   node src/test/bench/soak.mjs --pid PID [--url http://localhost:9080] [--minutes 10] [--clients 12] [--callbacks 9198]
//
// Mixed load: streams that are read, abandoned, watched, resumed and canceled; messages without streaming; jobs with callbacks; batches; invalid requests.
// Start the server with:
//
//   CLAUDE_UPSTREAM=simulator CLAUDE_STREAM_RETENTION=PT20S CLAUDE_WEBHOOKS_SECRET=whsec_c29ha3NvYWtzb2Frc29ha3NvYWtzb2Fr CLAUDE_WEBHOOKS_ALLOWED_HOSTS=localhost CLAUDE_JOB_RETENTION=PT1M mvn liberty:run
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const options = { url: "http://localhost:9080", minutes: "10", clients: "12", callbacks: "9198" };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, "")] = process.argv[i + 1];

const counts = {};
const count = (name) => (counts[name] = (counts[name] ?? 0) + 1);
const receiver = createServer((request, response) => {
  request.resume();
  request.on("end", () => { count("callbacks"); response.writeHead(204).end(); });
});
await new Promise((resolve) => receiver.listen(Number(options.callbacks), "localhost", resolve));

const json = { "content-type": "application/json" };
const body = (stream, prompt = "sim:events=40 size=20 delay_us=2000") => JSON.stringify({ model: "claude-opus-5-5", max_tokens: 300, stream, messages: [{ role: "user", content: prompt }] });
const post = (path, content, headers = json, signal) => fetch(options.url + path, { method: "POST", headers, body: content, signal });

async function expect(response, ...statuses) {
  if (!statuses.includes(response.status)) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response;
}

const loads = {
  async "streams read"() {
    const text = await (await expect(await post("/v1/messages", body(true)), 200)).text();
    if (!text.includes("message_stop")) throw new Error("A stream ended without message_stop.");
  },
  async "streams abandoned"() {
    const leaving = new AbortController();
    const response = await expect(await post("/v1/messages", body(true, "sim:events=400 size=20 delay_us=5000"), json, leaving.signal), 200);
    await response.body.getReader().read();
    leaving.abort();
  },
  async "messages"() {
    await (await expect(await post("/v1/messages", body(false, "Hello")), 200)).text();
  },
  async "streams watched and resumed"() {
    const { id } = await (await expect(await post("/v1/streams", body(true)), 201)).json();
    const watch = (headers) => fetch(`${options.url}/v1/streams/${id}`, { headers: { accept: "text/event-stream", ...headers } });
    await Promise.all([0, 1, 2].map(async () => (await watch({})).text()));
    await (await watch({ "last-event-id": "5" })).text();
    await (await fetch(`${options.url}/v1/streams/${id}`)).text();
  },
  async "streams canceled"() {
    const { id } = await (await expect(await post("/v1/streams", body(true, "sim:events=1000 size=20 delay_us=5000")), 201)).json();
    const watching = fetch(`${options.url}/v1/streams/${id}`, { headers: { accept: "text/event-stream" } }).then((response) => response.text());
    await sleep(50);
    await (await expect(await fetch(`${options.url}/v1/streams/${id}`, { method: "DELETE" }), 200)).text();
    await watching;
  },
  async "jobs"() {
    const job = { request: JSON.parse(body(false, "Hello")), callback_url: `http://localhost:${options.callbacks}/callback` };
    await (await expect(await post("/v1/jobs", JSON.stringify(job)), 202)).text();
    await sleep(100);
  },
  async "batches"() {
    const rows = Array.from({ length: 20 }, (_, i) => `r${i},Hello ${i}`).join("\n");
    const { id } = await (await expect(await post("/v1/batches?model=claude-opus-5-5&max_tokens=20", `custom_id,prompt\n${rows}\n`, { "content-type": "text/csv" }), 202)).json();
    await (await fetch(`${options.url}/v1/batches/${id}/events`, { signal: AbortSignal.timeout(120_000) })).text();
    await (await fetch(`${options.url}/v1/batches/${id}/results`, { headers: { accept: "text/csv" } })).text();
    await (await expect(await fetch(`${options.url}/v1/batches/${id}`, { method: "DELETE" }), 200, 204)).text();
  },
  async "invalid requests"() {
    await (await expect(await post("/v1/messages", "{".repeat(Math.floor(Math.random() * 2000))), 400)).text();
    await (await expect(await fetch(`${options.url}/v1/streams/none`), 404)).text();
    await (await expect(await fetch(`${options.url}/v1/usage`), 200)).text();
  },
};

const end = Date.now() + options.minutes * 60_000;
const names = Object.keys(loads);
async function client(number) {
  for (let turn = number; Date.now() < end; turn++) {
    const name = names[turn % names.length];
    try {
      await loads[name]();
      count(name);
    } catch (e) {
      count(`failed: ${name}: ${String(e.message).slice(0, 120)}`);
      await sleep(200);
    }
  }
}

function sample() {
  execFileSync("jcmd", [options.pid, "GC.run"]);
  const heap = /used (\d+)K/.exec(execFileSync("jcmd", [options.pid, "GC.heap_info"], { encoding: "utf8" }))[1];
  return { heapMB: (heap / 1024).toFixed(1), threads: readdirSync(`/proc/${options.pid}/task`).length, files: readdirSync(`/proc/${options.pid}/fd`).length };
}

const clients = Array.from({ length: Number(options.clients) }, (_, i) => client(i));
for (let minute = 1; minute <= options.minutes; minute++) {
  await sleep(60_000);
  console.log(JSON.stringify({ minute, ...sample() }));
}
await Promise.all(clients);
await sleep(60_000);
console.log(JSON.stringify({ idle: "for a minute", ...sample() }));
console.log(JSON.stringify(counts, null, 1));
receiver.close();
