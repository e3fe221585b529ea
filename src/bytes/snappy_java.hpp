// The framing that snappy-java puts around snappy, which has no frames of its own: this header,
// then any number of {int32 size, that many bytes of raw snappy}. Kafka's Java client writes it,
// librdkafka writes raw snappy; every client reads both.
#pragma once

#include <cstddef>
#include <string_view>

namespace cambium::snappy_java {

inline constexpr std::string_view magic{"\x82SNAPPY\0", 8};
// The magic, the version 1 and the oldest version that may read it, which is 1 too.
inline constexpr std::string_view header{"\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16};
// How much goes into one block when we write.
inline constexpr size_t block_bytes = 64U << 10;

}  // namespace cambium::snappy_java
