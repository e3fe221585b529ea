#include "http/parser.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "http/message.hpp"
#include "io/random.hpp"

namespace {

using cambium::http::Request;
using cambium::http::RequestParser;
using State = RequestParser::State;

constexpr std::string_view get =
    "GET /metrics?name=a%20b HTTP/1.1\r\nHost: h\r\nX-Thing: one\r\n\r\n";
constexpr std::string_view post =
    "POST /topics HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

RequestParser small() { return RequestParser({.header_bytes = 256, .body_bytes = 64}); }

TEST_CASE("a request is read field by field") {
    RequestParser parser = small();
    REQUIRE(parser.feed(get) == State::ready);
    const Request request = parser.take();
    CHECK(request.method == "GET");
    CHECK(request.path == "/metrics");
    CHECK(request.query == "name=a%20b");
    CHECK(request.field("x-thing") == "one");
    CHECK(request.field("absent").empty());
    CHECK(request.keep_alive);
    CHECK(parser.state() == State::more);
    CHECK_FALSE(parser.begun());
}

TEST_CASE("bytes may be cut anywhere") {
    const std::string both = std::string(get) + std::string(post);
    for (size_t cut = 0; cut <= both.size(); ++cut) {
        RequestParser parser = small();
        std::vector<Request> taken;
        for (std::string_view part :
             {std::string_view(both).substr(0, cut), std::string_view(both).substr(cut)}) {
            parser.feed(part);
            while (parser.state() == State::ready) taken.push_back(parser.take());
        }
        CAPTURE(cut);
        REQUIRE(taken.size() == 2);
        CHECK(taken[0].path == "/metrics");
        CHECK(taken[1].body == "hello");
    }
}

TEST_CASE("byte by byte gives the same as all at once, chunked bodies too") {
    const std::string_view chunked =
        "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (const std::string_view text : {get, post, chunked}) {
        RequestParser whole = small();
        RequestParser slow = small();
        REQUIRE(whole.feed(text) == State::ready);
        for (const char byte : text) slow.feed({&byte, 1});
        REQUIRE(slow.state() == State::ready);
        CHECK(whole.take().body == slow.take().body);
    }
}

TEST_CASE("an empty chunked body may come byte by byte, with trailers or without") {
    for (const std::string_view end : {"0\r\n\r\n", "0\r\nab: c\r\n\r\n", "0\r\nab\r\n\r\n"}) {
        RequestParser parser = small();
        for (const char byte :
             "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(end))
            parser.feed({&byte, 1});
        CHECK(parser.state() == (end.find("ab\r") == end.npos ? State::ready : State::refused));
    }
}

TEST_CASE("what is too large is refused with the status that says so") {
    RequestParser header = small();
    CHECK(header.feed("GET / HTTP/1.1\r\nX: " + std::string(300, 'x')) == State::refused);
    CHECK(header.refusal().status == 431);

    RequestParser body = small();
    CHECK(body.feed("POST / HTTP/1.1\r\nContent-Length: 65\r\n\r\n") == State::refused);
    CHECK(body.refusal().status == 413);

    RequestParser chunked = small();
    CHECK(chunked.feed("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n" +
                       std::string(100, 'x')) == State::refused);
    CHECK(chunked.refusal().status == 413);
}

TEST_CASE("what is no HTTP is refused, and stays refused") {
    RequestParser parser = small();
    CHECK(parser.feed(std::string_view("\x00\x00\x00\x10\x00\x03", 6)) == State::refused);
    CHECK(parser.refusal().status == 400);
    CHECK(parser.feed(get) == State::refused);
}

TEST_CASE("two lengths that contradict each other are refused") {
    RequestParser parser = small();
    CHECK(parser.feed("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n") ==
          State::refused);
    RequestParser mixed = small();
    CHECK(mixed.feed("POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: "
                     "chunked\r\n\r\n") == State::refused);
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the request") {
    RequestParser old = small();
    REQUIRE(old.feed("GET / HTTP/1.0\r\n\r\n") == State::ready);
    CHECK_FALSE(old.take().keep_alive);
    RequestParser closing = small();
    REQUIRE(closing.feed("GET / HTTP/1.1\r\nConnection: close\r\n\r\n") == State::ready);
    CHECK_FALSE(closing.take().keep_alive);
}

TEST_CASE("a client that waits for 100-continue is noticed once") {
    RequestParser parser = small();
    REQUIRE(parser.feed("POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n") ==
            State::more);
    CHECK(parser.take_expects_continue());
    CHECK_FALSE(parser.take_expects_continue());
    REQUIRE(parser.feed("ok") == State::ready);
    CHECK(parser.take().body == "ok");
}

TEST_CASE("damaged requests never crash the parser and never pass its limits") {
    for (uint64_t seed = 1; seed <= 2000; ++seed) {
        CAPTURE(seed);
        cambium::io::Random random(seed);
        std::string text = std::string(random.chance(0.5) ? get : post);
        for (uint64_t i = random.below(4) + 1; i > 0; --i)
            text[random.below(text.size())] = static_cast<char>(random.next());
        RequestParser parser = small();
        size_t at = 0;
        while (at < text.size() && parser.state() == State::more) {
            const size_t part = std::min<size_t>(random.below(20) + 1, text.size() - at);
            parser.feed(std::string_view(text).substr(at, part));
            at += part;
        }
        if (parser.state() == State::ready) CHECK(parser.take().body.size() <= 64);
    }
}

TEST_CASE("a response names its length, and to HEAD keeps its body for itself") {
    cambium::http::Response response = cambium::http::plain(404, "nothing here");
    response.fields.push_back({"X-Evil", "a\r\nSet-Cookie: b"});
    const std::string text = cambium::http::serialize(response, true, false);
    CHECK(text.starts_with("HTTP/1.1 404 Not Found\r\n"));
    CHECK(text.find("Content-Length: 13\r\n") != std::string::npos);
    CHECK(text.find("Set-Cookie") == std::string::npos);
    CHECK(text.ends_with("\r\n\r\nnothing here\n"));
    const std::string head = cambium::http::serialize(response, false, true);
    CHECK(head.ends_with("\r\n\r\n"));
    CHECK(head.find("Content-Length: 13\r\n") != std::string::npos);
    CHECK(head.find("Connection: close\r\n") != std::string::npos);
}

}  // namespace
