package io.stitch.samples.webflux;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;
import tools.jackson.databind.json.JsonMapper;

/**
 * Says what is wrong with a request that cannot be read as one: an address or headers that are too long, or no HTTP at all. Netty answers it
 * without a word, before there is a request that Spring could look at.
 */
@Component
class UnreadableRequests implements NettyServerCustomizer {
    private final JsonMapper mapper;

    UnreadableRequests(JsonMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public HttpServer apply(HttpServer server) {
        return server.doOnChannelInit((observer, channel, remote) -> {
            ChannelPipeline pipeline = channel.pipeline();
            if (pipeline.get(NettyPipeline.HttpCodec) != null) {
                pipeline.addAfter(NettyPipeline.HttpCodec, UnreadableRequests.class.getSimpleName(), new Words());
            }
        });
    }

    private static ProblemDetail problem(HttpStatus status) {
        return switch (status) {
            case URI_TOO_LONG ->
                ProblemException.body(
                        status,
                        "ADDRESS_TOO_LONG",
                        "The address is longer than the service reads. Send a shorter one, or set server.netty.max-initial-line-length.",
                        Sentences.PAGE_IS_OLD);
            case REQUEST_HEADER_FIELDS_TOO_LARGE ->
                ProblemException.body(
                        status,
                        "HEADERS_TOO_LARGE",
                        "The headers are longer than the service reads. Send fewer or shorter ones, or set server.max-http-request-header-size.",
                        Sentences.PAGE_IS_OLD);
            default ->
                ProblemException.body(
                        status,
                        "MALFORMED",
                        "The request cannot be read as HTTP/1.1. Send a request line, headers and an empty line.",
                        Sentences.PAGE_IS_OLD);
        };
    }

    /** Of one connection: notices a request that could not be read, and gives the empty answer to it a body. */
    private final class Words extends ChannelDuplexHandler {
        private boolean unreadable;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
                unreadable = true;
            }
            context.fireChannelRead(message);
        }

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) throws Exception {
            boolean wordless = unreadable
                    && message instanceof FullHttpResponse answer
                    && !answer.content().isReadable();
            super.write(context, wordless ? worded((FullHttpResponse) message) : message, promise);
        }

        private FullHttpResponse worded(FullHttpResponse answer) {
            HttpStatus status = HttpStatus.valueOf(answer.status().code());
            byte[] body = mapper.writeValueAsBytes(problem(status));
            FullHttpResponse worded = answer.replace(Unpooled.wrappedBuffer(body));
            worded.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, MediaType.APPLICATION_PROBLEM_JSON_VALUE)
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
            answer.release();
            return worded;
        }
    }
}
