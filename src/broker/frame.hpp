// Cuts a stream of bytes into frames: a 32-bit size, then so many bytes.
//
// Sans-IO. The size is looked at before there is memory for the frame: one that is not positive or
// above the limit breaks the stream for good, and room for the others is given by the caller once
// it has charged for it.
//
//     size --feed--> room --give_room--> body --feed/filled--> frame --take_frame--> size
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"

namespace cambium::broker {

class FrameCutter {
public:
    static constexpr size_t size_bytes = 4;

    enum class State : uint8_t {
        size,    // of the next frame: feed
        room,    // frame_size() bytes are needed: give_room
        body,    // feed, or read into space() and say filled
        frame,   // complete: take_frame
        broken,  // frame_size() is not one that is taken
    };

    explicit FrameCutter(size_t limit) : limit_(limit) {}

    [[nodiscard]] State state() const { return state_; }
    // What the size said; from `room` on.
    [[nodiscard]] int32_t frame_size() const { return frame_size_; }
    // Nothing of the next frame has come yet.
    [[nodiscard]] bool between_frames() const { return state_ == State::size && size_have_ == 0; }

    // Takes bytes from the front of `bytes`, up to the end of the size or of the frame, and says
    // how many.
    [[nodiscard]] size_t feed(ByteView bytes);
    // In state `room`. Empty, of any capacity.
    void give_room(Buffer buffer);
    // In state `body`: where the rest of the frame goes.
    [[nodiscard]] MutableBytes space();
    void filled(size_t count);
    // In state `frame`: the frame without its size.
    [[nodiscard]] Buffer take_frame();

private:
    void judge_size();

    size_t limit_;
    State state_ = State::size;
    std::array<uint8_t, size_bytes> size_{};
    size_t size_have_ = 0;
    int32_t frame_size_ = 0;
    Buffer frame_;
    size_t have_ = 0;
};

}  // namespace cambium::broker
