package io.stitch.samples.interop;

import com.hivemq.client.mqtt.datatypes.MqttUtf8String;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.stitch.server.EntitySchema;
import io.stitch.server.ForeignKey;
import io.stitch.server.StitchServer;
import io.stitch.server.StitchServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The reference server, told to behave as an old server, says what the real one says: to one list of requests, with and without owners, every
 * code, every field of every record, and every event with its topic, its properties and its version. Compared is all but made ids, partitions,
 * times, sequence numbers (a real server takes one for what it refuses, too) and the texts of refusals.
 *
 * <p>Not compared is who may publish what under which name. There the reference server keeps the habits of MQDB before agent 0.9 on purpose, so
 * that stores are tried against forgeries: any client id, and events and replies of anybody. {@link WireTest} has what 0.9 says to that.
 */
@ExtendWith(RealPrograms.class)
class ReferenceServerTest {
    private static final String MADE_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-[0-9a-f]{4})?";

    private static final Set<String> KNOWN = Set.of(
            // A schema of the real server lists all fields of an entity, and a list by another one is refused; a schema
            // of the reference server
            // lists what is checked.
            "alice user/list {\"filters\":[{\"field\":\"absent\",\"op\":\"eq\",\"value\":1}]}",
            "alice user/list {\"sort\":[{\"field\":\"absent\",\"direction\":\"asc\"}]}",
            // The record keeps its id, and its event says the other one in its data. No store sends this, and each
            // takes the event's own id.
            "alice note/n1/update {\"id\":\"other\",\"text\":\"moved?\"}");

    @TempDir
    Path folder;

    @Test
    void writesListsAndRulesAreAnsweredAlike() {
        List<String> requests = lines("""
                alice project/create {"id":"p1","name":"one"}
                alice project/create {"id":"p2","name":"two"}
                alice project/p1 {}
                alice project/nothing {}
                alice task/create {"id":"t1","projectId":"p1","title":"a","points":3}
                alice task/create {"id":"t2","projectId":"p1","title":"b","points":1}
                alice task/create {"id":"t3","projectId":"nowhere","title":"c"}
                alice free/create {"title":"without an id"}
                alice free/create {"id":5}
                alice task/create {"id":"t1","projectId":"p1","title":"again"}
                alice task/t1 {"projection":["title"]}
                alice task/t1/update {"title":"a2","extra":{"deep":[1,null,"x"]}}
                alice task/t1/update {"title":null}
                alice task/t1/update {}
                alice task/t1/update {"_version":77}
                alice task/t1/update {"projectId":"p2"}
                alice task/t1/update {"projectId":"nowhere"}
                alice task/nothing/update {"title":"x"}
                alice task/nothing/delete {}
                alice task/t2/update {"_expected_version":7,"title":"x"}
                alice task/t2/update {"_expected_version":1,"title":"x"}
                alice task/t2/update {"_expected_version":"?","title":"x"}
                alice task/t2/update {"_expected_version":-1,"title":"x"}
                alice task/t2/update {"_expected_version":null,"title":"y"}
                alice task/fresh/delete {"_expected_version":"?"}
                alice task/fresh/delete {"_expected_version":1}
                alice task/create {"id":"t4","projectId":"p1","_expected_version":3}
                alice task/create no json
                alice task/t2/update no json
                alice comment/create {"id":"c1","taskId":"t2"}
                alice item/create {"id":"i1","taskId":"t2"}
                alice task/t2/delete {}
                alice item/i1/delete {}
                alice task/t2/delete {"_expected_version":1}
                alice task/t2/delete {}
                alice comment/c1 {}
                alice user/create {"id":"u1","name":"n","email":"e"}
                alice user/create {"id":"u2","name":"n","email":"e"}
                alice user/create {"id":"u2","email":"f"}
                alice user/create {"id":"u2","name":"n"}
                alice user/create {"id":"u2","name":"n","email":null}
                alice user/create {"id":"u2","name":5,"email":"g"}
                alice user/create {"id":"u2","name":"n","email":"g","unknown":1}
                alice user/u2/update {"email":"e"}
                alice user/u2/update {"email":null}
                alice user/u2/update {"age":"old"}
                alice user/list {"filters":[{"field":"absent","op":"eq","value":1}]}
                alice user/list {"sort":[{"field":"absent","direction":"asc"}]}
                alice note/create {"id":"n1","text":"a*c"}
                alice note/create {"id":"n2","text":"abc","n":1.5}
                alice note/create {"id":"n3","text":null,"n":2}
                alice note/create {"id":"n4","n":10,"flag":true}
                alice note/list {"sort":[{"field":"id","direction":"asc"}]}
                alice note/list {"sort":[{"field":"n","direction":"desc"},{"field":"id","direction":"asc"}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"text","op":"like","value":"a*c"}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"text","op":"is_null","value":null}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"text","op":"is_not_null","value":null}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"n","op":"gte","value":2}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"n","op":"lt","value":2}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"n","op":"neq","value":2}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"id","op":"in","value":["n1","n3","x"]}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"id","op":"gt","value":"n1"}],"limit":2}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"limit":2,"offset":1}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"limit":0}
                alice note/list {"sort":[{"field":"id","direction":"ASC"}],"limit":1}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"projection":["n","absent"]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"n","op":"odd","value":2}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"n","op":"eq","value":2},{"field":"n"}]}
                alice note/list {"sort":[{"field":"id","direction":"asc"}],"filters":[{"field":"flag","op":"eq","value":true}]}
                alice nothing/list {}
                alice note/n1/update {"id":"other","text":"moved?"}
                alice note/n1 {}
                alice project/p1/update {"version":1700000000000,"updatedAt":1700000000000}
                alice project/p1/delete {}
                alice project/p1/delete {}
                alice project/create {"id":"p1","name":"second life"}
                alice task/list {"sort":[{"field":"id","direction":"asc"}],"projection":["projectId"],"filters":[{"field":"id","op":"lt","value":"z"},{"field":"id","op":"gt","value":"t"}]}
                """);
        StitchServerOptions reference = StitchServerOptions.builder()
                .legacy(true)
                .users(Map.of("alice", "a", "bob", "b"))
                .schema(EntitySchema.of("task").withForeignKey("projectId", "project", ForeignKey.OnDelete.CASCADE))
                .schema(EntitySchema.of("comment").withForeignKey("taskId", "task", ForeignKey.OnDelete.SET_NULL))
                .schema(EntitySchema.of("item").withForeignKey("taskId", "task", ForeignKey.OnDelete.RESTRICT))
                .schema(EntitySchema.of("user")
                        .withType("id", EntitySchema.FieldType.STRING)
                        .withType("name", EntitySchema.FieldType.STRING)
                        .withType("age", EntitySchema.FieldType.NUMBER)
                        .withType("email", EntitySchema.FieldType.STRING)
                        .withNotNull("name", "email")
                        .withUnique("email"))
                .build();
        compare(
                requests,
                reference,
                KNOWN,
                Board.INDEX,
                Board.CASCADE,
                "--references=comment:taskId>task:set_null",
                "--references=item:taskId>task:restrict",
                "--schema=user:id=string,name=string,age=number,email=string",
                "--not-null=user:name",
                "--not-null=user:email",
                "--unique=user:email");
    }

    @Test
    void ownersAreRespectedAlike() {
        List<String> requests = lines("""
                alice project/create {"id":"p1","ownerId":"alice","name":"hers"}
                bob project/create {"id":"p2","ownerId":"bob"}
                bob project/create {"id":"p3","ownerId":"alice"}
                bob project/create {"id":"p4"}
                bob project/p4 {}
                bob project/p1 {}
                bob project/p1/update {"name":"his"}
                bob project/p1/delete {}
                bob project/list {}
                alice project/list {"sort":[{"field":"id","direction":"asc"}]}
                alice project/p1/update {"ownerId":"bob"}
                alice project/p1 {}
                alice project/p1/update {"name":"still hers"}
                bob project/create {"id":"p1","ownerId":"bob","name":"taken over"}
                alice project/p1 {}
                bob project/create {"id":"p1","ownerId":"alice","name":"given back"}
                bob project/nothing {}
                bob project/nothing/update {"name":"x"}
                bob project/nothing/delete {}
                alice project/p1/delete {}
                """);
        StitchServerOptions reference = StitchServerOptions.builder()
                .legacy(true)
                .users(Map.of("alice", "a", "bob", "b"))
                .owners(Map.of("project", "ownerId"))
                .build();
        compare(requests, reference, Set.of(), "--owner=project=ownerId");
    }

    /** Compares, and wants the differences to be those that are known. */
    private void compare(List<String> requests, StitchServerOptions options, Set<String> known, String... switches) {
        String[] all = Stream.concat(Stream.of("--user=alice:a", "--user=bob:b"), Stream.of(switches))
                .toArray(String[]::new);
        Map<String, String> real;
        Map<String, String> reference;
        try (RealServer server = RealServer.start(folder, all)) {
            real = said(server.port(), requests);
        }
        try (StitchServer server = StitchServer.start(options)) {
            reference = said(server.port(), requests);
        }
        Map<String, String> different = new LinkedHashMap<>();
        real.forEach((request, said) -> {
            if (!said.equals(reference.get(request))) {
                different.put(
                        request.substring(request.indexOf(' ') + 1),
                        "\n  real:      " + said + "\n  reference: " + reference.get(request) + "\n");
            }
        });
        assertThat(different.keySet()).as("%s", different).containsExactlyInAnyOrderElementsOf(known);
    }

    private static List<String> lines(String requests) {
        return requests.lines().toList();
    }

    /** What each request was answered, and what events came of it. */
    private static Map<String, String> said(int port, List<String> requests) {
        Map<String, String> all = new LinkedHashMap<>();
        try (Wire alice = Wire.connect(port, "alice-1", "alice", "a");
                Wire bob = Wire.connect(port, "bob-1", "bob", "b");
                Wire watcher = Wire.connect(port, "watcher-1", "bob", "b")) {
            for (String filter : List.of("project/+/events/#", "project/+/+/events/#", "+/events/#")) {
                watcher.subscribe("$DB/" + filter);
            }
            for (int number = 0; number < requests.size(); number++) {
                String[] request = requests.get(number).split(" ", 3);
                JsonNode reply = (request[0].equals("alice") ? alice : bob).request(request[1], request[2]);
                // Events come in order, so that all of the request's are here when that of a later write is.
                String mark = "m" + number;
                watcher.request("mark/create", "{\"id\":\"" + mark + "\"}");
                List<String> events = new ArrayList<>();
                for (Mqtt5Publish event = watcher.next(); !isOf(event, mark); event = watcher.next()) {
                    events.add(text(event));
                }
                all.put(number + " " + requests.get(number), canonical(reply) + " " + events);
            }
        }
        return all;
    }

    private static boolean isOf(Mqtt5Publish event, String mark) {
        return event.getTopic().toString().startsWith("$DB/mark/events/")
                && Wire.json(event).path("id").asString().equals(mark);
    }

    private static String text(Mqtt5Publish event) {
        Map<String, String> properties = new TreeMap<>();
        event.getUserProperties()
                .asList()
                .forEach(property -> properties.put(text(property.getName()), text(property.getValue())));
        return event.getTopic()
                        .toString()
                        .replaceAll("/events/p\\d+/", "/events/p?/")
                        .replaceAll(MADE_ID, "made") + " " + properties + " " + canonical(Wire.json(event));
    }

    private static String text(MqttUtf8String string) {
        return string.toString().replaceAll("^mqdb-internal-.*", "mqdb-internal-");
    }

    /** In the order of the fields' names, and without what differs from run to run. */
    private static String canonical(JsonNode node) {
        return sorted(node).toString().replaceAll(MADE_ID, "made");
    }

    private static JsonNode sorted(JsonNode node) {
        if (node.isObject()) {
            ObjectNode sorted = JsonMapper.shared().createObjectNode();
            node.propertyNames().stream()
                    .sorted()
                    .filter(name -> !name.equals("sequence") && !name.equals("message"))
                    .forEach(name -> sorted.set(name, sorted(node.path(name))));
            return sorted;
        }
        if (node.isArray()) {
            var sorted = JsonMapper.shared().createArrayNode();
            node.forEach(element -> sorted.add(sorted(element)));
            return sorted;
        }
        return node;
    }
}
