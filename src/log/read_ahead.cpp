#include "log/read_ahead.hpp"

#include <algorithm>
#include <utility>

#include "base/fault.hpp"
#include "io/turn.hpp"
#include "log/scanner.hpp"

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

io::Task<void> ReadAhead::fetch(io::FileRef file, uint64_t number, Wanted wanted) {
    const int64_t position = wanted.position;
    if (under_way(number, position) != nullptr || reads_.has_ahead(number, position)) co_return;
    if (fetches_.size() + reads_.blocks_ahead() >= blocks_max) co_return;
    Fetch here{number, position, false, {}, {}};
    const auto entry = fetches_.insert(fetches_.end(), &here);
    // An answer leaves at the end of its round.
    co_await io::next_round(&loop_);
    here.block = reads_.take(wanted.bytes);
    here.block.resize(wanted.bytes);
    const Result<size_t> read = co_await file->pread(position, here.block.mutable_view());
    if (!read.ok() || *read < wanted.bytes) here.block = Buffer();
    here.read = true;
    here.done.complete(true);
    // Nor does anybody wait for the check: who comes before it takes the block.
    if (!here.block.empty()) co_await io::next_round(&loop_);
    fetches_.erase(entry);
    if (here.block.empty()) co_return;
    const int64_t end = position + static_cast<int64_t>(wanted.bytes);
    BatchScanner scanner(std::move(file), {.position = position, .end = end},
                         std::move(here.block));
    const int64_t enough = position + static_cast<int64_t>(wanted.likely);
    while (scanner.position() < enough && scanner.next()) {}
    const auto checked = static_cast<size_t>(scanner.position() - position);
    if (checked > 0) sometimes("log.checked_ahead");
    reads_.keep_ahead(number, position, {scanner.take_block().bytes, checked});
}

io::Task<ReadCache::Ahead> ReadAhead::take(uint64_t file, int64_t position) {
    Fetch* const fetch = under_way(file, position);
    if (fetch == nullptr) co_return reads_.take_ahead(file, position);
    // Somebody else who waits takes it: a second one reads for itself.
    if (!fetch->read && fetch->done.waited_for()) co_return ReadCache::Ahead{};
    if (!fetch->read) {
        sometimes("log.read_waited_for_read_ahead");
        (void)co_await fetch->done;
    }
    co_return ReadCache::Ahead{std::exchange(fetch->block, Buffer()), 0};
}

}  // namespace cambium::log
