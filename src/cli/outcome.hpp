// How commands end, and what they say when they fail: what happened, and what to do next.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/terminal.hpp"

namespace cambium::cli {

enum class Exit : int { ok = 0, failed = 1, usage = 2 };

// What a failure was about, for the advice: the server asked, the topic or group named. May be
// empty.
struct Subject {
    std::string server{};
    std::string topic{};
    std::string group{};
};

// "nobody listens at that address (127.0.0.1:9092)\n    Start one with: cambium serve ..."
[[nodiscard]] std::string explained(const Error& error, const Subject& subject);

// Says "cambium: <what>: <why and what to do>" and gives Exit::failed.
Exit fail(Terminal& terminal, std::string_view what, const Error& error, const Subject& subject);

// 20000 as "20,000".
[[nodiscard]] std::string grouped(int64_t number);
// "1 record", "2 records".
[[nodiscard]] std::string counted(int64_t number, std::string_view noun);

}  // namespace cambium::cli
