/** The section of jobs: submits a job, and shows its state, its message and its deliveries. */

import { get, idempotencyKey, post, remove } from "./api.js";
import { panes, statusFilter } from "./collection.js";
import { chip, count, facts, field, fill, h, number, problem, repeat, seconds, showProblem, time } from "./dom.js";
import { reason, usageFacts, wholeMessage } from "./message-view.js";
import { maxTokensField, modelField, submitOnEnter, systemField } from "./request-form.js";

const REFRESH_INTERVAL = 1_000;

export function jobs(main, signal) {
  const place = h("div", {});
  return panes(main, signal, {
    list: {
      title: "Jobs", path: "jobs",
      filter: statusFilter("Status of jobs", ["queued", "running", "succeeded", "failed", "canceled", "dead"]),
      empty: "No jobs. Submit one: it runs in the background and survives restarts.",
      show: (job) => [
        h("span", { class: "line" }, chip(job.status), " ", time(job.created_at)),
        h("small", {}, `${job.id.slice(0, 16)}… · ${count(job.attempts, "attempt")}${job.callback ? ` · callback ${job.callback.status}` : ""}${job.simulator ? " · simulator" : ""}`),
      ],
    },
    content: place,
    show(id, shown, refresh) {
      if (id) {
        new JobView(id, place, shown, refresh);
      } else {
        fill(place, submission(shown));
      }
    },
  });
}

function submission(signal) {
  const prompt = h("textarea", { rows: 4, required: true });
  const model = modelField();
  const maxTokens = maxTokensField();
  const system = systemField();
  const callback = h("input", { type: "url", placeholder: "https://…" });
  const failure = h("div", {});
  const submit = h("button", { class: "primary" }, "Submit");
  let key = idempotencyKey();
  const form = h("form", { class: "card", onsubmit: send, oninput: () => change() }, h("h2", {}, "New job"),
    field("Prompt", prompt),
    h("div", { class: "row" }, model.element, maxTokens.element), system.element,
    field("Callback URL", callback, "Optional. The server sends the result there in a signed POST request."),
    h("div", { class: "actions" }, submit), failure);
  submitOnEnter(prompt, form);

  function change() {
    key = idempotencyKey();
    fill(failure);
  }

  async function send(event) {
    event.preventDefault();
    form.inert = true;
    fill(failure);
    try {
      const job = await post("v1/jobs", {
        headers: { "idempotency-key": key },
        json: {
          request: { model: model.value(), max_tokens: maxTokens.value(), system: system.value(), messages: [{ role: "user", content: prompt.value }] },
          callback_url: callback.value || undefined,
        },
      });
      if (!signal.aborted) {
        location.hash = `#/jobs/${job.id}`;
      }
    } catch (error) {
      fill(failure, problem(error));
    } finally {
      form.inert = false;
    }
  }
  return form;
}

class JobView {
  #path;
  #signal;
  #onchange;
  #signature = "";
  #isFollowed = false;
  #head = h("header", { class: "bar" });
  #state = h("div", {});
  #actions = h("div", { class: "actions" });
  #failure = h("div", {});
  #refusal = h("div", {});
  #message = h("div", {});
  #deliveries = h("div", {});

  /** @param onchange is called when the job changes */
  constructor(id, element, signal, onchange) {
    this.#onchange = onchange;
    this.#path = `v1/jobs/${encodeURIComponent(id)}`;
    this.#signal = signal;
    fill(element, h("p", {}, h("a", { href: "#/jobs" }, "← New job")),
      h("section", { class: "card", "aria-label": "Job" }, h("h2", { class: "visually-hidden" }, "Job"), this.#head, this.#failure, this.#refusal, this.#state,
        this.#message, this.#actions), this.#deliveries);
    this.#follow();
  }

  /** Updates the view until the job and its deliveries have ended. */
  async #follow() {
    if (this.#isFollowed) {
      return;
    }
    this.#isFollowed = true;
    const end = new AbortController();
    await repeat(REFRESH_INTERVAL, AbortSignal.any([this.#signal, end.signal]), async () => {
      if (await this.#refresh()) {
        end.abort();
      }
    });
    this.#isFollowed = false;
  }

  /** Updates the view. Returns whether the job and its deliveries have ended. */
  async #refresh() {
    try {
      const job = await get(this.#path, { signal: this.#signal });
      const deliveries = job.callback ? (await get(`${this.#path}/deliveries?limit=100`, { signal: this.#signal })).data : [];
      showProblem(this.#failure, null);
      this.#show(job);
      if (job.callback) {
        this.#showDeliveries(deliveries);
      }
      return job.ended_at !== null && deliveries.every((delivery) => delivery.ended_at !== null) && job.callback?.status !== "waiting";
    } catch (error) {
      if (this.#signal.aborted) {
        return true;
      }
      showProblem(this.#failure, error, error.status === 404 && h("p", {}, "Jobs are kept for seven days after their end. Only the caller that submitted a job and admins can see it."));
      return !error.isRetryable;
    }
  }

  #show(job) {
    const signature = JSON.stringify(job);
    if (signature === this.#signature) {
      return;
    }
    if (this.#signature) {
      this.#onchange();
    }
    this.#signature = signature;
    showProblem(this.#refusal, job.message ? null : job.error);
    fill(this.#head, chip(job.status), h("span", { class: "id" }, job.id));
    fill(this.#state, facts([
      ["Attempts", number(job.attempts)],
      ["Answered by", job.simulator ? "a simulator, not Claude" : null],
      ["Restarts", job.restarts ? number(job.restarts) : null],
      ["Submitted", time(job.created_at)],
      ["Next attempt", job.next_attempt_at && job.status === "queued" && time(job.next_attempt_at)],
      ["Took", job.ended_at && seconds(new Date(job.ended_at) - new Date(job.created_at))],
      ["Stop reason", reason(job.message?.stop_reason)],
      ...usageFacts(job.message?.usage),
      ["Callback", job.callback && `${job.callback.status}, to ${job.callback.url}`],
      ["Metadata", job.metadata && h("code", {}, JSON.stringify(job.metadata))],
    ]));
    const button = (label, action) => h("button", { type: "button", onclick: (event) => this.#act(event.target, action) }, label);
    fill(this.#actions,
      job.stream_id && h("a", { class: "button", href: `#/streams/${job.stream_id}` }, job.status === "running" ? "Watch" : "Open stream"),
      ["queued", "running"].includes(job.status) && button("Cancel", () => remove(this.#path)),
      ["failed", "dead"].includes(job.status) && button("Retry", () => post(`${this.#path}/retry`)));
    fill(this.#message, job.message && wholeMessage(job.message, job.unparsed_tool_inputs));
  }

  #showDeliveries(deliveries) {
    const signature = JSON.stringify(deliveries);
    if (this.#deliveries.signature === signature) {
      return;
    }
    this.#deliveries.signature = signature;
    fill(this.#deliveries, h("section", { class: "card", "aria-label": "Deliveries" }, h("h2", {}, "Deliveries"),
      deliveries.length === 0 ? h("p", { class: "empty" }, "Nothing has been sent yet. The callback is sent when the job ends.")
        : deliveries.map((delivery) => h("div", { class: "delivery" },
          h("div", { class: "bar" }, chip(delivery.status), " ", h("b", {}, delivery.event), h("code", { class: "id" }, delivery.id)),
          facts([
            ["Attempts", number(delivery.attempts)],
            ["Last answer", delivery.last_status ?? delivery.last_answer],
            ["Details", delivery.last_status && delivery.last_answer],
            ["Last attempt", delivery.last_attempt_at && time(delivery.last_attempt_at)],
            ["Next attempt", delivery.next_attempt_at && time(delivery.next_attempt_at)],
          ]),
          h("div", { class: "actions" }, h("button", { type: "button",
            onclick: (event) => this.#act(event.target, () => post(`${this.#path}/deliveries/${encodeURIComponent(delivery.id)}/retry`)),
          }, "Send again"))))));
  }

  async #act(button, action) {
    button.disabled = true;
    try {
      await action();
      await this.#refresh();
      this.#follow();
    } catch (error) {
      showProblem(this.#failure, error);
    } finally {
      button.disabled = false;
    }
  }
}
