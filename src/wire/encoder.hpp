// The walker that writes a message (docs/formats/kafka-messages.md has the bytes of every shape).
//
// For messages/*.cpp and tests; others call encode() (wire/message.hpp). The first error sticks,
// and what was written until then is the caller's to take back.
#pragma once

#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"
#include "wire/field.hpp"

namespace cambium::wire {

// Whether `value` is what a reader assumes when the field is not sent.
template <class T> [[nodiscard]] bool absent(const T& value, const Field& field) {
    if constexpr (Integer<T>) return static_cast<int64_t>(value) == field.absent;
    else if constexpr (Nullable<T>) return !value.has_value();
    else if constexpr (Array<T>) return value.empty();
    else if constexpr (Float<T>) return std::bit_cast<uint64_t>(value) == 0;
    else return value == T{};
}

class Encoder {
public:
    // Places of RecordsSlots are appended to `slots`, which may be null if there are none.
    Encoder(Form form, Buffer& out, std::vector<Slot>* slots)
        : form_(form), out_(out), write_(out), slots_(slots) {}

    [[nodiscard]] bool ok() const { return error_ == Errc::none; }
    // What went wrong with a message of that name; only when not ok().
    [[nodiscard]] Error error(std::string_view message) const;

    template <class M> void message(const M& m) {
        const Tags outer = std::exchange(tags_, Tags{});
        M::fields(m, *this);
        if (form_.flexible) open_tags();
        tags_ = outer;
    }

    void operator()(std::string_view name, const auto& value, const Field& field) {
        if (!field.versions.has(form_.version)) {
            if (!field.drops && !absent(value, field)) fail(Errc::unsupported_version, name);
        } else if (field.tag != Field::no_tag) {
            if (field.says_null || !absent(value, field)) tagged(name, value, field);
        } else {
            check(!tags_.open, field.tag);  // tagged fields come last in a field list
            put_field(name, value, field);
        }
    }

private:
    static constexpr size_t max_text = std::numeric_limits<int16_t>::max();
    static constexpr size_t max_length = std::numeric_limits<int32_t>::max();
    static constexpr int8_t tagged_null = 0;  // of a struct; elsewhere it is -1

    // The section of tagged fields of the struct at hand: a count, then id, size, bytes of each.
    struct Tags {
        bool open = false;
        size_t count_at = 0;
    };

    void put_field(std::string_view name, const auto& value, const Field& field) {
        field_ = name;
        if constexpr (Nullable<std::remove_cvref_t<decltype(value)>>) {
            if (!value && !field.null_versions.has(form_.version)) {
                return fail(Errc::invalid_argument, name);
            }
            using Value = typename std::remove_cvref_t<decltype(value)>::value_type;
            if constexpr (Struct<Value>)
                if (!value && field.tag != Field::no_tag) return write_.big(tagged_null);
        }
        put(value);
    }

    template <Integer T> void put(const T& value) {
        if constexpr (std::same_as<T, bool>) write_.big(static_cast<int8_t>(value));
        else write_.big(value);
    }
    void put(const Float auto& value) { write_.big(std::bit_cast<uint64_t>(value)); }
    void put(const Id auto& value) { write_.uuid(value); }
    void put(const Text auto& value) {
        if (value.size() > max_text) return fail(Errc::invalid_argument, field_);
        length<int16_t>(value.size());
        out_.append(std::string_view(value));
    }
    void put(const Bytes auto& value) {
        length<int32_t>(value.size());
        out_.append(ByteView(value));
    }
    void put(const RecordsView& value) {
        length<int32_t>(value.bytes.size());
        out_.append(value.bytes);
    }
    void put(const RecordsSlot& value) {
        check(slots_ != nullptr);
        length<int32_t>(value.size);
        slots_->push_back({out_.size(), value.size});
    }
    template <Nullable T> void put(const T& value) {
        using Value = typename T::value_type;
        if constexpr (Struct<Value>) write_.big(static_cast<int8_t>(value ? 1 : -1));
        if (value) put(*value);
        else if constexpr (Text<Value>) null<int16_t>();
        else if constexpr (!Struct<Value>) null<int32_t>();
    }
    template <Array T> void put(const T& items) {
        using Item = typename T::value_type;
        length<int32_t>(items.size());
        if constexpr (Integer<Item>) {
            uint8_t* to = out_.extend(items.size() * sizeof(Item));
            for (const Item item : items) store_big(std::exchange(to, to + sizeof item), item);
        } else {
            for (const Item& item : items) put(item);
        }
    }
    void put(const Struct auto& m) { message(m); }

    // Classic lengths are int16 or int32 with -1 for null; compact ones a varint of length + 1.
    template <std::integral Classic> void length(size_t n) {
        if (n >= max_length) return fail(Errc::invalid_argument, field_);
        if (form_.flexible) write_.varuint32(static_cast<uint32_t>(n) + 1);
        else write_.big(static_cast<Classic>(n));
    }
    template <std::integral Classic> void null() {
        if (form_.flexible) write_.varuint32(0);
        else write_.big(Classic{-1});
    }

    void tagged(std::string_view name, const auto& value, const Field& field) {
        check(form_.flexible, field.tag);
        open_tags();
        ++out_.data()[tags_.count_at];
        write_.varuint32(static_cast<uint32_t>(field.tag));
        const size_t start = out_.size();
        const size_t slots = slots_ == nullptr ? 0 : slots_->size();
        put_field(name, value, field);
        check(slots_ == nullptr || slots_->size() == slots);  // their positions would move
        insert_size(start);
    }
    void open_tags();
    void insert_size(size_t start);

    void fail(Errc code, std::string_view field) {
        if (ok()) error_ = code, failed_ = field;
    }

    Form form_;
    Buffer& out_;
    Writer write_;
    std::vector<Slot>* slots_;
    Tags tags_;
    Errc error_ = Errc::none;
    std::string_view field_;   // being written, for the errors of what has no name itself
    std::string_view failed_;  // the field of the first error
};

}  // namespace cambium::wire
