import { BatchesApi, Configuration, JobsApi, type MessageRequest, StreamsApi, UsageApi } from "./fetch";

/** The code of a web page that uses the generated types. The test compiles it and does not run it. */
export async function calls(basePath: string): Promise<string> {
  const configuration = new Configuration({ basePath, apiKey: "key" });
  const request: MessageRequest = { model: "claude-opus-5-5", maxTokens: 64, system: "Be brief.", messages: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] };
  const jobs = new JobsApi(configuration);
  const submitted = await jobs.submitJob({ jobRequest: { request, metadata: { case: 4711 } } });
  const job = await jobs.getJob({ id: submitted.id, prefer: "wait=30" });
  const batch = await new BatchesApi(configuration).submitBatch({ batchRequests: { requests: [{ customId: "a", params: request }] } });
  const stream = await new StreamsApi(configuration).createStream({ messageRequest: request });
  const usage = await new UsageApi(configuration).getUsage();
  const tokens: number = usage.total.inputTokens + (stream.message?.usage.outputTokens ?? 0) + batch.requestCounts.succeeded;
  return `${job.message?.content[0].text} ${job.endedAt?.toISOString()} ${tokens}`;
}
