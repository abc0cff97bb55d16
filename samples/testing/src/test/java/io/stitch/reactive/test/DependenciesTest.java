package io.stitch.reactive.test;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

class DependenciesTest {
    private static final JavaClasses CLASSES = new ClassFileImporter().importPackages("io.stitch.reactive");

    @Test
    void nothingButTheKitKnowsTestTools() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.stitch.reactive.test..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.junit..", "org.assertj..", "reactor.test..", "io.stitch.server..")
                .check(CLASSES);
    }

    @Test
    void theKitItselfKnowsNeitherPeersNorADatabase() {
        noClasses()
                .that()
                .resideInAPackage("io.stitch.reactive.test")
                .and()
                .haveSimpleNameNotEndingWith("Test")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.stitch.reactive.peer..", "io.stitch.reactive.h2..", "io.stitch.reactive.internal..")
                .check(CLASSES);
    }
}
