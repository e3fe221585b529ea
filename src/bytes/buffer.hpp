// A growable block of owned bytes that is never zero-filled on growth.
//
// Used for frames, answers and file blocks. Move-only: a copy of bytes is always written out
// (Buffer::copy_of). Growth doubles the capacity; `clear` keeps it, so that a Buffer which is
// reused stops allocating (a fresh large allocation costs a page fault per 4 KiB).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "bytes/bytes.hpp"

namespace cambium {

class Buffer {
public:
    Buffer() = default;
    explicit Buffer(size_t capacity) { reserve(capacity); }
    Buffer(Buffer&& other) noexcept;
    Buffer& operator=(Buffer&& other) noexcept;

    [[nodiscard]] static Buffer copy_of(ByteView bytes);

    [[nodiscard]] size_t size() const { return size_; }
    [[nodiscard]] size_t capacity() const { return capacity_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] uint8_t* data() { return bytes_.get(); }
    [[nodiscard]] const uint8_t* data() const { return bytes_.get(); }
    [[nodiscard]] ByteView view() const { return {bytes_.get(), size_}; }
    [[nodiscard]] MutableBytes mutable_view() { return {bytes_.get(), size_}; }
    [[nodiscard]] std::string_view text() const { return as_text(view()); }

    void clear() { size_ = 0; }
    void reserve(size_t capacity);
    // New bytes are not initialised.
    void resize(size_t size);
    // Makes room for `count` more bytes and returns where they go.
    uint8_t* extend(size_t count) {
        if (count > capacity_ - size_) grow(count);
        size_ += count;
        return bytes_.get() + size_ - count;
    }
    void append(ByteView bytes);
    void append(std::string_view text) { append(as_bytes(text)); }
    // Drops the first `count` bytes, moving the rest down.
    void drop_front(size_t count);

private:
    // Makes room for `count` more, at least doubling.
    void grow(size_t count);

    std::unique_ptr<uint8_t[]> bytes_;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

}  // namespace cambium
