#include "replica/acks.hpp"

#include "base/check.hpp"

namespace cambium::replica {

void Acks::resolve(size_t tag, Errc outcome) {
    check(!resolved_[tag] && open_ > 0, tag);
    resolved_[tag] = true;
    acks_[tag].error = outcome;
    --open_;
}

void Acks::ran(WaitingRoom& room, size_t tag, const Ack& ack, bool settled) {
    acks_[tag] = ack;
    if (settled) resolve(tag, ack.error);
    else acks_[tag].error = Errc::request_timed_out;
    check(staging_ > 0);
    const bool last = --staging_ == 0;
    const bool over = last && open_ == 0;
    // Completing resumes the handler, which may be gone afterwards: nothing of this is touched
    // below.
    if (over && inside()) room.end(*this);
    if (last) staged.complete(true);
}

bool Acks::told(size_t tag, int64_t level, Errc outcome) {
    (void)level;
    resolve(tag, outcome);
    return open_ == 0 && staging_ == 0;
}

}  // namespace cambium::replica
