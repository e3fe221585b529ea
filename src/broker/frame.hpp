// Cuts a stream of bytes into frames: a 32-bit size, then so many bytes.
//
// Sans-IO. The size is looked at before there is memory for the frame: one that is not positive or
// above the limit breaks the stream for good, and room for the others is given by the caller once
// it has charged for it. A long frame asks twice: for the room of its beginning, and for all of it
// when the beginning is there, so that announcing a frame and sending nothing costs little.
//
//     size --feed--> room --give_room--> body --feed/filled--> frame --take_frame--> size
//                     ^                   |
//                     +---- beginning ----+
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
    static constexpr size_t beginning_bytes = 4096;

    enum class State : uint8_t {
        size,    // of the next frame: feed
        room,    // room_bytes() are needed: give_room
        body,    // feed, or read into space() and say filled
        frame,   // complete: take_frame
        broken,  // frame_size() is not one that is taken
    };

    explicit FrameCutter(size_t limit) : limit_(limit) {}

    [[nodiscard]] State state() const { return state_; }
    // What the size said; from `room` on.
    [[nodiscard]] int32_t frame_size() const { return frame_size_; }
    // For how much of the frame there must be memory now, with what it has already.
    [[nodiscard]] size_t room_bytes() const;
    // How much of the frame has come.
    [[nodiscard]] size_t received() const { return have_; }
    // Nothing of the next frame has come yet.
    [[nodiscard]] bool between_frames() const { return state_ == State::size && size_have_ == 0; }

    // Takes bytes from the front of `bytes`, up to the end of the size or of the frame, and says
    // how many.
    [[nodiscard]] size_t feed(ByteView bytes);
    // In state `room`: there is memory for room_bytes().
    void give_room();
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
