#include "http/parser.hpp"

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

// Boost's own assertions become exceptions, which refuse the request: bytes from the network must
// not end the process, whatever they find in a library.
#define BOOST_ENABLE_ASSERT_HANDLER
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/check.hpp"

namespace boost {

void assertion_failed(char const* text, char const*, char const*, long) {
    throw std::logic_error(text);
}
void assertion_failed_msg(char const*, char const* text, char const*, char const*, long) {
    throw std::logic_error(text);
}

}  // namespace boost

namespace cambium::http {

namespace beast = boost::beast::http;

class RequestParser::Engine {
public:
    explicit Engine(ParserLimits limits) : limits_(limits) { begin(); }

    void feed(std::string_view bytes) {
        if (state_ == State::refused) return;
        pending_.append(bytes);
        if (state_ == State::more) parse();
    }
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool begun() const { return !pending_.empty() || parser_->got_some(); }
    [[nodiscard]] Response refusal() const { return refusal_; }

    Request take() {
        check(state_ == State::ready);
        Request request = converted(parser_->get());
        request.keep_alive = parser_->keep_alive();
        begin();
        if (!pending_.empty()) parse();
        return request;
    }

    bool take_expects_continue() {
        if (state_ != State::more || !parser_->is_header_done() || continue_said_) return false;
        continue_said_ = true;
        return parser_->get()[beast::field::expect] == "100-continue";
    }

private:
    using Message = beast::request<beast::string_body>;

    void begin() {
        parser_.emplace();
        parser_->eager(true);
        parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
        parser_->body_limit(limits_.body_bytes);
        state_ = State::more;
        continue_said_ = false;
    }

    void parse() {
        // The parser of Boost 1.74 asserts that at least as many bytes are there when it looks at
        // the last chunk again; no chunked body ends with fewer.
        constexpr size_t last_chunk_bytes = 5;
        const bool chunks = parser_->is_header_done() && parser_->chunked();
        if (chunks && pending_.size() < last_chunk_bytes) return;
        try {
            boost::system::error_code error;
            const size_t used = parser_->put(boost::asio::buffer(pending_), error);
            pending_.erase(0, used);
            if (error == beast::error::need_more) error = {};
            if (error) refuse(error);
            else if (parser_->is_done()) state_ = State::ready;
            else if (!parser_->is_header_done() && pending_.size() > limits_.header_bytes)
                refuse(beast::error::header_limit);
        } catch (const std::exception&) { refuse(beast::error::bad_value); }
    }

    void refuse(boost::system::error_code error) {
        state_ = State::refused;
        pending_.clear();
        if (error == beast::error::header_limit) refusal_ = plain(431, "the header is too large");
        else if (error == beast::error::body_limit) refusal_ = plain(413, "the body is too large");
        else refusal_ = plain(400, "this is not an HTTP/1.1 request: " + error.message());
    }

    static Request converted(Message& message) {
        Request request;
        request.method = std::string(message.method_string());
        const std::string_view target(message.target().data(), message.target().size());
        const size_t question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string_view::npos) request.query = target.substr(question + 1);
        for (const auto& field : message)
            request.fields.push_back(
                {std::string(field.name_string()), std::string(field.value())});
        request.body = std::move(message.body());
        return request;
    }

    ParserLimits limits_;
    std::optional<beast::request_parser<beast::string_body>> parser_;
    std::string pending_;  // fed and not yet parsed
    State state_ = State::more;
    bool continue_said_ = false;
    Response refusal_;
};

RequestParser::RequestParser(ParserLimits limits) : engine_(std::make_unique<Engine>(limits)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

RequestParser::State RequestParser::feed(std::string_view bytes) {
    engine_->feed(bytes);
    return engine_->state();
}
RequestParser::State RequestParser::state() const { return engine_->state(); }
Request RequestParser::take() { return engine_->take(); }
Response RequestParser::refusal() const { return engine_->refusal(); }
bool RequestParser::begun() const { return engine_->begun(); }
bool RequestParser::take_expects_continue() { return engine_->take_expects_continue(); }

}  // namespace cambium::http
