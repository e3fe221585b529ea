// The walker that fills a message with random values which its version can carry, for property
// tests: what it makes must come back equal after encoding and decoding.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>

#include "wire/field.hpp"

namespace cambium::wire {

class RandomMessage {
public:
    // Views in the messages look into this object: it must outlive them.
    RandomMessage(Form form, uint64_t seed) : form_(form), state_(seed) {}

    template <class M> [[nodiscard]] M make() {
        M m;
        M::fields(m, *this);
        return m;
    }

    void operator()(std::string_view, auto& value, const Field& field) {
        if (!field.versions.has(form_.version)) return;
        if (field.tag != Field::no_tag && below(3) == 0) return;
        nullable_ = field.null_versions.has(form_.version);
        fill(value);
    }

private:
    uint64_t next();  // splitmix64
    uint64_t below(uint64_t bound) { return next() % bound; }
    // Mostly short, sometimes longer than what one byte of a compact length can say.
    std::string_view text();

    template <Integer T> void fill(T& value) {
        if constexpr (std::same_as<T, bool>) {
            value = below(2) == 1;
        } else {
            const std::array<T, 4> edges{T{0}, static_cast<T>(-1), std::numeric_limits<T>::min(),
                                         std::numeric_limits<T>::max()};
            value = below(2) == 0 ? edges[below(edges.size())] : static_cast<T>(next());
        }
    }
    void fill(Float auto& value) { value = static_cast<double>(below(1000)) / 8; }
    void fill(Id auto& value) {
        for (uint8_t& byte : value.bytes) byte = static_cast<uint8_t>(next());
    }
    void fill(Text auto& value) { value = text(); }
    void fill(Bytes auto& value) {
        const ByteView bytes = as_bytes(text());
        value.assign(bytes.begin(), bytes.end());
    }
    void fill(RecordsView& value) { value.bytes = as_bytes(text()); }
    template <Nullable T> void fill(T& value) {
        if (nullable_ && below(4) == 0) value.reset();
        else fill(value.emplace(typename T::value_type{}));
    }
    template <Array T> void fill(T& items) {
        items.resize(below(4));
        for (auto& item : items) fill(item);
    }
    template <Struct T> void fill(T& m) { T::fields(m, *this); }

    Form form_;
    uint64_t state_;
    bool nullable_ = false;  // the field at hand, in this version
    std::deque<std::string> texts_;
};

}  // namespace cambium::wire
