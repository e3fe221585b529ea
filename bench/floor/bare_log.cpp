#include "bare_log.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "record/batch.hpp"

namespace cambium::floor {

namespace {

[[noreturn]] void give_up(const std::string& what) {
    std::perror(what.c_str());
    std::_Exit(1);
}

}  // namespace

BareLog::BareLog(BareLogOptions options, int32_t partition)
    : options_(std::move(options)), partition_(partition) {
    roll();
}

BareLog::~BareLog() {
    for (const Segment& segment : segments_) {
        ::close(segment.descriptor);
        ::unlink(segment.path.c_str());
    }
}

int64_t BareLog::append(ByteView batch) {
    const auto parsed = record::parse_batch(batch);
    if (!parsed.ok() || parsed->size() != batch.size() || !parsed->checksum_ok())
        give_up("a batch is not sound");
    std::array<uint8_t, record::header_bytes> header{};
    std::copy_n(batch.data(), header.size(), header.data());
    record::patch(header, Offset(next_offset_), LeaderEpoch(0));
    const auto size = static_cast<int64_t>(batch.size());
    if (segments_.back().bytes + size > options_.segment_bytes) roll();
    Segment& segment = segments_.back();
    write(segment, header, batch.subspan(header.size()));
    segment.bytes += size;
    bytes_ += size;
    retain();
    return std::exchange(next_offset_, next_offset_ + parsed->record_count());
}

// In pieces that the page cache takes at the least cost, as real/file.cpp found them.
void BareLog::write(const Segment& segment, ByteView header, ByteView body) {
    constexpr size_t bytes_per_call = size_t{256} << 10;
    do {
        const size_t taken = std::min(body.size(), bytes_per_call - header.size());
        std::array<iovec, 2> pieces{iovec{const_cast<uint8_t*>(header.data()), header.size()},
                                    iovec{const_cast<uint8_t*>(body.data()), taken}};
        const ssize_t wrote = ::writev(segment.descriptor, pieces.data(), 2);
        if (wrote != static_cast<ssize_t>(header.size() + taken)) give_up(segment.path);
        header = {};
        body = body.subspan(taken);
    } while (!body.empty());
}

void BareLog::roll() {
    Segment fresh;
    fresh.path = options_.directory + "/" + std::to_string(partition_) + "-" +
                 std::to_string(next_offset_) + ".log";
    fresh.descriptor = ::open(fresh.path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    if (fresh.descriptor < 0) give_up(fresh.path);
    segments_.push_back(std::move(fresh));
}

void BareLog::retain() {
    while (segments_.size() > 1 && bytes_ - segments_.front().bytes >= options_.retention_bytes) {
        ::close(segments_.front().descriptor);
        ::unlink(segments_.front().path.c_str());
        bytes_ -= segments_.front().bytes;
        segments_.pop_front();
    }
}

}  // namespace cambium::floor
