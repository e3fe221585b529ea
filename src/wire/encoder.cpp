#include "wire/encoder.hpp"

#include <string>

namespace cambium::wire {

Error Encoder::error(std::string_view message) const {
    std::string context(message);
    context.append(" version ").append(std::to_string(form_.version));
    context.append(error_ == Errc::unsupported_version ? " cannot carry " : " cannot say so in ");
    return {error_, context.append(failed_)};
}

// The count is patched as fields are added: no struct of the protocol has 128 tagged fields, so one
// byte is always enough for it.
void Encoder::open_tags() {
    if (tags_.open) {
        check(out_.data()[tags_.count_at] < 127);
        return;
    }
    tags_ = {true, out_.size()};
    write_.big(uint8_t{0});
}

// Tagged values are small and rare: their size is found by writing them, and they make room for it.
void Encoder::insert_size(size_t start) {
    const size_t size = out_.size() - start;
    const size_t width = varuint_size(size);
    out_.extend(width);
    uint8_t* const at = out_.data() + start;
    std::memmove(at + width, at, size);
    size_t rest = size;
    for (size_t i = 0; i < width; ++i, rest >>= 7) {
        at[i] = static_cast<uint8_t>((rest & 127) | (i + 1 < width ? 128 : 0));
    }
}

}  // namespace cambium::wire
