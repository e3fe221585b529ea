// Counts the error codes in an answer, wherever its field list names them (wire/field.hpp).
#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "wire/field.hpp"

namespace cambium::broker {

class ErrorCount {
public:
    template <class M> [[nodiscard]] static int64_t of(const M& message) {
        ErrorCount count;
        M::fields(message, count);
        return count.errors_;
    }

    template <class T> void operator()(std::string_view name, const T& field, wire::Field) {
        if constexpr (std::is_same_v<T, int16_t>) {
            if (name == "ErrorCode" && field != 0) ++errors_;
        } else {
            look(field);
        }
    }

private:
    template <class T> void look(const T& field) {
        if constexpr (wire::Nullable<T>) {
            if (field) look(*field);
        } else if constexpr (wire::Array<T>) {
            if constexpr (wire::Struct<typename T::value_type>)
                for (const auto& item : field) look(item);
        } else if constexpr (wire::Struct<T>) {
            T::fields(field, *this);
        }
    }

    int64_t errors_ = 0;
};

}  // namespace cambium::broker
