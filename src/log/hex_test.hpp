// Bytes written by hand, for the tests of formats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/bytes.hpp"

namespace cambium::log::test {

// "01 ff" with any spaces between pairs of digits.
inline std::vector<uint8_t> from_hex(std::string_view text) {
    std::vector<uint8_t> out;
    std::string digits;
    for (char c : text)
        if (c != ' ' && c != '\n') digits += c;
    for (size_t i = 0; i + 1 < digits.size(); i += 2)
        out.push_back(static_cast<uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    return out;
}

inline std::vector<uint8_t> copied(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace cambium::log::test
