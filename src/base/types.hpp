// The strong types of the protocol: numbers that must never be mixed up.
//
// Each wraps a fixed-width integer as Kafka sends it (signed, -1 for "none"). Construction is
// explicit and there is no implicit way back: `offset.value()` is the one door out. Values only;
// any thread may use them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cambium {

// A number with a name. `Tag` makes it a type of its own, `none` is what a default-constructed one
// holds.
template <class Tag, class Rep, Rep none = Rep{-1}> class Named {
public:
    using rep = Rep;
    constexpr Named() = default;
    constexpr explicit Named(Rep value) : value_(value) {}
    [[nodiscard]] constexpr Rep value() const { return value_; }
    constexpr auto operator<=>(const Named&) const = default;

private:
    Rep value_ = none;
};

// A Named that counts something: positions add and subtract, and two of them give a distance.
template <class Tag, class Rep, Rep none = Rep{-1}> class Position {
public:
    using rep = Rep;
    constexpr Position() = default;
    constexpr explicit Position(Rep value) : value_(value) {}
    [[nodiscard]] constexpr Rep value() const { return value_; }
    constexpr auto operator<=>(const Position&) const = default;
    constexpr Position operator+(Rep distance) const { return Position(value_ + distance); }
    constexpr Position operator-(Rep distance) const { return Position(value_ - distance); }
    constexpr Rep operator-(Position other) const { return value_ - other.value_; }
    constexpr Position& operator+=(Rep distance) {
        value_ += distance;
        return *this;
    }

private:
    Rep value_ = none;
};

using Offset = Position<struct OffsetTag, int64_t>;                // of a record in its partition
using Timestamp = Position<struct TimestampTag, int64_t>;          // wall clock, ms since 1970
using MetadataIndex = Position<struct MetadataIndexTag, int64_t>;  // of the metadata log
using LeaderEpoch = Named<struct LeaderEpochTag, int32_t>;
using NodeId = Named<struct NodeIdTag, int32_t>;
using PartitionIndex = Named<struct PartitionIndexTag, int32_t>;  // of a partition in its topic
using ProducerId = Named<struct ProducerIdTag, int64_t>;
using ProducerEpoch = Named<struct ProducerEpochTag, int16_t>;

// 128 bits that name a topic, a directory or a cluster for ever. All zero means none.
struct Uuid {
    std::array<uint8_t, 16> bytes{};
    auto operator<=>(const Uuid&) const = default;
    [[nodiscard]] bool zero() const { return *this == Uuid{}; }
    // Kafka's text form: 22 characters of URL-safe base64 without padding.
    [[nodiscard]] std::string text() const;
    // The inverse of text(); the zero Uuid when `text` is not of that form.
    [[nodiscard]] static Uuid parse(std::string_view text);
};

// One partition by topic name, as maps and messages name it.
struct TopicPartition {
    std::string topic;
    PartitionIndex partition;
    auto operator<=>(const TopicPartition&) const = default;
    // "topic-0", which is also the name of the partition's directory.
    [[nodiscard]] std::string text() const;
};

}  // namespace cambium
