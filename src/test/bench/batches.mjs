// Measures a large batch from submission to merged results: seconds, and the server's processor time and memory.
//
//   node batches.mjs --pid PID [--url http://127.0.0.1:9080] [--requests 100000] [--bytes 1000] [--live JDK/bin/jcmd]
//
// Submits NDJSON as a stream and waits for the end. Reads the results in three ways and counts every line: merged, merged as CSV, and forwarded per part.
// --live measures the heap in use repeatedly, each time with a full collection. Seconds and processor time are then meaningless.
// Prints JSON.
import fs from "node:fs";
import http from "node:http";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { parseArgs, promisify } from "node:util";

const { values: options } = parseArgs({ options: {
  pid: { type: "string" }, url: { type: "string", default: "http://127.0.0.1:9080" },
  requests: { type: "string", default: "100000" }, bytes: { type: "string", default: "1000" }, live: { type: "string" },
} });
const url = new URL(options.url);
const count = Number(options.requests);
const filler = "Summarise the following paragraph in one sentence. ".repeat(100).slice(0, Math.max(0, Number(options.bytes) - 170));

const cpu = () => {
  const fields = fs.readFileSync(`/proc/${options.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const peakRss = () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${options.pid}/status`, "utf8"))[1]) / 1024;

// Measures the largest heap in use. Returns a function that stops the measurement and returns the value.
const heapWatch = () => {
  let [peak, on] = [0, Boolean(options.live)];
  const watching = (async () => {
    while (on) {
      const { stdout } = await promisify(execFile)(options.live, [options.pid, "GC.class_histogram"], { maxBuffer: 1 << 26 });
      peak = Math.max(peak, Number(/Total\s+\d+\s+(\d+)/.exec(stdout)[1]) / 1e6);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => { on = false; await watching; return options.live ? Math.round(peak) : undefined; };
};

const measured = async (work) => {
  const stop = heapWatch();
  const [seconds, processor] = [performance.now(), cpu()];
  const result = await work();
  const figures = { seconds: +((performance.now() - seconds) / 1000).toFixed(2), cpu_seconds: +(cpu() - processor).toFixed(2) };
  return { ...figures, heap_mb: await stop(), ...result };
};

const submit = async () => {
  const request = http.request(new URL("/v1/batches", url), { method: "POST", headers: { "content-type": "application/x-ndjson" } });
  const answer = once(request, "response");
  let bytes = 0;
  for (let from = 0; from < count; from += 100) {
    let chunk = "";
    for (let i = from; i < Math.min(count, from + 100); i++) {
      chunk += JSON.stringify({ custom_id: `req-${String(i).padStart(6, "0")}`, params: { model: "claude-haiku-4-5", max_tokens: 256,
        messages: [{ role: "user", content: `${i} ${filler}` }] } }) + "\n";
    }
    bytes += chunk.length;
    if (!request.write(chunk)) await once(request, "drain");
  }
  request.end();
  const [response] = await answer;
  let text = "";
  for await (const data of response) text += data;
  if (response.statusCode !== 202) throw new Error(`${response.statusCode} ${text}`);
  return { mb: Math.round(bytes / 1e6), batch: JSON.parse(text) };
};

const download = (path, accept) => measured(async () => {
  const [response] = await once(http.get(new URL(path, url), { headers: { accept, "anthropic-version": "2023-06-01" } }), "response");
  let [bytes, lines] = [0, 0];
  for await (const data of response) {
    bytes += data.length;
    for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) lines++;
  }
  if (response.statusCode !== 200 || !response.complete) throw new Error(`${path}: ${response.statusCode}, complete: ${response.complete}`);
  return { mb: Math.round(bytes / 1e6), lines };
});

const submission = await measured(submit);
let batch = submission.batch;
delete submission.batch;
const ended = await measured(async () => {
  while (!["ended", "failed"].includes(batch.status)) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    batch = await (await fetch(new URL(`/v1/batches/${batch.id}`, url))).json();
  }
  return { status: batch.status, parts: batch.parts.length, counts: batch.request_counts };
});
const merged = [];
const forwarded = [];
for (let round = 0; round < 3; round++) {
  merged.push(await download(new URL(batch.results_url).pathname, "application/x-jsonl"));
  for (const part of batch.parts) forwarded.push(await download(new URL(part.results_url).pathname, "*/*"));
}
const csv = await download(new URL(batch.results_url).pathname, "text/csv");
console.log(JSON.stringify({ requests: count, submission, ended, merged, forwarded, csv, rss_peak_mb: Math.round(peakRss()) }, null, 1));
