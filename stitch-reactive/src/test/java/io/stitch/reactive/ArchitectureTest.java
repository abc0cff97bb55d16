package io.stitch.reactive;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.stitch.reactive.spi.ForeignText;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

/** What users import and others implement is kept apart from the rest, and the rest depends on itself one way. */
class ArchitectureTest {
    private static final String API = "io.stitch.reactive";
    private static final String SPI = "io.stitch.reactive.spi";
    private static final String INTERNAL = "io.stitch.reactive.internal";

    /** Each may use those before it, and none behind it. */
    private static final List<String> ROOMS = List.of(
            "wire",
            "digest",
            "records",
            "queries",
            "writes",
            "intake",
            "lanes",
            "connection",
            "mode",
            "local",
            "people",
            "server",
            "runtime");

    private static final int LARGE = 20;

    @SuppressWarnings("NullAway.Init")
    private static JavaClasses classes;

    @BeforeAll
    static void read() {
        classes = new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages(API);
    }

    static List<String> rooms() {
        return ROOMS;
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void aRoomUsesOnlyThoseBeforeIt(String room) {
        String[] behind = IntStream.range(ROOMS.indexOf(room) + 1, ROOMS.size())
                .mapToObj(ROOMS::get)
                .map(later -> INTERNAL + '.' + later + "..")
                .toArray(String[]::new);
        if (behind.length > 0) {
            noClasses()
                    .that()
                    .resideInAPackage(INTERNAL + '.' + room + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(behind)
                    .check(classes);
        }
    }

    @Test
    void everyRoomHasAPlaceInTheOrder() {
        Set<String> known =
                Set.copyOf(ROOMS.stream().map(room -> INTERNAL + '.' + room).toList());

        assertThat(classes)
                .allSatisfy(each -> assertThat(Stream.concat(known.stream(), Stream.of(API, SPI, INTERNAL)))
                        .contains(each.getPackageName()));
    }

    @Test
    void connectionsKnowNoOtherRoom() {
        noClasses()
                .that()
                .resideInAPackage(INTERNAL + ".connection")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(INTERNAL + ".wire", INTERNAL + ".records", INTERNAL + ".writes")
                .check(classes);
    }

    @Test
    void whatAllRoomsShareKnowsNone() {
        noClasses()
                .that()
                .resideInAPackage(INTERNAL)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(INTERNAL + ".*..")
                .check(classes);
    }

    @Test
    void noTwoPackagesUseEachOther() {
        slices().matching(INTERNAL + ".(*)").should().beFreeOfCycles().check(classes);
    }

    @Test
    void onlyTheBuilderStepsIntoInternal() {
        noClasses()
                .that(resideInAPackage(API).or(resideInAPackage(SPI)))
                .and()
                .doNotBelongToAnyOf(StitchStoreBuilder.class)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(INTERNAL + "..")
                .check(classes);
    }

    @Test
    void whatIsPublicShowsNothingInternal() {
        classes()
                .that(resideInAPackage(API).or(resideInAPackage(SPI)))
                .and(arePartOfTheApi())
                .should(showNothingInternal())
                .check(classes);
    }

    /** All of them are shown to somebody, and any may quote somebody else one day. */
    @Test
    void everyExceptionMakesItsMessageFitToBeRead() {
        classes()
                .that()
                .areAssignableTo(Throwable.class)
                .and(not(assignableTo(StitchException.class)).or(type(StitchException.class)))
                .and()
                .areNotAssignableTo(JacksonException.class)
                .should()
                .dependOnClassesThat(type(ForeignText.class))
                .check(classes);
    }

    @Test
    void noRoomIsLarge() {
        assertThat(ROOMS)
                .allSatisfy(room -> assertThat(classes.stream()
                                .filter(each -> each.getPackageName().equals(INTERNAL + '.' + room))
                                .filter(each -> each.isTopLevelClass()
                                        && !each.getSimpleName().equals("package-info")))
                        .as(room)
                        .hasSizeLessThanOrEqualTo(LARGE));
    }

    private static DescribedPredicate<JavaClass> arePartOfTheApi() {
        return DescribedPredicate.describe(
                "are public with all that is around them",
                each -> Stream.iterate(
                                each,
                                Objects::nonNull,
                                nested -> nested.getEnclosingClass().orElse(null))
                        .allMatch(around -> around.getModifiers().contains(JavaModifier.PUBLIC)));
    }

    private static ArchCondition<JavaClass> showNothingInternal() {
        return new ArchCondition<>("show nothing internal") {
            @Override
            public void check(JavaClass item, ConditionEvents events) {
                Stream<JavaType> above = Stream.concat(item.getSuperclass().stream(), item.getInterfaces().stream());
                Stream<JavaType> inMembers = item.getMembers().stream()
                        .filter(ArchitectureTest::isSeenOutside)
                        .flatMap(ArchitectureTest::typesOf);
                Stream.concat(above, inMembers)
                        .flatMap(type -> type.getAllInvolvedRawTypes().stream())
                        .filter(type -> type.getPackageName().startsWith(INTERNAL))
                        .forEach(type -> events.add(
                                SimpleConditionEvent.violated(item, item.getName() + " shows " + type.getName())));
            }
        };
    }

    private static boolean isSeenOutside(JavaMember member) {
        return member.getModifiers().contains(JavaModifier.PUBLIC)
                || member.getModifiers().contains(JavaModifier.PROTECTED);
    }

    private static Stream<JavaType> typesOf(JavaMember member) {
        if (member instanceof JavaCodeUnit unit) {
            return Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream());
        }
        return member.getAllInvolvedRawTypes().stream().map(JavaType.class::cast);
    }
}
