#include "coord/cleaning.hpp"

#include <algorithm>
#include <chrono>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "record/builder.hpp"

namespace cambium::coord {

void Cleaning::loaded(int64_t bytes, int64_t live_bytes) {
    bytes_ = bytes;
    live_ = live_bytes;
    looked_at_ = std::min(bytes, live_bytes);
}

bool Cleaning::due() const {
    return !under_way_ && bytes_ - looked_at_ >= std::max(limits_.dirty_bytes, live_);
}

void Cleaning::begin(int64_t segment_bytes) {
    check(!under_way_);
    under_way_ = true;
    spoiled_ = false;
    bytes_at_begin_ = bytes_;
    batch_bytes_ = static_cast<size_t>(std::min(limits_.batch_bytes, segment_bytes / 2));
}

Status Cleaning::wrote(const Record& record) {
    const Result<EncodedRecord> encoded = encode_record(record);
    if (!encoded.ok()) return encoded.error();
    written_.emplace(as_text(encoded->key.view()));
    return {};
}

bool Cleaning::worth_it(const LogReader& reader) {
    return reader.live_bytes() * 2 < reader.bytes();
}

Result<Buffer> Cleaning::next_batch(const NewestRecords& newest, std::string* after,
                                    Timestamp now) const {
    record::BatchBuilder builder;
    auto each = after->empty() ? newest.begin() : newest.upper_bound(*after);
    for (; each != newest.end() && builder.size() < batch_bytes_; ++each) {
        const auto& [key, value] = *each;
        *after = key;
        if (!value) continue;
        if (written_.contains(key) && !mutant("coord.cleaning_overtakes")) continue;
        const Status added = builder.append(
            {.timestamp = now, .key = as_bytes(key), .value = as_bytes(*value), .headers = {}});
        if (!added.ok()) return added.error();
    }
    if (builder.empty()) return Buffer();
    return builder.finish();
}

io::Duration Cleaning::pause(size_t bytes) const {
    constexpr int64_t second_ns = 1'000'000'000;
    return io::Duration(static_cast<int64_t>(bytes) * second_ns / limits_.bytes_per_second);
}

void Cleaning::done(int64_t live_bytes) {
    bytes_ -= bytes_at_begin_;
    live_ = live_bytes;
    looked_at_ = std::min(bytes_, live_bytes);
    sometimes("coord.cleaned");
    end();
}

void Cleaning::not_worth(int64_t live_bytes) {
    live_ = live_bytes;
    looked_at_ = bytes_;
    end();
}

void Cleaning::given_up() {
    sometimes("coord.cleaning_given_up");
    end();
}

void Cleaning::end() {
    under_way_ = false;
    written_.clear();
}

}  // namespace cambium::coord
