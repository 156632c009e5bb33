package io.github.claudejakarta.it.beans;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.RequestScoped;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.client.Client;
import jakarta.ws.rs.client.ClientBuilder;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.function.LongSupplier;
import javax.naming.InitialContext;
import javax.naming.NamingException;
import javax.sql.DataSource;

/** Beans of an application inside the server, without qualifiers, of types that libraries may also produce. */
@ApplicationScoped
@SuppressWarnings("UnusedVariable") // CDI reads the produced fields.
public class NeighbourProducers {

    static final Instant NOW = Instant.parse("2001-02-03T04:05:06Z");

    @Produces
    @Singleton
    private final Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);

    @Produces
    private final LongSupplier numbers = () -> 1;

    @Produces
    private final ThreadFactory threads = Thread::new;

    @Produces
    @ApplicationScoped
    ExecutorService executor() {
        return Executors.newSingleThreadExecutor();
    }

    void stop(@Disposes ExecutorService executor) {
        executor.shutdown();
    }

    @Produces
    DataSource database() throws NamingException {
        return InitialContext.doLookup("jdbc/claude");
    }

    @Produces
    Client http() {
        return ClientBuilder.newClient();
    }

    void close(@Disposes Client client) {
        client.close();
    }

    @Produces
    @Singleton
    Jsonb json() {
        return JsonbBuilder.create();
    }

    /** A resource into which the beans are injected. */
    @Path("/beans")
    @RequestScoped
    public static class Page {

        @Inject
        Clock clock;

        @Inject
        LongSupplier numbers;

        @Inject
        ThreadFactory threads;

        @Inject
        ExecutorService executor;

        @Inject
        Executor also;

        @Inject
        DataSource database;

        @Inject
        Client http;

        @Inject
        Jsonb json;

        @GET
        public String now() {
            return clock.instant() + " " + numbers.getAsLong() + " " + json.toJson(threads != null && http != null);
        }
    }
}
