// Big-endian loads and stores at any alignment: the byte order of Kafka's wire and disk formats.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace cambium {

namespace detail {

template <std::integral Int> constexpr Int swapped_if_little(Int value) {
    using Bits = std::make_unsigned_t<Int>;
    if constexpr (sizeof(Int) == 1 || std::endian::native == std::endian::big) return value;
    else if constexpr (sizeof(Int) == 2)
        return static_cast<Int>(__builtin_bswap16(static_cast<Bits>(value)));
    else if constexpr (sizeof(Int) == 4)
        return static_cast<Int>(__builtin_bswap32(static_cast<Bits>(value)));
    else return static_cast<Int>(__builtin_bswap64(static_cast<Bits>(value)));
}

}  // namespace detail

// The caller has made sure that sizeof(Int) bytes are there.
template <std::integral Int> [[nodiscard]] Int load_big(const uint8_t* from) {
    Int value;
    std::memcpy(&value, from, sizeof value);
    return detail::swapped_if_little(value);
}

template <std::integral Int> void store_big(uint8_t* to, Int value) {
    const Int swapped = detail::swapped_if_little(value);
    std::memcpy(to, &swapped, sizeof swapped);
}

}  // namespace cambium
