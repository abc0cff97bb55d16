package io.stitch.simulation;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.List;

/** What one run logged. It goes nowhere else: thousands of runs have nothing to say to a console. */
final class CapturedLogs {
    private static final int MOST_LINES = 1_000;
    private final List<String> lines = new ArrayList<>();

    /** Takes what is logged away from the console, for good. */
    static void capture() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
            root.detachAndStopAllAppenders();
            root.setLevel(Level.INFO);
            context.getLogger("io.stitch").setLevel(Level.DEBUG);
            ToTheRun appender = new ToTheRun();
            appender.setContext(context);
            appender.start();
            root.addAppender(appender);
        }
    }

    private static final class ToTheRun extends UnsynchronizedAppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            Run run = Run.currentOrNull();
            if (run != null) {
                run.logs().add(event);
            }
        }
    }

    private void add(ILoggingEvent event) {
        if (lines.size() < MOST_LINES) {
            StringBuilder line =
                    new StringBuilder(event.getLoggerName()).append(' ').append(event.getFormattedMessage());
            for (IThrowableProxy each = event.getThrowableProxy(); each != null; each = each.getCause()) {
                line.append(" | ").append(each.getClassName()).append(": ").append(each.getMessage());
            }
            lines.add(line.toString());
        }
    }

    /** {@return the first line that has one of these texts, or {@code null}} */
    @Nullable
    String find(List<String> texts) {
        return lines.stream()
                .filter(line -> texts.stream().anyMatch(line::contains))
                .findFirst()
                .orElse(null);
    }
}
