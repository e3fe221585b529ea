#include "broker/frame.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "bytes/endian.hpp"

namespace cambium::broker {

size_t FrameCutter::feed(ByteView bytes) {
    if (state_ == State::size) {
        const size_t count = std::min(bytes.size(), size_bytes - size_have_);
        std::copy_n(bytes.begin(), count, size_.begin() + static_cast<ptrdiff_t>(size_have_));
        size_have_ += count;
        if (size_have_ == size_bytes) judge_size();
        return count;
    }
    if (state_ != State::body) return 0;
    const MutableBytes into = space();
    const size_t count = std::min(bytes.size(), into.size());
    if (count > 0) std::memcpy(into.data(), bytes.data(), count);
    filled(count);
    return count;
}

void FrameCutter::judge_size() {
    frame_size_ = load_big<int32_t>(size_.data());
    const bool good = frame_size_ > 0 && static_cast<size_t>(frame_size_) <= limit_;
    state_ = good ? State::room : State::broken;
}

size_t FrameCutter::room_bytes() const {
    const auto whole = static_cast<size_t>(frame_size_);
    return have_ == 0 ? std::min(whole, beginning_bytes) : whole;
}

void FrameCutter::give_room() {
    check(state_ == State::room);
    const size_t size = room_bytes();
    // To the byte: a buffer that grows by itself at least doubles.
    frame_.reserve(size);
    frame_.resize(size);
    state_ = State::body;
}

MutableBytes FrameCutter::space() {
    check(state_ == State::body);
    return frame_.mutable_view().subspan(have_);
}

void FrameCutter::filled(size_t count) {
    have_ += count;
    check(have_ <= frame_.size(), have_, frame_.size());
    if (have_ < frame_.size()) return;
    state_ = have_ == static_cast<size_t>(frame_size_) ? State::frame : State::room;
}

Buffer FrameCutter::take_frame() {
    check(state_ == State::frame);
    state_ = State::size;
    size_have_ = 0;
    have_ = 0;
    return std::exchange(frame_, Buffer());
}

}  // namespace cambium::broker
