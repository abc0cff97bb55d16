package io.stitch.reactive.peer.internal.trust;

import io.stitch.reactive.internal.wire.Json;
import io.stitch.reactive.peer.internal.wire.Hlc;
import io.stitch.reactive.peer.internal.wire.PeerPayloads;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What an author's signature is over, and what is none. */
class WriteSignatureTest {
    private static final WriteSignature.Subject SUBJECT = new WriteSignature.Subject("p1", "task", "t1", false);

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    /** The key of the first test vector of RFC 8032. */
    private static KeyPair rfc() throws Exception {
        byte[] secret = Base64.getDecoder().decode("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g");
        byte[] known = Base64.getDecoder().decode("MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        KeyFactory keys = KeyFactory.getInstance("Ed25519");
        PublicKey shown = keys.generatePublic(new X509EncodedKeySpec(known));
        PrivateKey hidden = keys.generatePrivate(new PKCS8EncodedKeySpec(secret));
        return new KeyPair(shown, hidden);
    }

    @Test
    void theSameIsSignedInEveryLanguage() throws Exception {
        KeyPair keys = rfc();
        String fingerprint = WriteSignature.fingerprint(keys.getPublic());
        Hlc stamp = new Hlc(1_714_694_400_000L, 3, "ada~k3~" + fingerprint);
        byte[] record = PeerPayloads.stamped(
                bytes("{'title':'a \\u00fc \\u0001 \\\\ \\n','id':'t1','projectId':'p1','n':1.50,'e':1e2}"), stamp);
        WriteSignature signature = WriteSignature.of(keys, SUBJECT, record);

        assertThat(fingerprint).isEqualTo("If4x36FUomFia_hU");
        assertThat(new String(WriteSignature.signed(SUBJECT, record), StandardCharsets.UTF_8))
                .isEqualTo(("{'data':{'_hlc':{'counter':3,'nodeId':'ada~k3~" + fingerprint
                                + "','ts':1714694400000},'e':100,'id':'t1','n':1.5,'projectId':'p1',"
                                + "'title':'a \u00fc \\u0001 \\\\ \\n'},'entity':'task','id':'t1','operation':'Write','scope':'p1'}")
                        .replace('\'', '"'));
        assertThat(signature.key()).isEqualTo("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assertThat(signature.problem(SUBJECT, stamp, record)).isNull();
        byte[] otherOrder = Json.write(Json.readObject(record).deepCopy().put("n", 1.5));
        assertThat(signature.problem(SUBJECT, stamp, otherOrder)).isNull();
    }

    @Property(tries = 50)
    void whatIsSignedIsTakenOffAgainWithoutAParser(@ForAll boolean empty) throws NoSuchAlgorithmException {
        KeyPair keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Authors authors = Authors.of(keys, write -> true);
        Hlc stamp = new Hlc(5, 0, "ada" + authors.suffix());
        byte[] record = bytes(empty ? "{}" : "{'id':'t1','title':'x'}");
        byte[] signed = authors.sign(SUBJECT, record, stamp);

        assertThat(PeerPayloads.unstamped(signed)).isEqualTo(record);
        assertThat(Hlc.ofRecord(signed)).isEqualTo(stamp);
        assertThat(WriteSignature.read(Json.readObject(signed).path("_sig"))).isNotNull();
    }

    @Test
    void aSignatureElsewhereInARecordIsNotOverlooked() {
        byte[] record = PeerPayloads.stamped(bytes("{'_sig':{'key':'a','sig':'b'},'id':'t1'}"), new Hlc(1, 0, "n"));
        assertThat(PeerPayloads.unstamped(record)).isNull(); // Then it is taken off by its name.
        byte[] none = PeerPayloads.stamped(bytes("{'id':'t1'}"), new Hlc(1, 0, "n"));
        assertThat(PeerPayloads.unstamped(none)).isEqualTo(bytes("{'id':'t1'}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "'text'",
                "[]",
                "{}",
                "{'key':1,'sig':2}",
                "{'key':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'}",
                "{'key':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo','sig':'AA'}",
                "{'key':'11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo','sig':'$'}",
                "{'key':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp','sig':'$'}",
                "{'key':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=','sig':'$'}",
                "{'key':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo','sig':'$','more':1}",
                "{'key':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo','sig':'$A'}"
            })
    void whatHasAnotherFormIsNoSignature(String json) {
        String sig = "A".repeat(86);
        assertThat(WriteSignature.read(Json.read(bytes(json.replace("$", sig)))))
                .isNull();
        assertThat(WriteSignature.read(
                        Json.read(bytes("{'key':'11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo','sig':'" + sig + "'}"))))
                .isNotNull();
    }

    @Test
    void aPairThatIsNoneIsRefusedAtOnce() throws Exception {
        KeyPair other = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        assertThatThrownBy(() -> Authors.of(new KeyPair(other.getPublic(), rfc().getPrivate()), write -> true))
                .hasMessageContaining("does not belong");
    }
}
