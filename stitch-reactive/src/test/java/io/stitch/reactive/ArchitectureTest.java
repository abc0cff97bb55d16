package io.stitch.reactive;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

class ArchitectureTest {
    @Test
    void dependenciesBetweenPackagesPointOneWay() {
        JavaClasses classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.stitch.reactive");

        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("root")
                .definedBy("io.stitch.reactive")
                .layer("sync")
                .definedBy("io.stitch.reactive.sync")
                .layer("store")
                .definedBy("io.stitch.reactive.store")
                .layer("transport")
                .definedBy("io.stitch.reactive.transport")
                .layer("wire")
                .definedBy("io.stitch.reactive.wire")
                .optionalLayer("persistence")
                .definedBy("io.stitch.reactive.persistence")
                .whereLayer("root")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("sync")
                .mayOnlyBeAccessedByLayers("root")
                .whereLayer("store")
                .mayOnlyAccessLayers("persistence", "wire")
                .whereLayer("transport")
                .mayOnlyAccessLayers("wire")
                .whereLayer("wire")
                .mayNotAccessAnyLayer()
                .whereLayer("persistence")
                .mayNotAccessAnyLayer()
                .check(classes);
    }
}
