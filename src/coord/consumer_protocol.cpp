#include "coord/consumer_protocol.hpp"

#include <cstdint>

#include "bytes/cursor.hpp"

namespace cambium::coord {

// Every version begins with its number and the topics; what follows is for other members.
Result<std::vector<std::string>> subscription_topics(ByteView metadata) {
    Reader reader(metadata);
    const auto version = reader.big<int16_t>();
    const auto count = reader.big<int32_t>();
    if (!reader.ok() || version < 0 || count < 0)
        return Error{Errc::malformed, "a subscription without topics"};
    std::vector<std::string> topics;
    for (int32_t i = 0; i < count && reader.ok(); ++i) {
        const auto length = reader.big<int16_t>();
        if (length < 0) reader.fail();
        else topics.emplace_back(reader.text(static_cast<size_t>(length)));
    }
    if (!reader.ok()) return Error{Errc::malformed, "a subscription is cut off"};
    return topics;
}

}  // namespace cambium::coord
