package io.stitch.samples.consumers;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** The bill of materials inherits nothing, so that what it repeats of the parent is compared here. */
class BomTest {
    private static final Path ROOT = Path.of("..", "..");
    private static final Document BOM = pom(ROOT.resolve("samples/bom/pom.xml"));
    private static final Document PARENT = pom(ROOT.resolve("pom.xml"));

    private static Document pom(Path file) {
        try {
            return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new IllegalStateException(file.toString(), e);
        }
    }

    private static List<String> texts(Document pom, String path) {
        try {
            NodeList found =
                    (NodeList) XPathFactory.newInstance().newXPath().evaluate(path, pom, XPathConstants.NODESET);
            return IntStream.range(0, found.getLength())
                    .mapToObj(found::item)
                    .map(Node::getTextContent)
                    .toList();
        } catch (XPathExpressionException e) {
            throw new IllegalArgumentException(path, e);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "groupId",
                "version",
                "url",
                "inceptionYear",
                "licenses//*",
                "developers//*",
                "properties/stitch.home"
            })
    void itSaysOfTheProjectWhatTheParentSays(String path) {
        assertThat(texts(BOM, "/project/" + path))
                .isNotEmpty()
                .map(text -> text.replaceAll("\\s+", " "))
                .isEqualTo(texts(PARENT, "/project/" + path).stream()
                        .map(text -> text.replaceAll("\\s+", " "))
                        .toList());
    }

    @Test
    void itHasNoParentAndManagesNothingButThisProjectsArtifactsInTheirOwnVersion() {
        String managed = "/project/dependencyManagement/dependencies/dependency";
        assertThat(texts(BOM, "/project/parent")).isEmpty();
        assertThat(texts(BOM, "//dependency")).hasSameSizeAs(texts(BOM, managed));
        assertThat(texts(BOM, managed + "/groupId"))
                .hasSameSizeAs(texts(BOM, managed))
                .containsOnly("io.stitch");
        assertThat(texts(BOM, managed + "/version"))
                .hasSameSizeAs(texts(BOM, managed))
                .containsOnly("${project.version}");
        assertThat(texts(BOM, managed + "/artifactId"))
                .containsExactlyInAnyOrder(
                        "stitch-reactive",
                        "stitch-reactive-h2",
                        "stitch-reactive-peer",
                        "stitch-reactive-test",
                        "stitch-reactive-server",
                        "stitch-reactive-spring-boot-starter");
    }

    @Test
    void itsPluginsAreTheParents() {
        for (String plugin : texts(BOM, "//plugin/artifactId")) {
            String version = "//plugin[artifactId='" + plugin + "']/version";
            assertThat(texts(BOM, version)).as(plugin).isEqualTo(texts(PARENT, version));
        }
    }
}
