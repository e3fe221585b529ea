#include "wire/printer.hpp"

#include <algorithm>

namespace cambium::wire {

std::string Printer::take() && {
    constexpr std::string_view more = "...";
    if (full()) text_.replace(limit_ - std::min(limit_, more.size()), std::string::npos, more);
    return std::move(text_);
}

void Printer::quote(std::string_view text) {
    text_ += '\'';
    for (const char letter : text.substr(0, limit_)) {
        const auto code = static_cast<unsigned char>(letter);
        text_ += code < 32 || code == 127 ? '?' : letter;
    }
    text_ += '\'';
}

void Printer::count(size_t bytes) { text_.append(std::to_string(bytes)).append(" bytes"); }

}  // namespace cambium::wire
