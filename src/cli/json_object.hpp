// Writes one flat JSON object, a member after the other: a line of `-o json`.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/json.hpp"

namespace cambium::cli {

class JsonObject {
public:
    JsonObject& add(std::string_view name, std::string_view value) {
        begin(name);
        append_json_string(text_, value);
        return *this;
    }
    JsonObject& add(std::string_view name, const char* value) {
        return add(name, std::string_view(value));
    }
    template <std::integral Int> JsonObject& add(std::string_view name, Int value) {
        begin(name);
        if constexpr (std::same_as<Int, bool>) text_ += value ? "true" : "false";
        else text_ += std::to_string(value);
        return *this;
    }
    JsonObject& add_null(std::string_view name) { return add_raw(name, "null"); }
    // `json` is a JSON value.
    JsonObject& add_raw(std::string_view name, std::string_view json) {
        begin(name);
        text_ += json;
        return *this;
    }

    // "{...}"; an empty object is "{}".
    [[nodiscard]] std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }
    [[nodiscard]] std::string line() const { return text() + "\n"; }

private:
    void begin(std::string_view name) {
        text_ += text_.empty() ? '{' : ',';
        append_json_string(text_, name);
        text_ += ':';
    }

    std::string text_;
};

// ["a","b"]
template <class Strings> std::string json_strings(const Strings& strings) {
    std::string out = "[";
    for (const auto& each : strings) {
        if (out.size() > 1) out += ',';
        append_json_string(out, each);
    }
    return out + "]";
}

}  // namespace cambium::cli
