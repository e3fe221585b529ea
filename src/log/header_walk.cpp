#include "log/header_walk.hpp"

#include <algorithm>

namespace cambium::log {

std::optional<WalkedBatch> HeaderWalk::next() {
    if (stop() != BatchScanner::Stop::none) return std::nullopt;
    if (position_ >= tail_->first(file_number_)) return next_hot();
    if (!cold_ || cold_->position() != position_) {
        cold_.emplace(file_, BatchScanner::Options{position_, end_, walk_block_bytes, false});
        return std::nullopt;
    }
    const std::optional<BatchScanner::Found> found = cold_->next();
    if (!found) return std::nullopt;
    position_ = cold_->position();
    return WalkedBatch{found->header, found->position, false};
}

std::optional<WalkedBatch> HeaderWalk::next_hot() {
    size_t have = 0;
    while (have < header_.size()) {
        const ByteView piece = tail_->find(file_number_, position_ + static_cast<int64_t>(have),
                                           static_cast<int64_t>(header_.size() - have));
        if (piece.empty()) break;
        std::copy(piece.begin(), piece.end(), header_.data() + have);
        have += piece.size();
    }
    const auto left = static_cast<size_t>(end_ - position_);
    const Result<record::HeaderView> header =
        record::parse_header(ByteView(header_).first(have), left);
    if (!header) {
        damaged_ = true;
        return std::nullopt;
    }
    const WalkedBatch found{*header, position_, true};
    position_ = found.end();
    return found;
}

io::Task<Status> HeaderWalk::more() {
    if (stop() != BatchScanner::Stop::none || !cold_ || cold_->position() != position_)
        co_return Status();
    Status status = co_await cold_->more();
    co_return status;
}

BatchScanner::Stop HeaderWalk::stop() const {
    if (damaged_) return BatchScanner::Stop::damage;
    if (position_ >= end_) return BatchScanner::Stop::end;
    if (cold_ && cold_->position() == position_) return cold_->stop();
    return BatchScanner::Stop::none;
}

}  // namespace cambium::log
