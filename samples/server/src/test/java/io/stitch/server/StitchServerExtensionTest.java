package io.stitch.server;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class StitchServerExtensionTest {
    @Nested
    class AsAStaticField {
        @RegisterExtension
        static final StitchServerExtension EXTENSION = StitchServerExtension.of(
                StitchServerOptions.builder().legacy(true).build());

        private static final List<Integer> PORTS = new ArrayList<>();

        @BeforeAll
        static void theServerRunsBeforeTheFirstTest(StitchServer server) {
            PORTS.add(server.port());
        }

        @Test
        void theParameterIsTheExtensionsServer(StitchServer server) {
            assertThat(EXTENSION.server()).isSameAs(server);
            PORTS.add(server.port());
        }

        @Test
        void theOptionsAreTheOnesGiven(StitchServer server) {
            try (var client = new TestClient(server, "c1")) {
                assertThat(client.connAck.getUserProperties().asList()).isEmpty();
            }
            PORTS.add(server.port());
        }

        @Nested
        class InANestedClass {
            @Test
            void theServerIsTheSame(StitchServer server) {
                PORTS.add(server.port());
            }
        }

        @AfterAll
        static void thereWasOneServerForTheClass() {
            assertThat(PORTS).hasSize(4).containsOnly(PORTS.get(0));
        }
    }

    @Nested
    class AsAnInstanceField {
        private static final List<StitchServer> SERVERS = new ArrayList<>();

        @RegisterExtension
        final StitchServerExtension extension = StitchServerExtension.of(StitchServerOptions.defaults());

        @Test
        void oneTestHasAServer(StitchServer server) {
            assertThat(server.records("note")).isEmpty();
            server.put("note", "{\"id\":\"n1\"}");
            SERVERS.add(extension.server());
        }

        @Test
        void anotherTestHasAnotherServer(StitchServer server) {
            assertThat(server.records("note")).isEmpty();
            server.put("note", "{\"id\":\"n1\"}");
            SERVERS.add(extension.server());
        }

        @AfterAll
        static void eachTestHadItsOwnAndItIsClosed() {
            assertThat(SERVERS)
                    .hasSize(2)
                    .doesNotHaveDuplicates()
                    .allSatisfy(
                            server -> assertThatThrownBy(server::startBroker).hasMessageContaining("closed"));
        }
    }

    @Nested
    @ExtendWith(StitchServerExtension.class)
    class ByExtendWith {
        @Test
        void theServerHasTheDefaults(StitchServer server) {
            try (var client = new TestClient(server, "c1")) {
                assertThat(client.request("$DB/note/list", "{}").path("status").asString())
                        .isEqualTo("ok");
            }
        }
    }

    @Test
    void withoutRegistrationTheErrorSaysWhatToDo() {
        assertThatThrownBy(() -> new StitchServerExtension().server()).hasMessageContaining("@RegisterExtension");
    }
}
