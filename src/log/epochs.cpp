#include "log/epochs.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace cambium::log {

namespace {

// Takes a number and the one character that ends it off the front of `text`.
template <class Int> std::optional<Int> take_number(std::string_view& text, char end) {
    Int value{};
    const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto used = static_cast<size_t>(at - text.data());
    if (error != std::errc{} || used == text.size() || *at != end) return std::nullopt;
    text.remove_prefix(used + 1);
    return value;
}

}  // namespace

bool EpochCache::assign(LeaderEpoch epoch, Offset offset) {
    if (epoch.value() < 0) return false;
    if (!entries_.empty() && epoch <= entries_.back().epoch) return false;
    // An epoch without a record never was.
    take_back(offset);
    entries_.push_back({epoch, offset});
    return true;
}

void EpochCache::take_back(Offset end) {
    while (!entries_.empty() && entries_.back().start >= end) entries_.pop_back();
}

void EpochCache::advance_start(Offset start) {
    size_t gone = 0;
    while (gone + 1 < entries_.size() && entries_[gone + 1].start <= start) ++gone;
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(gone));
    if (!entries_.empty()) entries_.front().start = std::max(entries_.front().start, start);
}

LeaderEpoch EpochCache::at(Offset offset) const {
    LeaderEpoch epoch;
    for (const EpochStart& entry : entries_) {
        if (entry.start > offset) break;
        epoch = entry.epoch;
    }
    return epoch;
}

std::optional<EpochCache::End> EpochCache::end_of(LeaderEpoch epoch, Offset appended_end) const {
    if (epoch.value() < 0 || entries_.empty() || epoch > entries_.back().epoch) return std::nullopt;
    if (epoch == entries_.back().epoch) return End{epoch, appended_end};
    const auto above =
        std::find_if(entries_.begin(), entries_.end(),
                     [epoch](const EpochStart& entry) { return entry.epoch > epoch; });
    const LeaderEpoch known = above == entries_.begin() ? epoch : (above - 1)->epoch;
    return End{known, above->start};
}

Buffer EpochCache::text() const {
    Buffer out;
    out.append(fmt::format("0\n{}\n", entries_.size()));
    for (const EpochStart& entry : entries_)
        out.append(fmt::format("{} {}\n", entry.epoch.value(), entry.start.value()));
    return out;
}

Result<EpochCache> EpochCache::parse(std::string_view text) {
    const auto version = take_number<int32_t>(text, '\n');
    const auto count = take_number<int64_t>(text, '\n');
    if (version != 0 || !count || *count < 0)
        return Error{Errc::corrupt_data, "leader-epoch-checkpoint has no head"};
    EpochCache cache;
    for (int64_t i = 0; i < *count; ++i) {
        const auto epoch = take_number<int32_t>(text, ' ');
        const auto start = epoch ? take_number<int64_t>(text, '\n') : std::nullopt;
        if (!start || *start < 0 || *epoch < 0)
            return Error{Errc::corrupt_data, "leader-epoch-checkpoint has a line that is none"};
        const EpochStart entry{LeaderEpoch(*epoch), Offset(*start)};
        if (!cache.entries_.empty() && (entry.epoch <= cache.entries_.back().epoch ||
                                        entry.start <= cache.entries_.back().start))
            return Error{Errc::corrupt_data, "leader-epoch-checkpoint does not grow"};
        cache.entries_.push_back(entry);
    }
    if (!text.empty()) return Error{Errc::corrupt_data, "leader-epoch-checkpoint has more lines"};
    return std::move(cache);
}

}  // namespace cambium::log
