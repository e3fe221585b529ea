#include "bytes/buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"

namespace cambium {

Buffer::Buffer(Buffer&& other) noexcept
    : bytes_(std::move(other.bytes_)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
}

Buffer Buffer::copy_of(ByteView bytes) {
    Buffer out(bytes.size());
    out.append(bytes);
    return out;
}

void Buffer::reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    auto grown = std::make_unique_for_overwrite<uint8_t[]>(capacity);
    if (size_ > 0) std::memcpy(grown.get(), bytes_.get(), size_);
    bytes_ = std::move(grown);
    capacity_ = capacity;
}

void Buffer::resize(size_t size) {
    if (size > size_) extend(size - size_);
    size_ = size;
}

void Buffer::grow(size_t count) { reserve(std::max(size_ + count, capacity_ * 2)); }

void Buffer::append(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
}

void Buffer::drop_front(size_t count) {
    check(count <= size_, count, size_);
    if (count > 0 && count < size_) std::memmove(bytes_.get(), bytes_.get() + count, size_ - count);
    size_ -= count;
}

}  // namespace cambium
