#include "client/frame_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "bytes/endian.hpp"

namespace cambium::client {
namespace {

constexpr size_t read_bytes_min = size_t{16} << 10;

}  // namespace

std::optional<int64_t> FrameReader::wanted() const {
    if (received_ < frame_size_bytes) return std::nullopt;
    return int64_t{load_big<int32_t>(bytes_.data())} + int64_t{frame_size_bytes};
}

MutableBytes FrameReader::space() {
    size_t count = read_bytes_min;
    // A long frame is read to exactly its end, so that it can be given away without a copy.
    if (const auto size = wanted(); size.has_value() && *size > 0) {
        const auto whole = static_cast<size_t>(*size);
        if (whole > received_ + read_bytes_min)
            count = std::min(whole - received_, std::max(received_, read_bytes_min));
    }
    bytes_.resize(received_ + count);
    return bytes_.mutable_view().subspan(received_, count);
}

void FrameReader::filled(size_t count) {
    check(received_ + count <= bytes_.size(), received_, count, bytes_.size());
    received_ += count;
}

Result<std::optional<Buffer>> FrameReader::next() {
    const auto size = wanted();
    if (!size.has_value()) return std::optional<Buffer>{};
    const int64_t length = *size - int64_t{frame_size_bytes};
    if (length < 0 || length > static_cast<int64_t>(frame_bytes_max_))
        return Error{Errc::malformed,
                     "the answer claims to have " + std::to_string(length) + " bytes"};
    const auto whole = static_cast<size_t>(*size);
    if (received_ < whole) return std::optional<Buffer>{};
    bytes_.resize(received_);
    if (received_ == whole) {
        received_ = 0;
        return std::optional(std::exchange(bytes_, Buffer{}));
    }
    Buffer frame = Buffer::copy_of(bytes_.view().first(whole));
    bytes_.drop_front(whole);
    received_ -= whole;
    return std::optional(std::move(frame));
}

}  // namespace cambium::client
