#include "broker/outbox.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::broker {

Ticket Outbox::open() {
    slots_.emplace_back();
    return Ticket{first_ + slots_.size() - 1};
}

Outbox::Slot& Outbox::slot(Ticket ticket) {
    if (mutant("broker.answers_out_of_order")) {
        for (Slot& free : slots_) {
            if (!free.answered) return free;
        }
    }
    const uint64_t position = static_cast<uint64_t>(ticket) - first_;
    check(position < slots_.size(), position, slots_.size());
    return slots_[position];
}

void Outbox::put(Ticket ticket, Answer answer, io::Monotonic now) {
    Slot& place = slot(ticket);
    check(!place.answered && answer.size() > 0);
    unsent_ += answer.size();
    memory_ += answer.memory();
    place.answer = std::move(answer);
    place.answered = true;
    place.since = now;
}

void Outbox::skip(Ticket ticket) {
    Slot& place = slot(ticket);
    check(!place.answered);
    place.answered = true;
    pop_finished();
}

bool Outbox::ready() const { return !slots_.empty() && slots_.front().answered; }

int64_t Outbox::piece_size(const Answer::Piece& piece) {
    if (const auto* range = std::get_if<log::FileRange>(&piece)) return range->length;
    return static_cast<int64_t>(std::get<Answer::Encoded>(piece).size);
}

ByteView Outbox::in_memory(const log::TailCache& tail, log::ReadCache& reads,
                           const log::FileRange& range, int64_t offset) {
    const int64_t position = range.position + offset;
    const int64_t length = range.length - offset;
    const ByteView newest = tail.find(range.file_number, position, length);
    return newest.empty() ? reads.find(range.file_number, position, length) : newest;
}

void Outbox::gather(const log::TailCache& tail, log::ReadCache& reads, size_t pieces_max,
                    size_t bytes_max, std::vector<ByteView>& views) const {
    views.clear();
    size_t bytes = 0;
    for (const Slot& one : slots_) {
        if (!one.answered) return;
        int64_t offset = one.offset;
        for (size_t i = one.piece; i < one.answer.pieces().size(); ++i) {
            const Answer::Piece& piece = one.answer.pieces()[i];
            while (offset < piece_size(piece)) {
                if (views.size() >= pieces_max || bytes >= bytes_max) return;
                ByteView view;
                if (const auto* range = std::get_if<log::FileRange>(&piece))
                    view = in_memory(tail, reads, *range, offset);
                else
                    view = one.answer.bytes(std::get<Answer::Encoded>(piece))
                               .subspan(static_cast<size_t>(offset));
                if (view.empty()) return;
                views.push_back(view);
                bytes += view.size();
                offset += static_cast<int64_t>(view.size());
            }
            offset = 0;
        }
    }
}

log::FileRange Outbox::cold() const {
    check(ready());
    const Slot& front = slots_.front();
    const auto* range = std::get_if<log::FileRange>(&front.answer.pieces()[front.piece]);
    check(range != nullptr);
    log::FileRange rest = *range;
    rest.position += front.offset;
    rest.length -= front.offset;
    return rest;
}

void Outbox::sent(size_t bytes) {
    auto left = static_cast<int64_t>(bytes);
    unsent_ -= left;
    check(unsent_ >= 0, unsent_);
    while (left > 0) {
        check(ready());
        Slot& front = slots_.front();
        const int64_t rest = piece_size(front.answer.pieces()[front.piece]) - front.offset;
        const int64_t step = std::min(left, rest);
        front.offset += step;
        left -= step;
        if (step < rest) break;
        front.offset = 0;
        ++front.piece;
        pop_finished();
    }
}

void Outbox::pop_finished() {
    while (ready() && slots_.front().piece == slots_.front().answer.pieces().size()) {
        const Slot& front = slots_.front();
        if (front.piece > 0) finished_.push_back({front.answer.memory(), front.since});
        memory_ -= front.answer.memory();
        slots_.pop_front();
        ++first_;
    }
}

}  // namespace cambium::broker
