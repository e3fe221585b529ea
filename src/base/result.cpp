#include "base/result.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace cambium {
namespace {

struct Line {
    Errc code;
    int16_t wire;
    bool retriable;
    std::string_view name;
    std::string_view sentence;
};

constexpr auto error_table = std::to_array<Line>({
#define ERROR(name, own, wire, retriable, sentence) {Errc::name, wire, retriable, #name, sentence},
#include "base/errors.inc"
#undef ERROR
});

constexpr bool ordered() {
    return std::ranges::is_sorted(error_table, std::less_equal{},
                                  [](const Line& line) { return static_cast<int>(line.code); }) &&
           std::ranges::adjacent_find(error_table, {}, &Line::code) == error_table.end();
}
static_assert(ordered(), "errors.inc is ordered by code and has each code once");

const Line& line_of(Errc code) {
    const auto found = std::ranges::lower_bound(error_table, code, {}, &Line::code);
    return found != error_table.end() && found->code == code ? *found : error_table.front();
}

using Name = std::array<char, 48>;

constexpr auto upper_names = [] {
    std::array<Name, error_table.size()> names{};
    for (size_t i = 0; i < error_table.size(); ++i) {
        for (size_t j = 0; j < error_table[i].name.size(); ++j) {
            const char letter = error_table[i].name[j];
            names[i][j] =
                letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
        }
    }
    return names;
}();

}  // namespace

int16_t wire_code(Errc code) { return line_of(code).wire; }
bool retriable(Errc code) { return line_of(code).retriable; }
std::string_view sentence(Errc code) { return line_of(code).sentence; }

std::string_view name(Errc code) {
    const Line& line = line_of(code);
    return {upper_names[static_cast<size_t>(&line - error_table.data())].data(), line.name.size()};
}

Errc from_wire_code(int16_t code) {
    constexpr int16_t first_private = 1000;
    const auto found = std::ranges::lower_bound(error_table, Errc{code}, {}, &Line::code);
    return code < first_private && found != error_table.end() && found->code == Errc{code}
               ? found->code
               : Errc::unknown_server_error;
}

std::string Error::text() const {
    std::string out(name(code));
    out.append(": ").append(sentence(code));
    if (!context.empty()) out.append(" (").append(context).append(")");
    return out;
}

}  // namespace cambium
