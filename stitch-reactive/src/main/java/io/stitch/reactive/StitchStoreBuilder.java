package io.stitch.reactive;

import io.stitch.reactive.internal.runtime.DefaultStitchStore;
import io.stitch.reactive.internal.runtime.StoreSettings;
import io.stitch.reactive.spi.MqttConnector;
import io.stitch.reactive.spi.Persistence;
import io.stitch.reactive.spi.StoreObserver;
import io.stitch.reactive.spi.SyncMode;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.json.JsonMapper;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.DoubleSupplier;

/** Builds a {@link StitchStore}. */
public final class StitchStoreBuilder {
    /** Made once, and only when a store needs it. */
    private static final class DefaultMapper {
        static final JsonMapper INSTANCE = JsonMapper.builder()
                .disable(DateTimeFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
                .enable(DateTimeFeature.WRITE_DATES_WITH_ZONE_ID)
                .build();
    }

    /** Where nobody connects to. */
    private static final RemoteOptions NOWHERE = RemoteOptions.to("mqtt://nowhere.invalid");

    private @Nullable StitchSchema schema;
    private @Nullable RemoteOptions remote;
    private @Nullable Scheduler scheduler;
    private @Nullable MqttConnector connector;
    private @Nullable ReconnectValidator reconnectValidator;
    private @Nullable String clientId;
    private DoubleSupplier random = () -> ThreadLocalRandom.current().nextDouble();
    private boolean addressed = true;
    private boolean autoConnect = true;
    private boolean daemonThreads = true;
    private SyncMode syncMode = ServerSync.create();
    private JsonMapper mapper = defaultMapper();
    private Persistence persistence = Persistence.none();
    private int maxPendingWrites = 100_000;
    private Duration keepWarm = Duration.ZERO;
    private int maxWarmScopes = 100;
    private StoreObserver observer = StoreObserver.NONE;

    StitchStoreBuilder() {}

    private static JsonMapper defaultMapper() {
        try {
            return DefaultMapper.INSTANCE;
        } catch (LinkageError e) {
            throw new IllegalStateException(
                    "Jackson 3 cannot start: com.fasterxml.jackson.core:jackson-annotations is older here than it needs. Spring Boot 3 manages"
                            + " it to an older version, for one: name the newer one in your build, as \"In your own build\" in docs/start.md shows.",
                    e);
        }
    }

    /**
     * Sets the entities. Required.
     *
     * @param schema the schema
     * @return this builder
     */
    public StitchStoreBuilder schema(StitchSchema schema) {
        this.schema = schema;
        return this;
    }

    /**
     * Sets the broker. Required, unless {@link #withoutRemote()} is said.
     *
     * @param remote where it is and how to log in
     * @return this builder
     */
    public StitchStoreBuilder remote(RemoteOptions remote) {
        this.remote = remote;
        this.addressed = true;
        return this;
    }

    /**
     * Has the store work with what it keeps alone, until {@link StitchStore#reconnect(RemoteOptions)} says where to connect to. What is written
     * meanwhile is queued, and sent then; local-only entities never are.
     *
     * @return this builder
     */
    public StitchStoreBuilder withoutRemote() {
        this.remote = null;
        this.addressed = false;
        return this;
    }

    /**
     * Sets the sync mode, {@link ServerSync#create()} by default.
     *
     * @param mode the mode
     * @return this builder
     */
    public StitchStoreBuilder syncMode(SyncMode mode) {
        this.syncMode = mode;
        return this;
    }

    /**
     * Sets the MQTT client id. By default it is made once for each local database, or for each store without one. No two
     * stores that run at once may have the same. It is 1 to 128 bytes without {@code + # / \} and control characters; in server mode it
     * does not begin with {@code mqdb-} and is not {@code events}.
     *
     * @param clientId the id
     * @return this builder
     */
    public StitchStoreBuilder clientId(String clientId) {
        this.clientId = clientId;
        return this;
    }

    /**
     * Sets what keeps records and pending writes beyond the life of the store; by default nothing does.
     *
     * @param persistence the persistence; the store opens and closes it
     * @return this builder
     */
    public StitchStoreBuilder persistence(Persistence persistence) {
        this.persistence = persistence;
        return this;
    }

    /**
     * Sets whether {@link StitchStore#start()} begins to connect, which it does by default. Otherwise the store is offline
     * until {@link StitchStore#connect()}.
     *
     * @param connect whether to connect
     * @return this builder
     */
    public StitchStoreBuilder autoConnect(boolean connect) {
        this.autoConnect = connect;
        return this;
    }

    /**
     * Sets whether the store's worker and its MQTT client's threads are daemons, which they are by default: then a program ends with its
     * last thread of its own, and one that has nothing else to do waits for {@link StitchStore#onClose()}. Otherwise the store keeps the
     * JVM alive until it is closed. A scheduler that is passed in has threads of its own.
     *
     * @param daemon whether they are
     * @return this builder
     */
    public StitchStoreBuilder daemonThreads(boolean daemon) {
        this.daemonThreads = daemon;
        return this;
    }

    /**
     * Sets how many writes may wait for the server, 100 000 by default. One more fails, and is not applied.
     *
     * @param writes the bound, 1 or more
     * @return this builder
     */
    public StitchStoreBuilder maxPendingWrites(int writes) {
        this.maxPendingWrites = writes;
        return this;
    }

    /**
     * Sets how long a scope stays as if it were open after its last handle was closed: subscribed, in memory, and up to date. Who opens it
     * again meanwhile pays nothing for it: no subscription, no hello, no reading from disk. By default it is let go at once. {@link
     * StitchStore#openScope(String, Duration)} says otherwise for one handle; {@link #maxWarmScopes} bounds their number.
     *
     * @param duration how long, from when each handle is closed; zero for not at all
     * @return this builder
     */
    public StitchStoreBuilder keepWarm(Duration duration) {
        this.keepWarm = duration;
        return this;
    }

    /**
     * Sets how many scopes are kept warm at most, 100 by default. Of one more, the scope that was closed longest ago is let go.
     *
     * @param scopes the bound, 1 or more
     * @return this builder
     */
    public StitchStoreBuilder maxWarmScopes(int scopes) {
        this.maxWarmScopes = scopes;
        return this;
    }

    /**
     * Sets what decides whether a connection may be used, each time the store has connected again and before it sends
     * anything: no subscription, no hello and no queued write comes before the answer. The first connection of a store is
     * not asked about.
     *
     * @param validator decides
     * @return this builder
     */
    public StitchStoreBuilder reconnectValidator(ReconnectValidator validator) {
        this.reconnectValidator = validator;
        return this;
    }

    /**
     * Sets what the store's worker and timers run on, a thread of its own by default. With a virtual-time scheduler
     * time stands still until the test moves it. The store does not dispose it.
     *
     * @param scheduler the scheduler
     * @return this builder
     */
    public StitchStoreBuilder scheduler(Scheduler scheduler) {
        this.scheduler = scheduler;
        return this;
    }

    /**
     * Sets where random waits come from, so that a test in virtual time can be repeated.
     *
     * @param numbers numbers from 0 to below 1, asked on the store's worker
     * @return this builder
     */
    public StitchStoreBuilder random(DoubleSupplier numbers) {
        this.random = numbers;
        return this;
    }

    /**
     * Sets what writes and reads records. By default it is a plain mapper that keeps the zones of times: an {@code OffsetDateTime} is
     * read with the offset that it was written with, a {@code ZonedDateTime} with its zone. Whatever a mapper says of unknown properties,
     * the protocol's own fields of a record, which begin with {@code _}, are none.
     *
     * @param mapper the mapper
     * @return this builder
     */
    public StitchStoreBuilder jsonMapper(JsonMapper mapper) {
        this.mapper = mapper;
        return this;
    }

    /**
     * Sets who is told what the store does, for metrics and traces; by default nobody is, and nothing is paid for it. With
     * Micrometer, {@code StitchMetrics} makes one.
     *
     * @param observer watches this store, and no other
     * @return this builder
     */
    public StitchStoreBuilder observer(StoreObserver observer) {
        this.observer = observer;
        return this;
    }

    /**
     * Replaces the MQTT client, for tests.
     *
     * @param connector opens connections
     * @return this builder
     */
    public StitchStoreBuilder connector(MqttConnector connector) {
        this.connector = connector;
        return this;
    }

    /**
     * Checks the configuration and makes the store; nothing is opened before {@link StitchStore#start()}.
     *
     * @return the store
     * @throws SchemaException if something is missing or cannot work, with the field and the fix
     */
    public StitchStore build() {
        if (schema == null) {
            throw new SchemaException("schema: missing. Set it with schema(StitchSchema.root(…)…build()).");
        }
        RemoteOptions address = addressed ? remote : NOWHERE;
        if (address == null) {
            throw new SchemaException(
                    "remote: missing. Set it with remote(RemoteOptions.to(\"mqtt://host:1883\")), or say withoutRemote().");
        }
        String id = clientId;
        String problem = id == null
                ? null
                : syncMode instanceof ServerSync ? Names.serverModeClientIdProblem(id) : Names.clientIdProblem(id);
        if (problem != null) {
            throw new SchemaException("clientId: '%s' cannot be used: %s.".formatted(clientId, problem));
        }
        if (maxPendingWrites < 1) {
            throw new SchemaException(
                    "maxPendingWrites: at least 1 write must be allowed to wait, not %d.".formatted(maxPendingWrites));
        }
        if (maxWarmScopes < 1) {
            throw new SchemaException(
                    "maxWarmScopes: at least 1 scope must be allowed to stay warm, not %d. To keep none, leave out keepWarm."
                            .formatted(maxWarmScopes));
        }
        return new DefaultStitchStore(new StoreSettings(
                schema,
                address,
                addressed,
                syncMode,
                clientId,
                persistence,
                autoConnect,
                daemonThreads,
                maxPendingWrites,
                StoreSettings.KeepWarm.of(keepWarm, maxWarmScopes),
                reconnectValidator,
                scheduler,
                random,
                mapper,
                observer,
                connector));
    }
}
