package io.stitch.reactive;

import io.stitch.reactive.Misfortune.Fate;
import io.stitch.reactive.Misfortune.Fault;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** One connection through a {@link ChaosProxy}: two directions, each with its own fate, that end together. */
final class ChaosLink {
    private static final int DELAYED_PIECES = 20;

    private final Socket client;
    private final Socket broker;
    private final ScheduledExecutorService timer;
    private final AtomicInteger faults;
    private final Direction up;
    private final Direction down;
    private volatile boolean resetting;
    private volatile boolean calm;

    ChaosLink(
            Socket client,
            Socket broker,
            Misfortune misfortune,
            int number,
            ScheduledExecutorService timer,
            AtomicInteger faults) {
        this.client = client;
        this.broker = broker;
        this.timer = timer;
        this.faults = faults;
        this.up = new Direction(client, broker, misfortune.fate(number, true));
        this.down = new Direction(broker, client, misfortune.fate(number, false));
        misfortune.resetAfterMillis(number).ifPresent(millis -> after(millis, () -> resetting = true));
    }

    void pumpUp(Runnable ended) {
        up.pump();
        ended.run();
    }

    void pumpDown() {
        down.pump();
    }

    /** Ends the faults; what suffers from one is cut. */
    void calmDown() {
        calm = true;
        if (up.suffers || down.suffers) {
            cut();
        }
    }

    /** Ends both directions in order. */
    void cut() {
        close(client);
        close(broker);
        up.gate.open();
        down.gate.open();
    }

    private void reset() {
        reset(client);
        reset(broker);
        cut();
    }

    /** Ends a connection so that its other side sees a reset, and loses what it has not read yet. */
    static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException alreadyClosed) {
            return;
        } finally {
            close(socket);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("closing a socket failed", e);
        }
    }

    private void after(int millis, Runnable task) {
        try {
            var unused = timer.schedule(task, millis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException proxyIsClosed) {
            cut();
        }
    }

    /** Holds a direction up. */
    private final class Gate {
        private boolean shut;

        synchronized void shutFor(int millis) {
            shut = true;
            after(millis, this::open);
        }

        synchronized void open() {
            shut = false;
            notifyAll();
        }

        synchronized void pass() throws InterruptedException {
            while (shut && !client.isClosed()) {
                wait();
            }
        }
    }

    private final class Direction {
        private final Socket from;
        private final Socket to;
        private final Fate fate;
        private final Gate gate = new Gate();
        private volatile boolean suffers;
        private Fault next;
        private long left;
        private int delayed;
        private int delay;

        Direction(Socket from, Socket to, Fate fate) {
            this.from = from;
            this.to = to;
            this.fate = fate;
            this.next = fate.next();
            this.left = next.afterBytes();
        }

        void pump() {
            byte[] piece = new byte[4_096];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int length = in.read(piece); length >= 0; length = in.read(piece)) {
                    forward(out, piece, length);
                }
            } catch (IOException ended) {
                // Either side may end a connection at any time, and this does too.
                cut();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                cut();
            }
        }

        private void forward(OutputStream out, byte[] piece, int length) throws IOException, InterruptedException {
            gate.pass();
            if (calm) {
                out.write(piece, 0, length);
            } else if (resetting) {
                faults.incrementAndGet();
                out.write(piece, 0, (length + 1) / 2);
                reset();
            } else if (!suffers) {
                forwardUntilSomethingHappens(out, piece, length);
            }
        }

        private void forwardUntilSomethingHappens(OutputStream out, byte[] piece, int length)
                throws IOException, InterruptedException {
            if (delayed > 0) {
                delayed--;
                gate.shutFor(delay);
                gate.pass();
            }
            int before = (int) Math.min(length, left);
            out.write(piece, 0, before);
            left -= before;
            if (left == 0) {
                strike();
                gate.pass();
                if (!suffers) {
                    out.write(piece, before, length - before);
                }
            }
        }

        private void strike() throws IOException {
            Fault fault = next;
            next = fate.next();
            left = next.afterBytes();
            faults.incrementAndGet();
            switch (fault.kind()) {
                case CUT -> cut();
                case RESET -> reset();
                case STALL -> gate.shutFor(fault.millis());
                case DELAY -> {
                    delayed = DELAYED_PIECES;
                    delay = 1 + fault.millis() / 50;
                }
                case HALF_CLOSE -> {
                    suffers = true;
                    to.shutdownOutput();
                    after(fault.millis(), ChaosLink.this::cut);
                }
                case BLACK_HOLE -> {
                    suffers = true;
                    after(fault.millis(), ChaosLink.this::reset);
                }
            }
        }
    }
}
