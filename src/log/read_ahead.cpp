#include "log/read_ahead.hpp"

#include <algorithm>
#include <utility>

#include "base/fault.hpp"
#include "io/turn.hpp"

namespace cambium::log {

bool ReadAhead::went_on(uint64_t file, int64_t from, int64_t to) {
    for (Stop& stop : stops_) {
        if (stop.file != file || stop.position != from) continue;
        stop.position = to;
        return true;
    }
    stops_[next_stop_] = {file, to};
    next_stop_ = (next_stop_ + 1) % readers_max;
    return false;
}

ReadAhead::Fetch* ReadAhead::under_way(uint64_t file, int64_t position) const {
    const auto found = std::ranges::find_if(
        fetches_, [=](const Fetch* one) { return one->file == file && one->position == position; });
    return found == fetches_.end() ? nullptr : *found;
}

io::Task<void> ReadAhead::fetch(io::FileRef file, uint64_t number, int64_t position, size_t bytes) {
    if (under_way(number, position) != nullptr || reads_.has_ahead(number, position)) co_return;
    if (fetches_.size() + reads_.blocks_ahead() >= blocks_max) co_return;
    Fetch here{number, position, {}};
    const auto entry = fetches_.insert(fetches_.end(), &here);
    // An answer leaves at the end of its round.
    co_await io::next_turn(&loop_);
    co_await io::next_turn(&loop_);
    Buffer block = reads_.take(bytes);
    block.resize(bytes);
    const Result<size_t> read = co_await file->pread(position, block.mutable_view());
    fetches_.erase(entry);
    if (read.ok() && *read == bytes) reads_.keep_ahead(number, position, std::move(block));
    here.done.complete(true);
}

io::Task<Buffer> ReadAhead::take(uint64_t file, int64_t position) {
    Fetch* const fetch = under_way(file, position);
    // Somebody else who waits takes it: a second one reads for itself.
    if (fetch != nullptr && !fetch->done.waited_for()) {
        sometimes("log.read_waited_for_read_ahead");
        (void)co_await fetch->done;
    }
    co_return reads_.take_ahead(file, position);
}

}  // namespace cambium::log
