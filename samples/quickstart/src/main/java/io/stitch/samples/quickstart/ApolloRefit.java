package io.stitch.samples.quickstart;

import io.stitch.samples.quickstart.Board.Note;
import io.stitch.samples.quickstart.Board.Project;
import io.stitch.samples.quickstart.Board.Status;
import io.stitch.samples.quickstart.Board.Task;

import java.time.LocalDate;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The sample data: the refit of a lunar lander. Each of its twenty assemblies goes through the same fifteen steps, which
 * makes three hundred tasks, the same ones on every run.
 */
final class ApolloRefit {
    /** The project's id, and so the scope's. */
    static final String ID = "apollo";

    private static final LocalDate START = LocalDate.of(2027, 1, 11);
    private static final LocalDate TODAY = LocalDate.of(2027, 3, 8);

    private static final List<String> ASSEMBLIES = List.of(
            "descent engine gimbal",
            "ascent engine injector",
            "oxidizer tank",
            "fuel tank",
            "helium pressurization line",
            "landing gear strut",
            "footpad contact probe",
            "docking hatch seal",
            "cabin pressure valve",
            "water sublimator",
            "glycol pump",
            "oxygen manifold",
            "rendezvous radar antenna",
            "landing radar",
            "guidance computer",
            "inertial platform",
            "S-band transponder",
            "attitude thruster quad",
            "silver-zinc battery",
            "thermal blanket");

    private static final List<Step> STEPS = List.of(
            new Step("Photograph the %s in place", "Mara"),
            new Step("Remove the %s", "Tomasz"),
            new Step("Clean the %s", "Tomasz"),
            new Step("Inspect the %s for corrosion", "Ines"),
            new Step("X-ray the welds of the %s", "Ines"),
            new Step("Weigh the %s", "Mara"),
            new Step("Compare the %s with its drawings", "Ravi"),
            new Step("Order spare parts for the %s", "Claire"),
            new Step("Replace the fasteners of the %s", "Tomasz"),
            new Step("Recalibrate the %s", "Ravi"),
            new Step("Leak-test the %s", "Ines"),
            new Step("Vibration-test the %s", "Ines"),
            new Step("Reinstall the %s", "Tomasz"),
            new Step("Update the manual page of the %s", "Claire"),
            new Step("Sign off the %s", "Ada"));

    private static final List<String> REMARKS = List.of(
            "The %s has a hairline scratch next to its serial plate; photos are in the archive.",
            "The supplier of the %s needs nine weeks, so order before the inspection is signed.");

    private static final List<String> AUTHORS = List.of("Mara", "Ines", "Ravi");

    /** How many records there are: the project, its tasks and its notes. */
    static final int SIZE = 1 + ASSEMBLIES.size() * (STEPS.size() + REMARKS.size());

    private ApolloRefit() {}

    static Project project() {
        return new Project(ID, "Apollo lander refit", "Ada", START.plusWeeks(26));
    }

    static List<Task> tasks() {
        return IntStream.range(0, ASSEMBLIES.size() * STEPS.size())
                .mapToObj(ApolloRefit::task)
                .toList();
    }

    static List<Note> notes() {
        return IntStream.range(0, ASSEMBLIES.size() * REMARKS.size())
                .mapToObj(ApolloRefit::note)
                .toList();
    }

    /** The crew takes on a new assembly every week and does two steps a week on each. */
    private static Task task(int index) {
        int assembly = index / STEPS.size();
        int number = index % STEPS.size();
        Step step = STEPS.get(number);
        LocalDate due = START.plusWeeks(assembly).plusDays(number * 7L / 2);
        return new Task(
                "t-%03d".formatted(index + 1),
                ID,
                step.title().formatted(ASSEMBLIES.get(assembly)),
                statusOn(due),
                step.assignee(),
                due);
    }

    private static Status statusOn(LocalDate due) {
        if (due.isBefore(TODAY)) {
            return Status.DONE;
        }
        return due.isBefore(TODAY.plusWeeks(1)) ? Status.DOING : Status.OPEN;
    }

    private static Note note(int index) {
        String text = REMARKS.get(index % REMARKS.size()).formatted(ASSEMBLIES.get(index / REMARKS.size()));
        return new Note("n-%02d".formatted(index + 1), ID, AUTHORS.get(index % AUTHORS.size()), text);
    }

    private record Step(String title, String assignee) {}
}
