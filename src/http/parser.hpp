// Reads HTTP/1.1 requests from bytes that are not trusted; knows nothing of sockets.
//
// Bytes are fed as they come, cut anywhere; whole requests are taken out one after another
// (pipelining). Memory is bounded by the limits. (Boost.Beast's parser does the work behind it.)
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "http/message.hpp"

namespace cambium::http {

struct ParserLimits {
    size_t header_bytes = 16U << 10;
    size_t body_bytes = 1U << 20;
};

class RequestParser {
public:
    enum class State {
        more,     // needs more bytes
        ready,    // take() has a request
        refused,  // refusal() says why; the connection is to be closed after it
    };

    explicit RequestParser(ParserLimits limits);
    ~RequestParser();
    RequestParser(RequestParser&&) noexcept;
    RequestParser& operator=(RequestParser&&) noexcept;

    State feed(std::string_view bytes);
    [[nodiscard]] State state() const;
    // Only when ready. Bytes fed beyond the request stay for the next one: state() may be ready
    // again.
    [[nodiscard]] Request take();
    // Only when refused.
    [[nodiscard]] Response refusal() const;
    // Whether part of a request is here.
    [[nodiscard]] bool begun() const;
    // True once per request, when its header is complete, its body is not, and the client waits to
    // be told to send it (RFC 9110, 10.1.1).
    [[nodiscard]] bool take_expects_continue();

private:
    class Engine;
    std::unique_ptr<Engine> engine_;
};

}  // namespace cambium::http
