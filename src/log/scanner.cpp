#include "log/scanner.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "bytes/crc32c.hpp"

namespace cambium::log {

BatchScanner::BatchScanner(io::FileRef file, Options options, Buffer memory)
    : file_(std::move(file)),
      options_(options),
      position_(options.position),
      block_(std::move(memory)),
      block_at_(options.position) {
    check(options_.block_bytes >= record::header_bytes, options_.block_bytes);
}

void BatchScanner::damaged(std::string why) {
    stop_ = Stop::damage;
    why_ = std::move(why);
}

ByteView BatchScanner::loaded() const {
    const int64_t at = position_ - block_at_;
    if (at < 0 || at >= static_cast<int64_t>(block_.size())) return {};
    return block_.view().subspan(static_cast<size_t>(at));
}

std::optional<BatchScanner::Found> BatchScanner::next() {
    if (stop_ != Stop::none) return std::nullopt;
    if (large_ready_) {
        large_ready_ = false;
        const Found found{record::HeaderView(large_), position_, {}};
        position_ += static_cast<int64_t>(found.header.size());
        return found;
    }
    wanted_ = 0;
    const ByteView front = loaded();
    if (front.size() < record::header_bytes) return std::nullopt;
    const auto left = static_cast<size_t>(options_.end - position_);
    const Result<record::HeaderView> header = record::parse_header(front, left);
    if (!header) {
        damaged(header.error().text());
        return std::nullopt;
    }
    const size_t size = header->size();
    const bool whole = size <= front.size();
    if (!whole && options_.checksums) {
        wanted_ = size;
        return std::nullopt;
    }
    const bool known = position_ + static_cast<int64_t>(size) <=
                       options_.position + static_cast<int64_t>(options_.checked);
    if (options_.checksums && !known && !record::BatchView(front.first(size)).checksum_ok()) {
        damaged("the checksum does not match");
        return std::nullopt;
    }
    const Found found{*header, position_, whole ? front.first(size) : ByteView{}};
    position_ += static_cast<int64_t>(size);
    return found;
}

io::Task<Status> BatchScanner::more() {
    if (stop_ != Stop::none || large_ready_) co_return Status();
    if (position_ >= options_.end) {
        stop_ = Stop::end;
        co_return Status();
    }
    if (options_.end - position_ < static_cast<int64_t>(record::header_bytes)) {
        damaged("fewer bytes than a header");
        co_return Status();
    }
    if (wanted_ > options_.block_bytes) co_return co_await check_large();
    co_return co_await load();
}

io::Task<Status> BatchScanner::load() {
    const ByteView kept = loaded();
    const size_t keep = kept.size();
    if (keep > 0) block_.drop_front(static_cast<size_t>(position_ - block_at_));
    else block_.clear();
    block_at_ = position_;
    const auto left = static_cast<size_t>(options_.end - position_);
    const size_t target = std::min(options_.block_bytes, left);
    check(keep < target, keep, target);
    block_.resize(target);
    const Result<size_t> got = co_await file_->pread(block_at_ + static_cast<int64_t>(keep),
                                                     block_.mutable_view().subspan(keep));
    if (!got) co_return got.error();
    bytes_read_ += static_cast<int64_t>(*got);
    block_.resize(keep + *got);
    if (block_.size() < target) damaged("the file ends before the batch does");
    co_return Status();
}

io::Task<Status> BatchScanner::check_large() {
    std::copy_n(loaded().data(), record::header_bytes, large_.data());
    const record::HeaderView header(large_);
    uint32_t crc = crc32c(ByteView(large_).subspan(record::at::attributes));
    int64_t at = position_ + static_cast<int64_t>(record::header_bytes);
    const int64_t end = position_ + static_cast<int64_t>(header.size());
    while (at < end) {
        block_.resize(std::min(options_.block_bytes, static_cast<size_t>(end - at)));
        block_at_ = at;
        const Result<size_t> got = co_await file_->pread(at, block_.mutable_view());
        if (!got) co_return got.error();
        bytes_read_ += static_cast<int64_t>(*got);
        if (*got < block_.size()) {
            damaged("the file ends before the batch does");
            co_return Status();
        }
        crc = crc32c(block_.view(), crc);
        at += static_cast<int64_t>(*got);
    }
    // The block holds the end of this batch and nothing of the next one.
    block_.clear();
    if (crc != header.crc()) damaged("the checksum does not match");
    else large_ready_ = true;
    co_return Status();
}

}  // namespace cambium::log
