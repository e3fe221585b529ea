// Any bytes, cut where the first byte says: requests within the limits or a refusal, and the cut
// makes no difference.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "http/parser.hpp"

namespace {

using cambium::http::Request;
using cambium::http::RequestParser;
using State = RequestParser::State;

constexpr cambium::http::ParserLimits limits{.header_bytes = 512, .body_bytes = 256};

std::vector<Request> requests(std::string_view text, size_t step, State* last) {
    RequestParser parser(limits);
    std::vector<Request> out;
    while (!text.empty() && parser.state() != State::refused) {
        const std::string_view part = text.substr(0, step);
        text.remove_prefix(part.size());
        parser.feed(part);
        while (parser.state() == State::ready) out.push_back(parser.take());
    }
    *last = parser.state();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    State at_once = State::more;
    State in_parts = State::more;
    const std::vector<Request> whole = requests(text, text.size() + 1, &at_once);
    const std::vector<Request> parts = requests(text, size_t{data[0]} + 1, &in_parts);
    for (const Request& request : whole) cambium::check(request.body.size() <= limits.body_bytes);
    // A header may be refused for its size earlier when more of it is there at once.
    if (at_once == State::refused || in_parts == State::refused) return 0;
    cambium::check(whole.size() == parts.size(), whole.size(), parts.size());
    for (size_t i = 0; i < whole.size(); ++i) {
        cambium::check(whole[i].path == parts[i].path && whole[i].body == parts[i].body);
    }
    return 0;
}
