#include "real/direct.hpp"

#include <algorithm>
#include <chrono>

namespace cambium::real {

bool DirectWrites::begin(io::Monotonic now, int64_t bytes) {
    if (!supported_ || bytes < bytes_min) return false;
    if (rest_left_ > 0) {
        rest_left_ -= bytes;
        return false;
    }
    if (places_.taken >= Places::most) return false;
    count_time(now);
    ++places_.taken;
    ++under_way_;
    return true;
}

void DirectWrites::ended(io::Monotonic now, int64_t bytes) {
    count_time(now);
    --places_.taken;
    --under_way_;
    bytes_ += bytes;
    measured_ += bytes;
    if (measured_ < measured_bytes) return;
    const double seconds = std::chrono::duration<double>(busy_).count();
    if (static_cast<double>(measured_) < seconds * static_cast<double>(slow_bytes_per_second))
        rest_left_ = rest_bytes;
    measured_ = 0;
    busy_ = {};
}

void DirectWrites::count_time(io::Monotonic now) {
    if (under_way_ > 0) busy_ += now - counted_;
    counted_ = now;
}

DirectPart direct_part(int64_t position, std::span<const ByteView> pieces) {
    constexpr int64_t unit = io::direct_unit;
    int64_t end = position;
    for (const ByteView piece : pieces) end += static_cast<int64_t>(piece.size());
    DirectPart part{end, end / unit * unit};
    // From the last piece on: as far as they fit, and each follows the one before it at a unit.
    for (size_t i = pieces.size(); i-- > 0;) {
        end -= static_cast<int64_t>(pieces[i].size());
        const auto address = reinterpret_cast<uintptr_t>(pieces[i].data());
        if ((address - static_cast<uint64_t>(end)) % unit != 0) break;
        part.from = (end + unit - 1) / unit * unit;
        if (end % unit != 0) break;
    }
    return part.bytes() < DirectWrites::bytes_min ? DirectPart{} : part;
}

std::vector<ByteView> cut_out(int64_t position, std::span<const ByteView> pieces, int64_t from,
                              int64_t to) {
    std::vector<ByteView> out;
    int64_t at = position;
    for (const ByteView piece : pieces) {
        const auto size = static_cast<int64_t>(piece.size());
        const int64_t first = std::clamp(from - at, int64_t{0}, size);
        const int64_t last = std::clamp(to - at, int64_t{0}, size);
        if (last > first)
            out.push_back(
                piece.subspan(static_cast<size_t>(first), static_cast<size_t>(last - first)));
        at += size;
    }
    return out;
}

}  // namespace cambium::real
