#include "client/partitioner.hpp"

#include <cstddef>

#include "base/check.hpp"

namespace cambium::client {

uint32_t murmur2(ByteView bytes) {
    constexpr uint32_t seed = 0x9747b28c;
    constexpr uint32_t multiplier = 0x5bd1e995;
    constexpr int shift = 24;
    const auto byte = [&](size_t i) { return uint32_t{bytes[i]}; };
    uint32_t hash = seed ^ static_cast<uint32_t>(bytes.size());
    size_t at = 0;
    for (; at + 4 <= bytes.size(); at += 4) {
        uint32_t word = byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
        word *= multiplier;
        word ^= word >> shift;
        word *= multiplier;
        hash = (hash * multiplier) ^ word;
    }
    const size_t left = bytes.size() - at;
    if (left >= 3) hash ^= byte(at + 2) << 16;
    if (left >= 2) hash ^= byte(at + 1) << 8;
    if (left >= 1) hash = (hash ^ byte(at)) * multiplier;
    hash ^= hash >> 13;
    hash *= multiplier;
    return hash ^ (hash >> 15);
}

PartitionIndex partition_of_key(ByteView key, int32_t partitions) {
    check(partitions > 0, partitions);
    constexpr uint32_t without_sign = 0x7fffffff;
    return PartitionIndex(
        static_cast<int32_t>((murmur2(key) & without_sign) % static_cast<uint32_t>(partitions)));
}

}  // namespace cambium::client
