// Bytes written by hand, for tests: hex digits with spaces where they help, and 'text' in quotes.
#pragma once

#include <string>
#include <string_view>

#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"

namespace cambium::wire {

// bytes_of("0004 'kcat' 00") is 00 04 6b 63 61 74 00.
[[nodiscard]] inline std::string bytes_of(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    size_t half = 0;
    bool high = true;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\'') {
            const size_t end = text.find('\'', i + 1);
            out += text.substr(i + 1, end - i - 1);
            i = end;
        } else if (const size_t digit = digits.find(text[i]); digit != std::string_view::npos) {
            if (high) half = digit;
            else out += static_cast<char>(half * 16 + digit);
            high = !high;
        }
    }
    return out;
}

// For messages of a failed comparison.
[[nodiscard]] inline std::string hex_of(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char byte : bytes) {
        out += digits[static_cast<uint8_t>(byte) >> 4];
        out += digits[static_cast<uint8_t>(byte) & 15];
    }
    return out;
}

}  // namespace cambium::wire
