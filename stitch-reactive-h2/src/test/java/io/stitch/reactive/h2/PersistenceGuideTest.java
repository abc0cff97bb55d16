package io.stitch.reactive.h2;

import io.stitch.reactive.EntityType;
import io.stitch.reactive.FieldRules;
import io.stitch.reactive.OnlyCopyException;
import io.stitch.reactive.PersistenceException;
import io.stitch.reactive.RemoteOptions;
import io.stitch.reactive.StitchSchema;
import io.stitch.reactive.StitchStore;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** The code of docs/persistence.md: it compiles here, and the guide shows nothing else. */
class PersistenceGuideTest {
    private static final Path GUIDE = Path.of("..", "docs", "persistence.md");
    private static final Path THIS =
            Path.of("src", "test", "java", "io", "stitch", "reactive", "h2", "PersistenceGuideTest.java");

    record Project(String id, String name) {}

    private final StitchSchema schema =
            StitchSchema.root(EntityType.of("project", Project.class)).build();
    private final List<String> shown = new ArrayList<>();

    private void statusLine(String text) {
        shown.add(text);
    }

    @Test
    void theGuideShowsOnlyCodeThatCompilesHere() throws IOException {
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(Files.readString(GUIDE));
        String source = squeezed(Files.readString(THIS));
        List<String> found = new ArrayList<>();
        while (blocks.find()) {
            found.add(blocks.group(1));
            assertThat(source).contains(squeezed(withoutImports(blocks.group(1))));
        }
        assertThat(found).hasSize(9);
    }

    /** Whether they are the right ones, and all, is tested where all chapters are. */
    private static String withoutImports(String block) {
        return block.replaceAll("(?m)^import .*;\n", "");
    }

    private static String squeezed(String code) {
        return code.replaceAll("\\s+", "");
    }

    StitchStore open(RemoteOptions remote) {
        StitchStore store = StitchStore.builder()
                .schema(schema)
                .remote(remote)
                .persistence(H2Persistence.file(Path.of("data", "tasks")))
                .build();
        return store;
    }

    void start(StitchStore store) {
        store.start().subscribe(unused -> {}, error -> {
            if (error instanceof PersistenceException failure) {
                statusLine(failure.reason() + ": " + failure.getMessage());
            }
        });
    }

    H2Persistence encrypted(char[] passphrase) {
        H2Persistence encrypted = H2Persistence.builder(Path.of("data", "tasks"))
                .passphrase(passphrase)
                .build();
        return encrypted;
    }

    Mono<Void> change(char[] oldPassphrase, char[] newPassphrase) {
        Mono<Void> changed = H2Persistence.changePassphrase(Path.of("data", "tasks"), oldPassphrase, newPassphrase);
        return changed;
    }

    Mono<Void> backup(H2Persistence persistence) {
        Mono<Void> saved = persistence.backup(Path.of("backup.zip"));
        return saved;
    }

    void recover() {
        H2Persistence.recover(Path.of("data", "tasks"), null)
                .subscribe(recovery -> statusLine(recovery.records() + " records and " + recovery.pendingWrites()
                        + " writes were saved; " + recovery.lost()));
    }

    FieldRules rules() {
        FieldRules rules = FieldRules.none().indexed("assignee", "due");
        return rules;
    }

    void clear(StitchStore store) {
        store.clearLocalData().subscribe();
    }

    void clearOnWord(StitchStore store) {
        store.clearLocalData()
                .onErrorResume(
                        OnlyCopyException.class,
                        only -> mayGo(only.records() + " records of " + only.scopeId())
                                ? store.clearLocalData(true)
                                : Mono.empty())
                .subscribe();
    }

    private static boolean mayGo(String what) {
        return what.isEmpty();
    }
}
