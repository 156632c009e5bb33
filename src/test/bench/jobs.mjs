// Measures jobs: how many the server stores and accepts per second, and the time from a submission to the request at Claude. Needs only Node 20.
//
//   node src/test/bench/jobs.mjs [--url http://localhost:9080] [--upstream 9199] [--jobs 5000] [--clients 32] [--rate 50] [--seconds 60]
//
// This script is also the upstream, so that one clock measures both ends. Start the server with:
//
//   ANTHROPIC_API_KEY=sk-bench CLAUDE_BASE_URL=http://127.0.0.1:9199 mvn liberty:run
import { Agent, createServer, request } from "node:http";
import { performance } from "node:perf_hooks";
import { message } from "./message.mjs";

const options = { url: "http://localhost:9080", upstream: "9199", jobs: "5000", clients: "32", rate: "50", seconds: "60" };
for (let i = 2; i < process.argv.length; i += 2) options[process.argv[i].replace(/^--/, "")] = process.argv[i + 1];

const arrived = new Map();
const answer = message("Done.");

const upstream = createServer((incoming, response) => {
  const now = performance.now();
  let body = "";
  incoming.on("data", (chunk) => (body += chunk));
  incoming.on("end", () => {
    const number = Number(/number (\d+)/.exec(body)?.[1]);
    arrived.set(number, [...(arrived.get(number) ?? []), now]);
    response.writeHead(200, { "content-type": "text/event-stream" }).end(answer);
  });
});
upstream.keepAliveTimeout = 60_000;
await new Promise((resolve) => upstream.listen(Number(options.upstream), "127.0.0.1", resolve));

const agent = new Agent({ keepAlive: true, maxSockets: 1000 });
let next = 0;

function submit() {
  const number = next++;
  const body = JSON.stringify({ request: { model: "claude-bench", max_tokens: 16, messages: [{ role: "user", content: `Job number ${number}.` }] } });
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(`${options.url}/v1/jobs`, { method: "POST", agent, headers: { "content-type": "application/json", "content-length": body.length } },
      (response) => {
        response.resume();
        response.on("end", () => (response.statusCode === 202 ? resolve({ number, begin, accepted: performance.now() })
          : reject(new Error(`HTTP ${response.statusCode}`))));
      });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function awaitArrival(submitted) {
  const deadline = performance.now() + 120_000;
  while (!submitted.every(({ number }) => arrived.has(number))) {
    if (performance.now() > deadline) throw new Error("Some jobs did not reach the upstream within 120 s.");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))].toFixed(1);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${sorted.at(-1).toFixed(1)}`;
}

async function measureThroughput(jobs, clients) {
  const submitted = [];
  const begin = performance.now();
  await Promise.all(Array.from({ length: clients }, async () => {
    while (submitted.length < jobs) submitted.push(await submit());
  }));
  const accepted = (performance.now() - begin) / 1000;
  await awaitArrival(submitted);
  const run = (performance.now() - begin) / 1000;
  return { submitted, text: `${(submitted.length / accepted).toFixed(0)} accepted per second (${submitted.length} in ${accepted.toFixed(1)} s by ${clients} clients), `
    + `all sent to Claude after ${run.toFixed(1)} s; response in ms: ${quantiles(submitted.map((one) => one.accepted - one.begin))}` };
}

async function submitAtRate(rate, seconds) {
  const pending = [];
  const begin = performance.now();
  for (let i = 0; i < rate * seconds; i++) {
    const wait = begin + (i * 1000) / rate - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    pending.push(submit());
  }
  const submitted = await Promise.all(pending);
  await awaitArrival(submitted);
  return submitted;
}

await measureThroughput(1000, Number(options.clients)); // warm-up
console.log((await measureThroughput(Number(options.jobs), Number(options.clients))).text);
const paced = await submitAtRate(Number(options.rate), Number(options.seconds));
console.log(`${options.rate} per second for ${options.seconds} s: from submission to upstream request in ms: `
  + quantiles(paced.map((one) => arrived.get(one.number)[0] - one.begin)));
console.log(`from the 202 to the upstream request: ${quantiles(paced.map((one) => arrived.get(one.number)[0] - one.accepted))}`);
const repeated = [...arrived.values()].filter((times) => times.length > 1).length;
console.log(`${next} jobs, ${repeated} sent to Claude more than once`);
agent.destroy();
upstream.closeAllConnections();
upstream.close();
