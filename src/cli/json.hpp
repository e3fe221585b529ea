// JSON (RFC 8259) as text: finding values where they lie, and writing strings.
//
// The elements of an array become records with exactly the text they have in the file, so nothing
// is parsed into values and written again. Input is not trusted: nesting is bounded, everything is
// validated, errors are `malformed` with the position. Views look into the text given.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cambium::cli {

inline constexpr int json_depth_max = 128;

// Where the value that begins at or after `at` (white space is skipped) begins and ends.
struct JsonSpan {
    size_t begin = 0;
    size_t end = 0;
};
[[nodiscard]] Result<JsonSpan> json_value(std::string_view text, size_t at = 0);

// The elements of an array, one after the other.
class JsonArray {
public:
    // Errors: malformed when `text` does not begin with an array.
    [[nodiscard]] static Result<JsonArray> open(std::string_view text);
    // The next element's exact text; empty when the array has ended and nothing but white space
    // follows.
    [[nodiscard]] Result<std::optional<std::string_view>> next();

private:
    JsonArray(std::string_view text, size_t at) : text_(text), at_(at) {}

    std::string_view text_;
    size_t at_;
    bool first_ = true;
};

// The JSON text of the member `name` of the object `text`. Empty when `text` is no valid object up
// to there or has no such member.
[[nodiscard]] std::optional<std::string_view> json_member_text(std::string_view text,
                                                               std::string_view name);

// The characters of a JSON string; empty when `text`, which is a valid value, is none.
[[nodiscard]] std::optional<std::string> json_string(std::string_view text);

// The member `name` of the object `text`: of a string its characters, of anything else its JSON
// text. Empty when `text` is no valid object or has no such member.
[[nodiscard]] std::optional<std::string> json_member(std::string_view text, std::string_view name);

// Whether all of `text` is a JSON number.
[[nodiscard]] bool is_json_number(std::string_view text);

// Whether all of `text` is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

// Appends `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace cambium::cli
