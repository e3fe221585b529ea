// The walker that reads a message out of bytes that are not trusted.
//
// For messages/*.cpp and tests; others call decode() (wire/message.hpp). The first error sticks and
// later reads do nothing, so that neither field lists nor this code have error paths. Two bounds
// hold before anything is allocated: a count times the smallest size of an element must fit the
// bytes that are left, and the memory of what is decoded must fit a budget.
#pragma once

#include <algorithm>
#include <bit>
#include <limits>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "bytes/bytes.hpp"
#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"
#include "wire/field.hpp"

namespace cambium::wire {

// The walker that knows how few bytes a value can take: everything empty, null and untagged.
class Smallest {
public:
    template <class T> static size_t of(Form form) {
        if constexpr (Integer<T> || Float<T>) return sizeof(T);
        else if constexpr (Id<T>) return sizeof(T::bytes);
        else if constexpr (Struct<T>) {
            const T sample{};
            Smallest sum(form);
            T::fields(sample, sum);
            return std::max<size_t>(1, sum.bytes_);
        } else {
            return of_length<T>(form);
        }
    }

    template <class T> void operator()(std::string_view, const T&, const Field& field) {
        if (field.tag == Field::no_tag && field.versions.has(form_.version)) bytes_ += of<T>(form_);
    }

private:
    explicit Smallest(Form form) : form_(form), bytes_(form.flexible ? 1 : 0) {}

    template <class T> static size_t of_length(Form form) {
        if constexpr (Nullable<T>) {
            return Struct<typename T::value_type> ? 1 : of_length<typename T::value_type>(form);
        } else {
            if (form.flexible) return 1;
            return Text<T> ? sizeof(int16_t) : sizeof(int32_t);
        }
    }

    Form form_;
    size_t bytes_;
};

class Decoder {
public:
    // Members that are views will look into `in`.
    Decoder(Form form, ByteView in, size_t memory) : form_(form), in_(in), memory_(memory) {}

    [[nodiscard]] bool ok() const { return error_ == Errc::none && in_.ok(); }
    [[nodiscard]] size_t left() const { return in_.left(); }
    // What is left of the budget.
    [[nodiscard]] size_t memory() const { return memory_; }
    // What went wrong with a message of that name; only when not ok().
    [[nodiscard]] Error error(std::string_view message) const;

    template <class M> void message(M& m) {
        const Tags outer = std::exchange(tags_, Tags{});
        M::fields(m, *this);
        if (form_.flexible) skip_tags(std::numeric_limits<int64_t>::max());
        tags_ = outer;
    }

    void operator()(std::string_view name, auto& value, const Field& field) {
        if (!field.versions.has(form_.version) || !ok()) return;
        if (field.tag == Field::no_tag) get_field(name, value, field);
        else if (form_.flexible) tagged(name, value, field);
    }

private:
    static constexpr int64_t max_text = std::numeric_limits<int16_t>::max();

    // The section of tagged fields of the struct at hand. Both the bytes and the field list ascend
    // by tag, so that one pass over each meets every known tag without a table.
    struct Tags {
        bool open = false;
        uint32_t left = 0;  // not yet read
        int64_t id = -1;    // of the field read last ...
        ByteView value;     // ... and its bytes
        bool held = false;  // nobody has looked at it yet
    };

    void get_field(std::string_view name, auto& value, const Field& field) {
        field_ = name;
        may_be_null_ = field.null_versions.has(form_.version);
        get(value);
    }

    template <Integer T> void get(T& value) {
        if constexpr (std::same_as<T, bool>) value = in_.big<int8_t>() != 0;
        else value = in_.big<T>();
    }
    void get(Float auto& value) { value = std::bit_cast<double>(in_.big<uint64_t>()); }
    void get(Id auto& value) { value = in_.uuid(); }
    void get(Text auto& value) { take_text(value, length<int16_t>()); }
    void get(Bytes auto& value) { take_bytes(value, length<int32_t>()); }
    void get(RecordsView& value) { take_bytes(value, length<int32_t>()); }
    template <Array T> void get(T& items) { take_items(items, length<int32_t>()); }
    void get(Struct auto& m) { message(m); }

    template <Nullable T> void get(T& value) {
        using Value = typename T::value_type;
        value.reset();
        const bool nullable = std::exchange(may_be_null_, false);
        const int64_t n = null_or_length<Value>();
        const bool null = n < 0 || (Struct<Value> && n == 0);
        if (null) return nullable ? void() : fail(Errc::malformed);
        if (!ok()) return;
        // Not emplace(): a nested struct has its defaults only once the struct around it is
        // complete.
        Value& held = value.emplace(Value{});
        if constexpr (Struct<Value>) message(held);
        else if constexpr (Text<Value>) take_text(held, n);
        else if constexpr (Array<Value>) take_items(held, n);
        else take_bytes(held, n);
    }
    template <class Value> int64_t null_or_length() {
        if constexpr (Struct<Value>) return in_.big<int8_t>();
        else if constexpr (Text<Value>) return length<int16_t>();
        else return length<int32_t>();
    }
    // Below zero for null.
    template <std::integral Classic> int64_t length() {
        if (form_.flexible) return int64_t{in_.varuint32()} - (in_.ok() ? 1 : 0);
        return in_.big<Classic>();
    }

    template <Text T> void take_text(T& value, int64_t n) {
        if (n < 0 || n > max_text) return fail(Errc::malformed);
        const std::string_view text = in_.text(static_cast<size_t>(n));
        if constexpr (std::same_as<T, std::string>) {
            if (charge(text.size())) value.assign(text);
        } else {
            value = text;
        }
    }
    template <class T> void take_bytes(T& value, int64_t n) {
        if (n < 0) return fail(Errc::malformed);
        const ByteView bytes = in_.bytes(static_cast<size_t>(n));
        if constexpr (Bytes<T>) {
            if (charge(bytes.size())) value.assign(bytes.begin(), bytes.end());
        } else {
            value.bytes = bytes;
        }
    }
    template <Array T> void take_items(T& items, int64_t n) {
        using Item = typename T::value_type;
        const auto count = static_cast<uint64_t>(n);
        if (n < 0 || count > in_.left() / Smallest::of<Item>(form_)) return fail(Errc::malformed);
        if (!charge(count * sizeof(Item))) return;
        items.resize(count);
        for (Item& item : items) {
            may_be_null_ = false;
            get(item);
            if (!ok()) return;
        }
    }

    // Reads the value of a known tag from its own bytes, all of which it must use.
    void tagged(std::string_view name, auto& value, const Field& field) {
        skip_tags(field.tag);
        if (!tags_.held || tags_.id != field.tag) return;
        tags_.held = false;
        const Reader after = std::exchange(in_, Reader(tags_.value));
        get_field(name, value, field);
        if (!in_.done()) fail(Errc::malformed);
        in_ = after;
    }
    // Reads on to the first tag that is not below `id`.
    void skip_tags(int64_t id);
    void next_tag();

    // Whether so many bytes of memory may be taken; they are then.
    bool charge(uint64_t bytes);
    void fail(Errc code) {
        if (error_ == Errc::none) error_ = code;
        in_.fail();
    }

    Form form_;
    Reader in_;
    size_t memory_;
    Tags tags_;
    bool may_be_null_ = false;  // the field at hand, in this version
    Errc error_ = Errc::none;
    std::string_view field_;  // read last
};

}  // namespace cambium::wire
