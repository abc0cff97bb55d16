package io.stitch.simulation;

/** How MQTT matches topics. Plain, for it is asked for each message and each subscription. */
public final class Topics {
    private Topics() {}

    /**
     * Tells whether a subscription wants a message.
     *
     * @param filter what is subscribed to
     * @param topic where the message was published
     * @return whether it does
     */
    public static boolean matches(String filter, String topic) {
        int f = 0;
        int t = 0;
        while (f < filter.length()) {
            char c = filter.charAt(f);
            if (c == '#') {
                return true;
            }
            if (c == '+') {
                int end = topic.indexOf('/', t);
                t = end < 0 ? topic.length() : end;
                f++;
            } else if (t < topic.length() && topic.charAt(t) == c) {
                f++;
                t++;
            } else {
                // "a/#" is about "a" too.
                return t == topic.length() && filter.startsWith("/#", f);
            }
        }
        return t == topic.length();
    }

    /**
     * Tells what a message is about.
     *
     * @param topic where it was published
     * @return whether it is an event, or the replay of one; else it is an answer
     */
    public static boolean isEvent(String topic) {
        return topic.contains("/events/");
    }
}
