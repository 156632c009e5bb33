package io.github.claudejakarta.conversation;

import io.github.claudejakarta.claude.BufferedBody;
import io.github.claudejakarta.claude.ClaudeException;
import io.github.claudejakarta.claude.ClaudeRequest;
import io.github.claudejakarta.claude.ErrorType;
import io.github.claudejakarta.claude.JsonText;
import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.MessageDefaults;
import io.github.claudejakarta.claude.MessageRequest;
import io.github.claudejakarta.claude.MessagesBody;
import io.github.claudejakarta.claude.PublicApi;
import io.github.claudejakarta.claude.RequestOptions;
import io.github.claudejakarta.durable.Database;
import io.github.claudejakarta.durable.DurableTasks;
import io.github.claudejakarta.durable.UsesDatabase;
import io.github.claudejakarta.job.Job;
import io.github.claudejakarta.job.JobRequest;
import io.github.claudejakarta.job.JobTransactions;
import io.github.claudejakarta.runtime.MemoryBudget;
import io.github.claudejakarta.runtime.WorkerThreads;
import io.github.claudejakarta.stream.ClaudeStream;
import io.github.claudejakarta.stream.Streams;
import io.github.claudejakarta.web.BodyReservation;
import io.github.claudejakarta.web.Caller;
import io.github.claudejakarta.web.Internal;
import io.github.claudejakarta.web.RandomId;
import io.github.claudejakarta.web.RequestQuota;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import jakarta.transaction.Transactional;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.logging.Logger;

/**
 * Manages conversations with Claude: sends each question with all earlier messages and adds the answer.
 *
 * <pre>{@code
 * @Inject ConversationManagerBean conversations;
 *
 * Conversation talk = conversations.start(MessageRequest.builder("claude-opus-5-5", 1024).system("Be brief."));
 * ClaudeStream stream = conversations.stream(talk.id(), "What is a monad?");
 * ...
 * Message answer = conversations.send(talk.id(), "And in Java?");
 * }</pre>
 *
 * <p><b>Questions and answers.</b> A question and its answer are added together, when the answer is complete. Its
 * stream shows {@code message_stop} after that, so a client that has read the end can ask the next question
 * immediately. An answer that fails, breaks off or is canceled does not change the conversation. The same applies to an
 * answer that Claude would reject in a history ({@link Conversation#isStorable}). If the server dies before the answer
 * is stored, the answer is lost. The question can be asked again after a minute.
 *
 * <p><b>One question at a time.</b> While a question has no answer, a second one is rejected with
 * {@code conflict_error}, on every server.
 *
 * <p><b>Tools.</b> After an answer with tool calls, the next question has to begin with a result for each call
 * ({@link Conversation#pendingToolUses}). After {@code pause_turn}, {@link #resume} continues the answer.
 *
 * <p><b>Storage.</b> {@code claude.conversation.store} selects the database, which all servers of the application
 * share, or the memory of this server. A conversation is deleted when it has not been used for
 * {@code claude.conversation.retention} (default: 30 days).
 *
 * <p>The bean returns every conversation of the application. An application with users must check
 * {@link Conversation#owner}.
 *
 * <p>Safe for use by many threads. Methods block on the database, and throw a {@link ClaudeException} with status 503
 * while it is not available. Only {@code job} takes part in the caller's transaction.
 */
@PublicApi
@ApplicationScoped
@UsesDatabase
@Transactional(value = Transactional.TxType.NOT_SUPPORTED, dontRollbackOn = ClaudeException.class)
public class ConversationManagerBean {

    private static final Logger LOG = Logger.getLogger(ConversationManagerBean.class.getName());
    private static final String PREFIX = "conv_";
    private static final String TOKEN_PREFIX = "question_";
    private static final Duration MEASURE = Duration.ofSeconds(10);
    private static final Duration HOUSEKEEPING = Duration.ofMinutes(10);
    private static final Duration STORAGE_RETRY = Duration.ofMinutes(1);
    private static final Duration WRITE_RETRY = Duration.ofSeconds(1);
    private static final int MAX_LISTED = 1_000;

    private ConversationSettings settings;
    private Streams streams;
    private JobTransactions jobs;
    private MessageDefaults defaults;
    private RequestQuota quota;
    private MemoryBudget memory;
    private Clock clock;
    private StoreSelector stores;
    private OpenQuestions open;

    /** Required by the container's proxy. */
    ConversationManagerBean() {}

    @Inject
    ConversationManagerBean(
            ConversationSettings settings,
            Streams streams,
            JobTransactions jobs,
            MessageDefaults defaults,
            RequestQuota quota,
            MemoryBudget memory,
            WorkerThreads threads,
            Database database,
            DurableTasks tasks,
            @Internal Clock clock) {
        this(settings, streams, jobs, defaults, quota, memory, threads, database, tasks, clock, WRITE_RETRY);
    }

    /** @param betweenWrites wait before an answer is stored again while the database is away */
    @SuppressWarnings("this-escape") // It is called after the start.
    ConversationManagerBean(
            ConversationSettings settings,
            Streams streams,
            JobTransactions jobs,
            MessageDefaults defaults,
            RequestQuota quota,
            MemoryBudget memory,
            WorkerThreads threads,
            Database database,
            DurableTasks tasks,
            Clock clock,
            Duration betweenWrites) {
        this.settings = settings;
        this.streams = streams;
        this.jobs = jobs;
        this.defaults = defaults;
        this.quota = quota;
        this.memory = memory;
        this.clock = clock;
        this.stores = new StoreSelector(settings, database, jobs, clock);
        this.open = new OpenQuestions(stores::store, threads, clock, betweenWrites);
        tasks.every(OpenQuestions.RENEWAL, this::renew);
        tasks.every(MEASURE, () -> stores.withStoreInUse(ConversationStore::measure));
        tasks.every(HOUSEKEEPING, this::deleteExpired);
    }

    /**
     * Makes the container create this bean before jobs run. A job that was submitted before a restart then adds its
     * answer when it ends.
     */
    void onStart(
            @Observes @Priority(Interceptor.Priority.APPLICATION) @Initialized(ApplicationScoped.class) Object event) {
        // The container has created the bean now.
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private ConversationStore store() {
        return stores.store();
    }

    void renew() {
        open.renew();
    }

    void deleteExpired() {
        stores.withStoreInUse(this::deleteExpired);
    }

    private void deleteExpired(ConversationStore store) {
        Instant oldest = now().minus(settings.retention());
        int deleted = 0;
        for (int count = store.deleteUnusedSince(oldest); count > 0; count = store.deleteUnusedSince(oldest)) {
            deleted += count;
        }
        if (deleted > 0) {
            LOG.info("Deleted " + deleted + " conversations that were not used for claude.conversation.retention");
        }
        store.correct();
        store.measure();
    }

    /**
     * Starts a conversation that the application owns.
     *
     * @param request the parameters of all requests: model, {@code max_tokens}, system, tools, {@code cached()} and so
     *     on. Messages of the request become the beginning of the conversation
     * @throws ClaudeException {@code invalid_request_error} for an invalid request; {@code overloaded_error} if storage
     *     is full ({@code claude.conversation.max-bytes})
     */
    public Conversation start(MessageRequest.Builder request) {
        return start(request, Caller.LOCAL.name());
    }

    /**
     * Starts a conversation that a caller owns. Its requests are sent in the caller's name: the caller's limits apply,
     * and the usage counts as the caller's.
     *
     * @param owner the name of the caller, 1 to 255 characters
     * @throws ClaudeException like {@link #start(MessageRequest.Builder)}
     */
    public Conversation start(MessageRequest.Builder request, String owner) {
        if (!Caller.isValidName(owner)) {
            throw invalid(
                    "owner: must have 1 to " + Caller.MAX_NAME_LENGTH + " characters, without control characters");
        }
        JsonObject body = request.json();
        JsonObject parameters = withDefaults(RequestText.parameters(body));
        Instant now = now();
        var draft = new ConversationStore.Draft(
                RandomId.of(PREFIX),
                owner,
                JsonText.bytes(parameters),
                rows(body.containsKey("messages") ? body.getJsonArray("messages") : JsonArray.EMPTY_JSON_ARRAY, now),
                now);
        requireLength(draft.rows().size());
        reserve(draft.bytes());
        store().add(draft);
        return get(draft.id());
    }

    /** Adds the configured model and {@code max_tokens} to parameters that lack them. */
    private JsonObject withDefaults(JsonObject parameters) {
        var body = JsonText.builder(parameters)
                .add(
                        "messages",
                        JsonText.array()
                                .add(JsonText.builder().add("role", "user").add("content", "")))
                .build();
        try {
            return RequestText.parameters(
                    defaults.complete(new MessageRequest(body)).json());
        } catch (IllegalArgumentException e) {
            throw invalid(e.getMessage()).withCause(e);
        }
    }

    private static List<Row> rows(JsonArray messages, Instant now) {
        var rows = new ArrayList<Row>();
        for (JsonObject message : messages.getValuesAs(JsonObject.class)) {
            String role = message.getString("role", "");
            if (!List.of("user", "assistant", "system").contains(role) || !message.containsKey("content")) {
                throw invalid("messages: message " + (rows.size() + 1) + " needs a role and content");
            }
            rows.add(Row.of(rows.size() + 1, role, JsonText.bytes(message.get("content")), now));
        }
        return rows;
    }

    private static ClaudeException invalid(String message) {
        return ClaudeException.of(ErrorType.INVALID_REQUEST, message);
    }

    static ClaudeException isBusy(String id) {
        return ClaudeException.of(
                ErrorType.CONFLICT,
                id
                        + " has a question without an answer. Wait for the end of its stream or job, or fork the conversation.");
    }

    /** Returns the error for an unknown id. */
    static ClaudeException noSuchConversation(String id) {
        return ClaudeException.of(
                ErrorType.NOT_FOUND,
                "There is no conversation " + id + ". Conversations are deleted when claude.conversation.retention has"
                        + " expired since their last use.");
    }

    private void reserve(long bytes) {
        if (!store().reserve(bytes)) {
            throw ClaudeException.of(
                            ErrorType.OVERLOADED,
                            "Storage for conversations is full (claude.conversation.max-bytes). Delete conversations"
                                    + " and retry.")
                    .withRetryAfter(STORAGE_RETRY);
        }
    }

    private void requireLength(int messages) {
        if (messages > settings.maxMessages()) {
            throw invalid("The conversation would have " + messages + " messages; the limit is "
                    + settings.maxMessages() + " (claude.conversation.max-messages). Start another conversation.");
        }
    }

    /** Returns a conversation with all its messages. Empty if it was deleted or has expired. */
    public Optional<Conversation> find(String id) {
        return head(id).map(found -> {
            var messages = new ArrayList<ConversationMessage>();
            store().each(id, 1, found.messageCount(), row -> messages.add(row.message()));
            return found.withMessages(messages);
        });
    }

    private Optional<Conversation> head(String id) {
        if (!RandomId.isValid(PREFIX, id)) {
            return Optional.empty();
        }
        open.awaitClosed(id);
        return store().find(id);
    }

    private Conversation get(String id) {
        return head(id).orElseThrow(() -> noSuchConversation(id));
    }

    /**
     * Lists the conversations of all owners, newest first, without their messages.
     *
     * @param limit from 1 to 1000
     */
    public List<Conversation> list(int limit) {
        return store().list(Optional.empty(), requireLimit(limit));
    }

    /**
     * Lists the conversations of one owner, newest first, without their messages.
     *
     * @param limit from 1 to 1000
     */
    public List<Conversation> list(String owner, int limit) {
        return store().list(Optional.of(owner), requireLimit(limit));
    }

    private static int requireLimit(int limit) {
        if (limit < 1 || limit > MAX_LISTED) {
            throw invalid("limit: " + limit + " is not between 1 and " + MAX_LISTED);
        }
        return limit;
    }

    /**
     * Asks a question and streams the answer.
     *
     * @throws ClaudeException like {@link #stream(String, Question, RequestOptions)}
     */
    public ClaudeStream stream(String id, String question) {
        return stream(id, Question.of(question), RequestOptions.none());
    }

    /**
     * Asks a question and streams the answer.
     *
     * @throws ClaudeException like {@link #stream(String, Question, RequestOptions)}
     */
    public ClaudeStream stream(String id, Question question) {
        return stream(id, question, RequestOptions.none());
    }

    /**
     * Asks a question and streams the answer. The conversation contains the answer when {@code message_stop} arrives.
     * Returns immediately; if Claude rejects the request, the stream has an {@code error} event. Canceling the stream
     * ends the question.
     *
     * @param options a caller other than the conversation's owner, headers, a timeout and so on
     * @throws ClaudeException {@code not_found_error}; {@code conflict_error} if another question has no answer yet;
     *     {@code invalid_request_error} if tool results are missing, the last answer is paused, or the conversation is
     *     too long ({@code claude.conversation.max-messages}); {@code request_too_large} for a history of more than 32
     *     MB; {@code overloaded_error} if storage is full ({@code claude.conversation.max-bytes}) or the server has the
     *     maximum number of streams; {@code rate_limit_error} if the caller has reached a limit
     */
    public ClaudeStream stream(String id, Question question, RequestOptions options) {
        Conversation conversation = get(id);
        HistoryEnd.of(store(), conversation).requireNext(question);
        return ask(conversation, Optional.of(question), options);
    }

    /**
     * Continues an answer that Claude has paused ({@link Conversation#isPaused}), without another question. Also
     * answers a last question that has no answer, which exists if a conversation was forked at that question.
     *
     * @throws ClaudeException {@code invalid_request_error} if nothing can be continued; otherwise like
     *     {@link #stream(String, Question, RequestOptions)}
     */
    public ClaudeStream resume(String id, RequestOptions options) {
        Conversation conversation = get(id);
        HistoryEnd.of(store(), conversation).requireUnfinished();
        return ask(conversation, Optional.empty(), options);
    }

    /**
     * Asks a question and waits for the answer. The conversation then contains the answer.
     *
     * @throws ClaudeException like {@link #send(String, Question, RequestOptions)}
     */
    public Message send(String id, String question) {
        return send(id, Question.of(question), RequestOptions.none());
    }

    /**
     * Asks a question and waits for the answer. The conversation then contains the answer.
     *
     * @throws ClaudeException like {@link #send(String, Question, RequestOptions)}
     */
    public Message send(String id, Question question) {
        return send(id, question, RequestOptions.none());
    }

    /**
     * Asks a question and waits for the answer. The conversation then contains the answer.
     *
     * @throws ClaudeException like {@link #stream(String, Question, RequestOptions)}, and the error of the stream if it
     *     ends without an answer
     */
    public Message send(String id, Question question, RequestOptions options) {
        ClaudeStream stream = stream(id, question, options);
        try {
            return stream.message();
        } catch (ClaudeException e) {
            // Other servers do not know that the stream has ended.
            open.awaitClosed(id);
            throw e;
        }
    }

    private ClaudeStream ask(Conversation conversation, Optional<Question> question, RequestOptions options) {
        String id = conversation.id();
        String caller = options.caller().orElse(conversation.owner());
        var opening = opening(conversation, question);
        reserve(opening.bytes());
        quota.admit(caller, true);
        AskedQuestion askedQuestion = open.open(id, opening);
        var reservation = new BodyReservation(memory);
        try {
            byte[] body = body(conversation, question, reservation);
            ClaudeStream stream = streams.start(
                    ClaudeRequest.stream(new BufferedBody(body, reservation::close))
                            .withModel(MessagesBody.ofMessages(body).model())
                            .with(options)
                            .withCaller(caller),
                    askedQuestion);
            askedQuestion.watch(stream);
            return stream;
        } catch (RuntimeException | Error e) {
            reservation.close();
            askedQuestion.close();
            throw e;
        }
    }

    private ConversationStore.NewQuestion opening(Conversation conversation, Optional<Question> question) {
        requireLength(conversation.messageCount() + (question.isPresent() ? 2 : 1));
        if (conversation.question().isPresent()) {
            throw isBusy(conversation.id());
        }
        return new ConversationStore.NewQuestion(
                conversation.messageCount(),
                RandomId.of(TOKEN_PREFIX),
                question.map(Question::bytes).orElse(null));
    }

    /** @param reservation reserves memory for the body; the caller closes it */
    private byte[] body(Conversation conversation, Optional<Question> question, BodyReservation reservation) {
        var parameters = JsonText.builder(conversation.request());
        question.ifPresent(one -> one.parameters().forEach(parameters::add));
        var text = new RequestText(parameters.build());
        int count = conversation.messageCount();
        Optional<byte[]> content = question.map(Question::bytes);
        ConversationStore.Size history = store().size(conversation.id(), count);
        var all = content.map(bytes ->
                        new ConversationStore.Size(history.content() + bytes.length, history.roles() + "user".length()))
                .orElse(history);
        long length = text.length(all, content.isPresent() ? count + 1 : count);
        if (length > MessagesBody.MAX_BYTES) {
            throw MessagesBody.tooLarge();
        }
        reservation.exactly(length);
        text.begin((int) length);
        store().each(conversation.id(), 1, count, row -> text.add(row.role(), row.content()));
        content.ifPresent(bytes -> text.add("user", bytes));
        return text.end().orElseThrow(() -> noSuchConversation(conversation.id()));
    }

    /**
     * Asks a question in a job, in the caller's transaction if it has one. The transaction that ends the job adds the
     * answer, even after a restart and on another server.
     *
     * @throws ClaudeException like {@link #job(String, Question, Function)}
     */
    @Transactional(value = Transactional.TxType.SUPPORTS, dontRollbackOn = ClaudeException.class)
    public Job job(String id, String question) {
        return job(id, Question.of(question), JobRequest::of);
    }

    /**
     * Asks a question in a job, in the caller's transaction if it has one. The transaction that ends the job adds the
     * answer, even after a restart and on another server. Until then no other question can be asked.
     *
     * <pre>{@code
     * conversations.job(id, Question.of("Summarise."), request -> JobRequest.of(request).withCallback(url));
     * }</pre>
     *
     * <p>A job that fails ends its question. If it is retried ({@code JobManagerBean.retry}), its answer is added only
     * if no other question was asked since.
     *
     * @param asJob makes a job from the request, which contains the whole conversation. If the options of the job have
     *     no caller, the conversation's owner owns the job
     * @throws ClaudeException like {@link #stream(String, Question, RequestOptions)} and
     *     {@link io.github.claudejakarta.job.JobManagerBean#submit(JobRequest)}; {@code invalid_request_error} if
     *     conversations are in memory. If another question is asked at the same moment, the {@code conflict_error}
     *     marks the caller's transaction for rollback
     */
    @Transactional(value = Transactional.TxType.SUPPORTS, dontRollbackOn = ClaudeException.class)
    public Job job(String id, Question question, Function<MessageRequest, JobRequest> asJob) {
        Conversation conversation = get(id);
        HistoryEnd.of(store(), conversation).requireNext(question);
        var opening = opening(conversation, Optional.of(question));
        var step = store().openForJob(id, opening);
        reserve(opening.bytes());
        try (var reservation = new BodyReservation(memory)) {
            byte[] body = body(conversation, Optional.of(question), reservation);
            MessagesBody.ofMessages(body);
            MessageRequest request = MessageRequest.parse(new String(body, StandardCharsets.UTF_8));
            return jobs.submit(withOwner(conversation.owner(), asJob.apply(request)), step);
        }
    }

    private static JobRequest withOwner(String owner, JobRequest job) {
        return job.options().caller().isPresent()
                ? job
                : job.withOptions(job.options().withCaller(owner));
    }

    /**
     * Adds a question and an answer that is not from a request of this bean, such as the result of a batch. The answer
     * counts as Claude's, because a message does not say whether it is from a simulator.
     *
     * @throws ClaudeException like {@link #stream(String, Question, RequestOptions)}; {@code invalid_request_error} for
     *     an answer that a conversation does not store ({@link Conversation#isStorable})
     */
    public Conversation append(String id, Question question, Message answer) {
        if (!Conversation.isStorable(answer)) {
            throw invalid(
                    "The answer cannot be added to a conversation: it has no content or no stop_reason, it was refused,"
                            + " or it ends within a thinking block");
        }
        return appendRows(id, question, Row.Answer.of(answer, false));
    }

    /**
     * Adds a question and an answer that the application has written.
     *
     * @throws ClaudeException like {@link #append(String, Question, Message)}
     */
    public Conversation append(String id, String question, String answer) {
        return appendRows(id, Question.of(question), Row.Answer.of(answer));
    }

    private Conversation appendRows(String id, Question question, Row.Answer answer) {
        Conversation conversation = get(id);
        HistoryEnd.of(store(), conversation).requireNext(question);
        var opening = opening(conversation, Optional.of(question));
        reserve(opening.bytes() + answer.bytes());
        AskedQuestion askedQuestion = open.open(id, opening);
        try {
            askedQuestion.append(answer);
        } catch (RuntimeException | Error e) {
            askedQuestion.close();
            throw e;
        }
        return get(id);
    }

    /**
     * Forks a conversation after its last message. The fork has copies of all messages and the same owner. Later
     * changes of one conversation do not affect the other.
     *
     * @throws ClaudeException {@code not_found_error}; {@code overloaded_error} if storage is full
     */
    public Conversation fork(String id) {
        return fork(get(id), Optional.empty());
    }

    /**
     * Forks a conversation after one of its messages. The fork does not contain the messages after it.
     *
     * @param messageId {@link ConversationMessage#id} of the last message of the fork
     * @throws ClaudeException {@code not_found_error}, also for a message that the conversation does not have;
     *     {@code overloaded_error} if storage is full
     */
    public Conversation fork(String id, String messageId) {
        return fork(get(id), Optional.of(messageId));
    }

    private Conversation fork(Conversation source, Optional<String> messageId) {
        reserve(source.bytes());
        String forkId = RandomId.of(PREFIX);
        if (!store().fork(source.id(), messageId, forkId)) {
            throw messageId
                    .map(last -> ClaudeException.of(
                            ErrorType.NOT_FOUND,
                            source.id() + " has no message " + last + ". Use the id of one of its messages."))
                    .orElseGet(() -> noSuchConversation(source.id()));
        }
        return get(forkId);
    }

    /**
     * Returns a conversation as JSON, in the form of {@link #export}. For a long conversation, {@code export} needs
     * less memory.
     *
     * @throws ClaudeException {@code not_found_error}
     */
    public String json(String id) {
        var out = new ByteArrayOutputStream();
        export(id, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    /**
     * Writes a conversation as JSON in UTF-8. Contents of messages are written as they were sent to Claude and received
     * from it. The stream is flushed and stays open.
     *
     * <pre>{@code
     * {"id": "conv_...", "type": "conversation", "owner": "local", "created_at": "...", "used_at": "...",
     *  "forked_from": null or {"conversation_id", "message_id"},
     *  "question": null or {"asked_at", "stream_id", "job_id"},
     *  "request": {"model": ..., "max_tokens": ..., ...},
     *  "messages": [
     *    {"id": "cmsg_...", "role": "user", "created_at": "...", "content": ...},
     *    {"id": "cmsg_...", "role": "assistant", "created_at": "...", "content": [...],
     *     "message": {"id": "msg_...", "model": ..., "stop_reason": ..., "usage": {...}, ...}}]}
     * }</pre>
     *
     * <p>{@code message} is Claude's message without its content. It is absent for a message that is not Claude's.
     * {@code unparsed_tool_inputs} is next to it if a tool's input was not a JSON object, and {@code "simulator": true}
     * if the answer is from a simulator.
     *
     * @throws ClaudeException {@code not_found_error}; nothing is written
     * @throws java.io.UncheckedIOException if the stream fails
     */
    public void export(String id, OutputStream out) {
        new ConversationJson(out).write(get(id), store());
    }

    /**
     * Deletes a conversation. An answer that has not arrived yet is not stored, and its stream ends with an error.
     *
     * @return whether the conversation existed
     */
    public boolean delete(String id) {
        return RandomId.isValid(PREFIX, id) && store().delete(id);
    }
}
