#include "cli/json.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace cambium::cli {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Walks over values; the first error sticks and is asked once at the end.
class Scanner {
public:
    Scanner(std::string_view text, size_t at) : text_(text), at_(at) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] size_t position() const { return at_; }
    [[nodiscard]] Error error() const {
        return {Errc::malformed, "no valid JSON at byte " + std::to_string(at_)};
    }

    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos)
            ++at_;
    }
    // Whether the next character is `c`, which is then taken.
    bool take(char c) {
        skip_space();
        if (!ok_ || at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!take(c)) ok_ = false;
    }
    [[nodiscard]] bool at_end() {
        skip_space();
        return at_ == text_.size();
    }

    void value(int depth = 0) {
        skip_space();
        if (!ok_ || at_ >= text_.size() || depth > json_depth_max) {
            ok_ = false;
            return;
        }
        switch (text_[at_]) {
            case '{': return members(depth);
            case '[': return elements(depth);
            case '"': return string();
            case 't': return word("true");
            case 'f': return word("false");
            case 'n': return word("null");
            default: return number();
        }
    }

    void string() {
        expect('"');
        while (ok_ && at_ < text_.size() && text_[at_] != '"') {
            const auto c = static_cast<unsigned char>(text_[at_++]);
            if (c < 0x20) ok_ = false;
            else if (c == '\\') escape();
        }
        if (!ok_ || at_ >= text_.size()) ok_ = false;
        else ++at_;
    }

    void number() {
        if (next_is('-')) ++at_;
        if (next_is('0')) ++at_;
        else digits();
        if (next_is('.')) ++at_, digits();
        if (next_is('e') || next_is('E')) {
            ++at_;
            if (next_is('+') || next_is('-')) ++at_;
            digits();
        }
    }

private:
    [[nodiscard]] bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

    void members(int depth) {
        expect('{');
        if (take('}')) return;
        do {
            skip_space();
            string();
            expect(':');
            value(depth + 1);
        } while (take(','));
        expect('}');
    }
    void elements(int depth) {
        expect('[');
        if (take(']')) return;
        do value(depth + 1);
        while (take(','));
        expect(']');
    }
    void word(std::string_view expected) {
        if (text_.substr(at_, expected.size()) == expected) at_ += expected.size();
        else ok_ = false;
    }
    void digits() {
        if (at_ >= text_.size() || !is_digit(text_[at_])) ok_ = false;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    }
    void escape() {
        if (at_ >= text_.size()) return;  // the string does not end: found by the caller
        const char c = text_[at_++];
        if (c != 'u') {
            if (std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) ok_ = false;
            return;
        }
        constexpr size_t hex_digits = 4;
        const std::string_view hex = text_.substr(at_, hex_digits);
        if (hex.size() < hex_digits ||
            hex.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
            ok_ = false;
        else at_ += hex_digits;
    }

    std::string_view text_;
    size_t at_;
    bool ok_ = true;
};

uint32_t hex_value(std::string_view digits) {
    uint32_t value = 0;
    for (const char c : digits) {
        const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
        value = value * 16 + static_cast<uint32_t>(digit);
    }
    return value;
}

void append_utf8(std::string& out, uint32_t point) {
    const auto put = [&out](uint32_t byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | (point >> 6));
        put(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        put(0xE0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    } else {
        put(0xF0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3F));
        put(0x80 | ((point >> 6) & 0x3F));
        put(0x80 | (point & 0x3F));
    }
}

constexpr uint32_t replacement = 0xFFFD;

// The code point of \uXXXX at `at` (the X's); takes the second half of a surrogate pair too.
uint32_t escaped_point(std::string_view text, size_t& at) {
    uint32_t point = hex_value(text.substr(at, 4));
    at += 4;
    const bool high = point >= 0xD800 && point < 0xDC00;
    if (high && text.substr(at, 2) == "\\u") {
        const uint32_t low = hex_value(text.substr(at + 2, 4));
        if (low >= 0xDC00 && low < 0xE000) {
            at += 6;
            return 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    if (point >= 0xD800 && point < 0xE000) point = replacement;
    return point;
}

// `text` is the inside of a valid JSON string.
std::string unescaped(std::string_view text) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const char c = text[at++];
        if (c != '\\') {
            out += c;
            continue;
        }
        constexpr std::string_view letters = "bfnrt";
        constexpr std::string_view meanings = "\b\f\n\r\t";
        const char kind = text[at++];
        if (kind == 'u') append_utf8(out, escaped_point(text, at));
        else if (const size_t i = letters.find(kind); i != letters.npos) out += meanings[i];
        else out += kind;
    }
    return out;
}

// The length of the well-formed UTF-8 sequence at the front of `text` (Unicode, table 3-7); 0 when
// there is none.
size_t utf8_length(std::string_view text) {
    const auto byte = [&](size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto follows = [&](size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool overlong = first == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = first == 0xED && byte(1) > 0x9F;
        return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool overlong = first == 0xF0 && byte(1) < 0x90;
        const bool too_large = first == 0xF4 && byte(1) > 0x8F;
        return follows(1) && follows(2) && follows(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view hex = "0123456789abcdef";
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) out += c;
    else out.append("\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
}

}  // namespace

Result<JsonSpan> json_value(std::string_view text, size_t at) {
    Scanner scanner(text, at);
    scanner.skip_space();
    const size_t begin = scanner.position();
    scanner.value();
    if (!scanner.ok()) return scanner.error();
    return JsonSpan{begin, scanner.position()};
}

Result<JsonArray> JsonArray::open(std::string_view text) {
    Scanner scanner(text, 0);
    if (!scanner.take('['))
        return Error{Errc::malformed, "the text does not begin with a JSON array"};
    return JsonArray(text, scanner.position());
}

Result<std::optional<std::string_view>> JsonArray::next() {
    Scanner scanner(text_, at_);
    if (scanner.take(']')) {
        if (!scanner.at_end()) return scanner.error();
        return std::optional<std::string_view>{};
    }
    if (!std::exchange(first_, false)) scanner.expect(',');
    if (!scanner.ok()) return scanner.error();
    const Result<JsonSpan> span = json_value(text_, scanner.position());
    if (!span.ok()) return span.error();
    at_ = span->end;
    return std::optional(text_.substr(span->begin, span->end - span->begin));
}

std::optional<std::string_view> json_member_text(std::string_view text, std::string_view name) {
    Scanner scanner(text, 0);
    if (!scanner.take('{') || scanner.take('}')) return std::nullopt;
    do {
        scanner.skip_space();
        const size_t name_begin = scanner.position();
        scanner.string();
        const size_t name_end = scanner.position();
        scanner.expect(':');
        scanner.skip_space();
        const size_t begin = scanner.position();
        scanner.value();
        if (!scanner.ok()) return std::nullopt;
        if (unescaped(text.substr(name_begin + 1, name_end - name_begin - 2)) == name)
            return text.substr(begin, scanner.position() - begin);
    } while (scanner.take(','));
    return std::nullopt;
}

std::optional<std::string> json_string(std::string_view text) {
    if (text.size() < 2 || text.front() != '"') return std::nullopt;
    return unescaped(text.substr(1, text.size() - 2));
}

std::optional<std::string> json_member(std::string_view text, std::string_view name) {
    const std::optional<std::string_view> value = json_member_text(text, name);
    if (!value) return std::nullopt;
    std::optional<std::string> characters = json_string(*value);
    return characters ? std::move(characters) : std::string(*value);
}

bool is_json_number(std::string_view text) {
    Scanner scanner(text, 0);
    scanner.number();
    return scanner.ok() && scanner.position() == text.size();
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const size_t length = utf8_length(text);
        if (length == 0) append_utf8(out, replacement);
        else if (length == 1) append_escaped(out, text.front());
        else out.append(text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

}  // namespace cambium::cli
