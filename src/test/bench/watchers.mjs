// Measures many watchers of one stream: the server's processor time per delivered event. Checks every event.
//
//   node watchers.mjs --pid PID [--url http://127.0.0.1:9080] [--watchers 200] [--stalled 1] [--events 2000] [--delay-us 20000]
//
// The upstream of the server must be a simulator that understands "sim:" directives, such as the built-in one. A stalled
// watcher opens the stream and never reads. Prints JSON.
import fs from "node:fs";
import net from "node:net";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({ options: {
  pid: { type: "string" }, url: { type: "string", default: "http://127.0.0.1:9080" },
  watchers: { type: "string", default: "200" }, stalled: { type: "string", default: "0" },
  events: { type: "string", default: "2000" }, "delay-us": { type: "string", default: "20000" },
} });
const url = new URL(options.url);
const expected = Number(options.events);

// User and system time of the process in microseconds. The kernel counts in hundredths of a second.
const cpu = () => {
  const fields = fs.readFileSync(`/proc/${options.pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

const created = await fetch(new URL("/v1/streams", url), {
  method: "POST", headers: { "content-type": "application/json", "x-api-key": "bench" },
  body: JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 100_000, messages: [
    { role: "user", content: `sim:events=${expected} delay_us=${options["delay-us"]}` }] }),
});
if (created.status !== 201) throw new Error(`${created.status} ${await created.text()}`);
const path = `/v1/streams/${(await created.json()).id}`;

const request = `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nAccept: text/event-stream\r\nx-api-key: bench\r\n\r\n`;

// Counts "id:" lines, which must be 0, 1, 2, ..., and looks for message_stop.
const watch = () => new Promise((resolve) => {
  const watcher = { events: 0, wrong: 0, stopped: false };
  let rest = "";
  const socket = net.connect(Number(url.port), url.hostname, () => socket.write(request));
  socket.setNoDelay(true);
  socket.on("data", (data) => {
    const lines = (rest + data.toString("latin1")).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("id: ")) {
        if (Number(line.slice(4)) !== watcher.events++) watcher.wrong++;
      } else if (line.startsWith("event: message_stop")) {
        watcher.stopped = true;
      }
    }
    if (rest.startsWith("0\r") || lines.includes("0\r")) socket.destroy();
  });
  socket.on("close", () => resolve(watcher));
  socket.on("error", () => resolve(watcher));
});

for (let i = 0; i < Number(options.stalled); i++) {
  const socket = net.connect(Number(url.port), url.hostname, () => socket.write(request));
  socket.pause();
  socket.on("error", () => {});
}
const before = cpu();
const begin = Date.now();
const watchers = await Promise.all(Array.from({ length: Number(options.watchers) }, watch));
const used = cpu() - before;
const delivered = watchers.reduce((sum, watcher) => sum + watcher.events, 0);
console.log(JSON.stringify({
  watchers: watchers.length, stalled: Number(options.stalled), seconds: (Date.now() - begin) / 1000,
  complete: watchers.filter((w) => w.stopped && w.wrong === 0 && w.events >= expected).length,
  delivered, cpu_us_per_delivered_event: Math.round(10 * used / delivered) / 10,
}));
process.exit(0);
