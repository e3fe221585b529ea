#include "wire/decoder.hpp"

#include <string>

namespace cambium::wire {

Error Decoder::error(std::string_view message) const {
    std::string context(message);
    context.append(" version ").append(std::to_string(form_.version));
    context.append(" at ").append(field_.empty() ? "its beginning" : field_);
    return {error_ == Errc::none ? Errc::malformed : error_, context};
}

void Decoder::skip_tags(int64_t id) {
    if (!tags_.open) {
        tags_.open = true;
        tags_.left = in_.varuint32();
    }
    while (ok() && tags_.id < id && tags_.left > 0) next_tag();
}

void Decoder::next_tag() {
    const int64_t id = in_.varuint32();
    tags_.value = in_.bytes(in_.varuint32());
    if (id <= tags_.id) return fail(Errc::malformed);  // twice, or out of order
    tags_.id = id;
    tags_.held = true;
    --tags_.left;
}

bool Decoder::charge(uint64_t bytes) {
    if (!ok()) return false;
    if (bytes > memory_) return fail(Errc::over_budget), false;
    memory_ -= bytes;
    return true;
}

}  // namespace cambium::wire
