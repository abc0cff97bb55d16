package io.stitch.reactive;

import reactor.blockhound.BlockHound;
import reactor.blockhound.integration.BlockHoundIntegration;

import java.util.List;

/** Calls inside the JDK, and inside what tests are made with, that wait for nothing that could last, which BlockHound cannot know. */
public final class JdkIntegration implements BlockHoundIntegration {
    @Override
    public void applyTo(BlockHound.Builder builder) {
        // TLS needs random numbers, and the device that they are read from never makes its reader wait.
        builder.allowBlockingCallsInside("sun.security.provider.NativePRNG$RandomIO", "readFully");
        // The first socket of a process reads a file of the JDK. An error there would leave the class unusable, and
        // with it every
        // socket of the tests that follow.
        builder.allowBlockingCallsInside("sun.net.NetProperties", "loadDefaultProperties");
        // A store that closes may have shut its worker down before the call that gave it the last task returns.
        // That call then takes the pool's lock for a moment; an error there would leave the next caller hanging.
        builder.allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "remove");
        // The TCK's subscribers hand over what they get in a queue with a lock, which the test's thread may hold for a
        // moment. An
        // error there would lose the signal, and the test would wait for it.
        for (String signal : List.of("add", "complete")) {
            builder.allowBlockingCallsInside("org.reactivestreams.tck.TestEnvironment$Receptacle", signal);
        }
    }
}
