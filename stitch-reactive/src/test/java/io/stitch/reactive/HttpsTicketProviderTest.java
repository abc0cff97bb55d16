package io.stitch.reactive;

import io.netty.handler.ssl.SslContextBuilder;
import io.stitch.reactive.spi.TicketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

import static org.assertj.core.api.Assertions.assertThat;

class HttpsTicketProviderTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path folder;

    @Test
    void theTicketServerIsVerifiedAsABrokerIs() throws IOException {
        TestCertificates certificates = TestCertificates.in(folder)
                .issue("server", "san=ip:127.0.0.1")
                .issue("elsewhere", "san=dns:elsewhere.example");
        TlsOptions trusting = TlsOptions.system().trust(certificates.file("ca.pem"));
        DisposableServer server = server(certificates, "server");
        DisposableServer elsewhere = server(certificates, "elsewhere");

        StepVerifier.create(ticket(server, trusting))
                .expectNext("jwt")
                .expectComplete()
                .verify(LIMIT);
        for (Mono<String> refused :
                java.util.List.of(ticket(server, TlsOptions.system()), ticket(elsewhere, trusting))) {
            StepVerifier.create(refused)
                    .expectErrorSatisfies(error -> assertThat(error)
                            .isInstanceOf(TicketException.class)
                            .hasMessageContaining("failed"))
                    .verify(LIMIT);
        }
        server.disposeNow();
        elsewhere.disposeNow();
    }

    private static Mono<String> ticket(DisposableServer server, TlsOptions tls) {
        return HttpTicketProvider.at("https://127.0.0.1:" + server.port())
                .tls(tls)
                .firstDelay(Duration.ofMillis(1))
                .ticket()
                .subscribeOn(Schedulers.parallel());
    }

    private static DisposableServer server(TestCertificates certificates, String name) throws IOException {
        var context = SslContextBuilder.forServer(
                        certificates.file(name + ".pem").toFile(),
                        certificates.file(name + ".key").toFile())
                .build();
        return HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .secure(spec -> spec.sslContext(context))
                .handle((request, response) -> response.sendString(Mono.just("{\"ticket\":\"jwt\"}")))
                .bindNow();
    }
}
