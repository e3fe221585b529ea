#include "base/types.hpp"

#include <cstddef>

namespace cambium {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t text_length = 22;  // ceil(128 bits / 6)

}  // namespace

std::string Uuid::text() const {
    std::string out;
    uint32_t bits = 0;
    int held = 0;
    for (const uint8_t byte : bytes) {
        bits = (bits << 8) | byte;
        for (held += 8; held >= 6; held -= 6) out += alphabet[(bits >> (held - 6)) & 63];
    }
    out += alphabet[(bits << (6 - held)) & 63];
    return out;
}

Uuid Uuid::parse(std::string_view text) {
    if (text.size() != text_length) return {};
    Uuid uuid;
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;
    for (const char letter : text) {
        const size_t digit = alphabet.find(letter);
        if (digit == std::string_view::npos) return {};
        bits = (bits << 6) | static_cast<uint32_t>(digit);
        held += 6;
        if (held >= 8 && at < uuid.bytes.size()) {
            held -= 8;
            uuid.bytes[at++] = static_cast<uint8_t>(bits >> held);
        }
    }
    const bool canonical = (bits & ((1U << held) - 1)) == 0;  // what is left over says nothing
    return canonical ? uuid : Uuid{};
}

std::string TopicPartition::text() const { return topic + "-" + std::to_string(partition.value()); }

}  // namespace cambium
