package io.stitch.reactive.peer.internal;

import io.stitch.reactive.peer.internal.wire.Hlc;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

/** What the clock promises, whatever the wall clock does. */
class HybridLogicalClockProperties {
    @Provide
    Arbitrary<Hlc> stamps() {
        Arbitrary<Long> ts = Arbitraries.longs().between(0, 20);
        Arbitrary<Integer> counters = Arbitraries.of(0, 1, 2, Integer.MAX_VALUE - 1, Integer.MAX_VALUE);
        return Combinators.combine(ts, counters, Arbitraries.of("a", "b", "B", "ä"))
                .as(Hlc::new);
    }

    @Provide
    Arbitrary<HybridLogicalClock> clocks() {
        return stamps().map(stamp -> new HybridLogicalClock(stamp.ts(), stamp.counter()));
    }

    @Property
    void eachReadingIsAfterAllThatWasReadOrHeardBefore(
            @ForAll("clocks") HybridLogicalClock start,
            @ForAll @Size(min = 1, max = 30) List<@LongRange(min = 0, max = 25) Long> walls,
            @ForAll("stamps") Hlc heard) {
        HybridLogicalClock clock = start;
        Hlc last = start.stamp("me");
        for (int i = 0; i < walls.size(); i++) {
            boolean hears = i % 3 == 1;
            clock = hears ? clock.receive(heard, walls.get(i)) : clock.tick(walls.get(i));
            Hlc next = clock.stamp("me");
            assertThat(next).isGreaterThan(last);
            if (hears) {
                assertThat(new Hlc(next.ts(), next.counter(), heard.nodeId())).isGreaterThan(heard);
            }
            last = next;
        }
    }

    @Property
    void theTimeIsTheWallClocksWhereNothingWasHeardFromTheFuture(
            @ForAll @Size(min = 1, max = 30) List<@LongRange(min = 0, max = 1000) Long> steps) {
        HybridLogicalClock clock = HybridLogicalClock.START;
        long now = 0;
        for (long step : steps) {
            now += step;
            clock = clock.tick(now);
            assertThat(clock.ts()).isEqualTo(now);
            assertThat(clock.counter()).isLessThanOrEqualTo(steps.size());
        }
    }

    @Property
    void theTimeIsNeverAheadOfAllThatWasHeardAndOfTheWallClock(
            @ForAll("clocks") HybridLogicalClock clock,
            @ForAll("stamps") Hlc heard,
            @ForAll @LongRange(min = 0, max = 25) long now) {
        long latest = Math.max(now, Math.max(clock.ts(), heard.ts()));
        boolean roomLeft = clock.counter() < Integer.MAX_VALUE && heard.counter() < Integer.MAX_VALUE;
        assertThat(clock.receive(heard, now).ts()).isBetween(latest, roomLeft ? latest : latest + 1);
    }

    @Property
    void receivingCountsAsTheProtocolSays(
            @ForAll("clocks") HybridLogicalClock clock,
            @ForAll("stamps") Hlc heard,
            @ForAll @LongRange(min = 0, max = 25) long now) {
        long ts = Math.max(clock.ts(), Math.max(heard.ts(), now));
        long counter;
        if (ts == clock.ts() && ts == heard.ts()) {
            counter = Math.max(clock.counter(), heard.counter()) + 1L;
        } else if (ts == clock.ts()) {
            counter = clock.counter() + 1L;
        } else {
            counter = ts == heard.ts() ? heard.counter() + 1L : 0;
        }
        HybridLogicalClock next = clock.receive(heard, now);
        assertThat(next)
                .isEqualTo(
                        counter > Integer.MAX_VALUE
                                ? new HybridLogicalClock(ts + 1, 0)
                                : new HybridLogicalClock(ts, (int) counter));
    }

    @Property
    void aStampThatWasKeptIsTheSameWhenItIsRead(@ForAll("stamps") Hlc stamp) {
        assertThat(Hlc.parse(stamp.text())).isEqualTo(stamp);
        assertThat(Hlc.parse(stamp.toJson())).isEqualTo(stamp);
    }

    @Property
    void stampsAreOrderedByTimeThenCounterThenNode(@ForAll("stamps") Hlc one, @ForAll("stamps") Hlc other) {
        int expected = Long.compare(one.ts(), other.ts());
        expected = expected != 0 ? expected : Integer.compare(one.counter(), other.counter());
        expected = expected != 0 ? expected : one.nodeId().compareTo(other.nodeId());
        assertThat(Integer.signum(one.compareTo(other))).isEqualTo(Integer.signum(expected));
        assertThat(one.compareTo(other) == 0).isEqualTo(one.equals(other));
    }

    @Property
    void theClockIsNeverBehindWhatItWasRestoredFrom(
            @ForAll("clocks") HybridLogicalClock clock,
            @ForAll("stamps") Hlc kept,
            @ForAll @LongRange(min = 0, max = 25) long now) {
        Hlc next = clock.atLeast(kept).tick(now).stamp(kept.nodeId());
        assertThat(next).isGreaterThan(kept).isGreaterThan(clock.stamp(kept.nodeId()));
    }
}
