// What a field list says about each field of a message.
//
// A message is a plain struct; its `fields(m, io)` calls `io(name, member, since(...)...)` for
// every field in wire order: first those without a tag, then the tagged ones by ascending tag. The
// names and versions are those that Kafka publishes (protocol guide; KIP-482 for tags), so that a
// test can compare them. Values only; the shapes below are what a member may be.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/types.hpp"
#include "bytes/bytes.hpp"

namespace cambium::wire {

inline constexpr int latest = std::numeric_limits<int16_t>::max();
inline constexpr int not_flexible = latest + 1;

// The default of "authorized operations" (KIP-430): they were not asked for.
inline constexpr int32_t no_operations = std::numeric_limits<int32_t>::min();

// A closed range of versions of an API.
struct Versions {
    int first = 0;
    int last = latest;
    [[nodiscard]] constexpr bool has(int version) const {
        return first <= version && version <= last;
    }
    bool operator==(const Versions&) const = default;
};
inline constexpr Versions never{1, 0};

struct Field {
    static constexpr int no_tag = -1;

    Versions versions;               // in which the field exists
    Versions null_versions = never;  // in which it may be null
    int64_t absent =
        0;  // what a number is where it is not sent; anything else is then empty or null
    int tag = no_tag;
    bool drops = false;      // a value that the version cannot carry is left out without an error
    bool says_null = false;  // tagged, and sent also when it is null

    // From its first version on, or from a later one.
    [[nodiscard]] constexpr Field nullable() const {
        return nullable(versions.first, versions.last);
    }
    [[nodiscard]] constexpr Field nullable(int first, int last = latest) const {
        Field field = *this;
        field.null_versions = {first, last};
        return field;
    }
    // Kafka's default where that is not zero. The member's initialiser must say the same (tested).
    [[nodiscard]] constexpr Field defaults(int64_t value) const {
        Field field = *this;
        field.absent = value;
        return field;
    }
    [[nodiscard]] constexpr Field tagged(int id) const {
        Field field = *this;
        field.tag = id;
        return field;
    }
    [[nodiscard]] constexpr Field ignorable() const {
        Field field = *this;
        field.drops = true;
        return field;
    }
    // A tagged struct whose absence would not mean null to Kafka.
    [[nodiscard]] constexpr Field null_is_said() const {
        Field field = *this;
        field.says_null = true;
        return field;
    }
};

[[nodiscard]] constexpr Field since(int first, int last = latest) {
    return {.versions = {first, last}};
}

// What the version of a request decides once for a whole message.
struct Form {
    int version = 0;
    bool flexible = false;  // compact lengths and tag sections (KIP-482)
};

// Record batches inside a frame; valid as long as the frame is.
struct RecordsView {
    ByteView bytes;
    bool operator==(const RecordsView& other) const { return same(bytes, other.bytes); }
};

// Stands for `size` bytes of record batches that the sender puts between the encoded bytes itself.
// The Encoder writes the length and notes the place (Slot).
struct RecordsSlot {
    size_t size = 0;
    bool operator==(const RecordsSlot&) const = default;
};

// Bytes that are not in the buffer but belong at `position` of it. Slots come in the order of the
// RecordsSlots of the message, one for each, empty ones too.
struct Slot {
    size_t position = 0;
    size_t size = 0;
    bool operator==(const Slot&) const = default;
};

// The disjoint shapes of members. `bytes` are std::vector<uint8_t>, because no array of the
// protocol has uint8 elements.
template <class T>
concept Integer = std::integral<T>;
template <class T>
concept Float = std::same_as<T, double>;
template <class T>
concept Id = std::same_as<T, Uuid>;
template <class T>
concept Text = std::same_as<T, std::string> || std::same_as<T, std::string_view>;
template <class T>
concept Bytes = std::same_as<T, std::vector<uint8_t>>;
template <class T>
concept Records = std::same_as<T, RecordsView> || std::same_as<T, RecordsSlot>;
template <class T>
concept Nullable = std::same_as<T, std::optional<typename T::value_type>>;
template <class T>
concept Array = std::same_as<T, std::vector<typename T::value_type>> && !Bytes<T>;
template <class T>
concept Struct = std::is_class_v<T> && !Id<T> && !Text<T> && !Bytes<T> && !Records<T> &&
                 !Nullable<T> && !Array<T>;

}  // namespace cambium::wire
