#include "broker/answer.hpp"

#include <utility>

#include "base/check.hpp"

namespace cambium::broker {

Answer::Answer(Buffer encoded) : encoded_(std::move(encoded)) { add(Encoded{0, encoded_.size()}); }

Answer::Answer(Buffer encoded, std::span<const wire::Slot> slots,
               std::vector<log::FileRange> ranges)
    : encoded_(std::move(encoded)) {
    size_t position = 0;
    size_t next = 0;
    for (const wire::Slot& slot : slots) {
        if (slot.size == 0) continue;
        check(next < ranges.size() && ranges[next].length == static_cast<int64_t>(slot.size), next,
              slot.size);
        add(Encoded{position, slot.position - position});
        add(std::move(ranges[next++]));
        position = slot.position;
    }
    check(next == ranges.size(), next, ranges.size());
    add(Encoded{position, encoded_.size() - position});
}

void Answer::add(Encoded piece) {
    if (piece.size == 0) return;
    size_ += static_cast<int64_t>(piece.size);
    pieces_.emplace_back(piece);
}

void Answer::add(log::FileRange piece) {
    size_ += piece.length;
    pieces_.emplace_back(std::move(piece));
}

}  // namespace cambium::broker
