package io.stitch.reactive.peer;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/** Peer mode is the sibling of server mode: both are built on the same rooms, and on nothing of each other. */
class PeerArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.stitch.reactive.peer");

    @Test
    void peersUseNothingOfServerModeAndOfWhatPutsStoresTogether() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.stitch.reactive.internal.server..", "io.stitch.reactive.internal.runtime..")
                .check(CLASSES);
    }

    @Test
    void whatPeersPutOnTheWireTouchesNoState() {
        noClasses()
                .that()
                .resideInAPackage("io.stitch.reactive.peer.internal.wire")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.stitch.reactive.peer.internal",
                        "io.stitch.reactive.internal.records..",
                        "io.stitch.reactive.internal.writes..",
                        "io.stitch.reactive.internal.connection..",
                        "io.stitch.reactive.internal.mode..")
                .check(CLASSES);
    }
}
