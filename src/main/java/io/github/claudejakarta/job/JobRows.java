package io.github.claudejakarta.job;

import io.github.claudejakarta.claude.Message;
import io.github.claudejakarta.claude.UnparsedToolInput;
import io.github.claudejakarta.durable.ApplicationName;
import io.github.claudejakarta.durable.Sql;
import io.github.claudejakarta.durable.StoredErrors;
import io.github.claudejakarta.durable.StoredHeaders;
import io.github.claudejakarta.runtime.MemoryReservation;
import io.github.claudejakarta.webhook.Callback;
import io.github.claudejakarta.webhook.Webhooks;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Reads jobs from rows of the table. */
final class JobRows {

    /**
     * The columns of an item in a list: all except the request, the message and the unparsed tool inputs, which may be
     * large.
     */
    static final String ITEM =
            "ordinal, id, owner, status, revision, attempts, restarts, stream_id, error, callback_url, metadata, headers, created_at,"
                    + " started_at, next_attempt_at, ended_at, simulated";

    private static final String WHOLE =
            ITEM + ", octet_length(message) as message_bytes, octet_length(unparsed_tool_inputs) as unparsed_bytes";
    /**
     * Memory of a message as a multiple of its bytes: its bytes, its text, the parser's buffers, and its JSON. Unparsed
     * tool inputs cost the same.
     */
    private static final long MEMORY_FACTOR = 8;

    private final Webhooks webhooks;
    private final ApplicationName application;

    /** @param application that owns the jobs */
    JobRows(Webhooks webhooks, ApplicationName application) {
        this.webhooks = webhooks;
        this.application = application;
    }

    Optional<Job> find(Connection connection, String id) throws SQLException {
        return find(connection, id, MemoryReservation.UNLIMITED);
    }

    /**
     * Returns a job with its message.
     *
     * @param reservation reserves memory for the message before it is read
     * @return empty if this application has no such job
     */
    Optional<Job> find(Connection connection, String id, MemoryReservation reservation) throws SQLException {
        return Sql.one(
                connection,
                "select " + WHOLE + " from claude_job where id = ? and application = ?",
                row -> job(
                        connection,
                        row,
                        message(
                                connection,
                                id,
                                row.getLong("message_bytes") + row.getLong("unparsed_bytes"),
                                reservation)),
                id,
                application.value());
    }

    /** @param bytes 0 if the job has no message */
    private static Optional<Message> message(
            Connection connection, String id, long bytes, MemoryReservation reservation) throws SQLException {
        if (bytes == 0) {
            return Optional.empty();
        }
        reservation.atLeast(MEMORY_FACTOR * bytes);
        return Sql.one(
                connection, "select message, unparsed_tool_inputs from claude_job where id = ?", JobRows::message, id);
    }

    private static Message message(ResultSet row) throws SQLException {
        byte[] message = row.getBytes(1);
        byte[] unparsed = row.getBytes(2);
        return message == null
                ? null
                : new Message(
                        Message.parse(new String(message, StandardCharsets.UTF_8))
                                .json(),
                        unparsed == null
                                ? List.of()
                                : unparsedToolInputs(new String(unparsed, StandardCharsets.UTF_8)));
    }

    private static List<UnparsedToolInput> unparsedToolInputs(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readArray().getValuesAs(UnparsedToolInput::of);
        }
    }

    /** Returns a job of a list, without its message. */
    Job item(Connection connection, ResultSet row) throws SQLException {
        return job(connection, row, Optional.empty());
    }

    private Job job(Connection connection, ResultSet row, Optional<Message> message) throws SQLException {
        String id = row.getString("id");
        return new Job(
                id,
                row.getString("owner"),
                JobStatus.of(row.getString("status")),
                row.getLong("revision"),
                row.getInt("attempts"),
                row.getInt("restarts"),
                Optional.ofNullable(row.getString("stream_id")),
                message,
                Optional.ofNullable(row.getString("error")).map(StoredErrors::failure),
                callback(connection, id, row.getString("callback_url")),
                Optional.ofNullable(row.getString("metadata")).map(JobRows::object),
                StoredHeaders.parse(row.getString("headers")).correlation(),
                Sql.instant(row, "created_at").orElseThrow(),
                Sql.instant(row, "started_at"),
                Sql.instant(row, "next_attempt_at"),
                Sql.instant(row, "ended_at"),
                row.getBoolean("simulated"));
    }

    private Optional<Callback> callback(Connection connection, String id, String url) throws SQLException {
        return webhooks.callback(connection, id, url);
    }

    private static JsonObject object(String text) {
        try (var reader = Json.createReader(new StringReader(text))) {
            return reader.readObject();
        }
    }
}
