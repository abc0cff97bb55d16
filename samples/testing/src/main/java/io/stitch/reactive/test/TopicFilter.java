package io.stitch.reactive.test;

import com.hivemq.client.mqtt.datatypes.MqttTopic;
import com.hivemq.client.mqtt.datatypes.MqttTopicFilter;

/** How MQTT matches topics. */
final class TopicFilter {
    private TopicFilter() {}

    static boolean matches(String filter, String topic) {
        // The MQTT client does not care, but a wildcard in front never matches a topic that begins with a dollar sign.
        boolean hidden = topic.startsWith("$") && !filter.startsWith("$");
        return !hidden && MqttTopicFilter.of(filter).matches(MqttTopic.of(topic));
    }
}
