// Cuts a stream of bytes into the frames of answers: a 32-bit size, then that many bytes.
//
// Sans-IO: the connection reads into space() and says how much came with filled(). Memory grows
// with the bytes received, never with the size that a frame only claims.
#pragma once

#include <cstddef>
#include <optional>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"

namespace cambium::client {

inline constexpr size_t frame_size_bytes = 4;

class FrameReader {
public:
    explicit FrameReader(size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}

    // Where the next bytes go: never empty, valid until the next call of anything here.
    [[nodiscard]] MutableBytes space();
    void filled(size_t count);
    // The next whole frame, its size included; empty when there is none yet. `malformed` when the
    // size is negative or above the limit: nothing that follows can be trusted.
    [[nodiscard]] Result<std::optional<Buffer>> next();

private:
    // Of the frame at the front, its size included; empty while the size itself is not here.
    [[nodiscard]] std::optional<int64_t> wanted() const;

    size_t frame_bytes_max_;
    Buffer bytes_;  // as large as what was received and the space handed out
    size_t received_ = 0;
};

}  // namespace cambium::client
