// An answer: encoded bytes, and between them ranges of files whose bytes are fetched only when the
// socket has room.
//
// A slow reader therefore pins a file handle and the encoded bytes, nothing else (docs/adr/0004).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "log/log.hpp"
#include "wire/field.hpp"

namespace cambium::broker {

class Answer {
public:
    Answer() = default;
    // A whole frame.
    explicit Answer(Buffer encoded);
    // `ranges` fill the slots that encoding left (wire/message.hpp), one for each that is not
    // empty, in order.
    Answer(Buffer encoded, std::span<const wire::Slot> slots, std::vector<log::FileRange> ranges);

    // Either bytes of the encoded part or a range of a file.
    struct Encoded {
        size_t position = 0;
        size_t size = 0;
    };
    using Piece = std::variant<Encoded, log::FileRange>;

    [[nodiscard]] const std::vector<Piece>& pieces() const { return pieces_; }
    [[nodiscard]] ByteView bytes(const Encoded& piece) const {
        return encoded_.view().subspan(piece.position, piece.size);
    }
    // Everything that will be sent.
    [[nodiscard]] int64_t size() const { return size_; }
    // What this holds in memory.
    [[nodiscard]] int64_t memory() const { return static_cast<int64_t>(encoded_.capacity()); }

private:
    void add(Encoded piece);
    void add(log::FileRange piece);

    Buffer encoded_;
    std::vector<Piece> pieces_;
    int64_t size_ = 0;
};

}  // namespace cambium::broker
