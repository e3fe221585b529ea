// Bytes that somebody else owns, and the small conversions between them and text.
//
// A ByteView is valid as long as its owner says; nothing here allocates unless its name says so.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace cambium {

using ByteView = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

// Text is bytes on the wire and on disk; these two are the only places that look at one as the
// other.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] inline bool same(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace cambium
