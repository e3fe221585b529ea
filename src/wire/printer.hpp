// The walker that shows a message to people: what differs from its default, in a bounded text.
//
// Bytes and records are only counted, so that neither payloads nor passwords reach a log. Text from
// the network is shown with its control characters replaced.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "wire/encoder.hpp"
#include "wire/field.hpp"

namespace cambium::wire {

class Printer {
public:
    Printer(Form form, size_t limit) : form_(form), limit_(limit) {}
    // At most `limit` characters, and "..." if there would have been more.
    [[nodiscard]] std::string take() &&;

    template <class M> void message(const M& m) {
        const bool outer = std::exchange(first_, true);
        text_ += '{';
        M::fields(m, *this);
        text_ += '}';
        first_ = outer;
    }

    void operator()(std::string_view name, const auto& value, const Field& field) {
        if (!field.versions.has(form_.version) || absent(value, field) || full()) return;
        if (!std::exchange(first_, false)) text_ += ", ";
        text_.append(name) += '=';
        show(value);
    }

private:
    [[nodiscard]] bool full() const { return text_.size() > limit_; }

    void show(bool value) { text_ += value ? "true" : "false"; }
    template <Integer T> void show(const T& value) { text_ += std::to_string(value); }
    void show(const Float auto& value) { text_ += std::to_string(value); }
    void show(const Id auto& value) { text_ += value.text(); }
    void show(const Text auto& value) { quote(value); }
    void show(const Bytes auto& value) { count(value.size()); }
    void show(const RecordsView& value) { count(value.bytes.size()); }
    void show(const RecordsSlot& value) { count(value.size); }
    template <Nullable T> void show(const T& value) {
        if (value) show(*value);
        else text_ += "null";
    }
    template <Array T> void show(const T& items) {
        text_ += '[';
        for (size_t i = 0; i < items.size() && !full(); ++i) {
            if (i > 0) text_ += ", ";
            show(items[i]);
        }
        text_ += ']';
    }
    void show(const Struct auto& m) { message(m); }

    void quote(std::string_view text);
    void count(size_t bytes);

    Form form_;
    size_t limit_;
    bool first_ = true;  // no field of the struct at hand was shown yet
    std::string text_;
};

}  // namespace cambium::wire
