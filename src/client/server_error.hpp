// An error as a server's answer tells it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace cambium::client {

// The server's words, else the name of what it happened to.
[[nodiscard]] inline Error said(int16_t code, const std::optional<std::string>& message,
                                const std::string& subject) {
    return {from_wire_code(code), message.has_value() && !message->empty() ? *message : subject};
}

}  // namespace cambium::client
