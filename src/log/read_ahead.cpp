#include "log/read_ahead.hpp"

#include <algorithm>
#include <utility>

#include "base/fault.hpp"
#include "io/turn.hpp"
#include "record/batch.hpp"

namespace cambium::log {

namespace {

// How much of it, from its beginning, is whole batches whose checksums match.
size_t checked_bytes(ByteView block) {
    size_t checked = 0;
    while (true) {
        const ByteView rest = block.subspan(checked);
        if (rest.size() < record::header_bytes) return checked;
        const Result<record::HeaderView> header = record::parse_header(rest, rest.size());
        if (!header || !record::BatchView(rest.first(header->size())).checksum_ok()) return checked;
        checked += header->size();
    }
}

}  // namespace

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
    co_await io::next_round(&loop_);
    Buffer block = reads_.take(bytes);
    block.resize(bytes);
    const Result<size_t> read = co_await file->pread(position, block.mutable_view());
    const bool whole = read.ok() && *read == bytes;
    // Nor is anybody kept waiting for the check.
    if (whole && !here.done.waited_for()) co_await io::next_round(&loop_);
    const size_t checked = whole && !here.done.waited_for() ? checked_bytes(block.view()) : 0;
    if (checked > 0) sometimes("log.checked_ahead");
    fetches_.erase(entry);
    if (whole) reads_.keep_ahead(number, position, {std::move(block), checked});
    here.done.complete(true);
}

io::Task<ReadCache::Ahead> ReadAhead::take(uint64_t file, int64_t position) {
    Fetch* const fetch = under_way(file, position);
    // Somebody else who waits takes it: a second one reads for itself.
    if (fetch != nullptr && !fetch->done.waited_for()) {
        sometimes("log.read_waited_for_read_ahead");
        (void)co_await fetch->done;
    }
    co_return reads_.take_ahead(file, position);
}

}  // namespace cambium::log
