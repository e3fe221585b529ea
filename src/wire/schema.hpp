// The walker that describes a message instead of carrying it, so that a test can compare our field
// lists with the published ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/encoder.hpp"
#include "wire/field.hpp"

namespace cambium::wire {

struct SchemaLine {
    std::string path;      // "Topics[].Partitions[].Index"
    std::string type;      // "int32", "[]string", "[]struct"
    std::string versions;  // "0+", "3-7", "4"
    std::string nullable;  // the same, or "-"
    std::string tag;       // "0", or "-"
    std::string absent;    // the default of a number or bool, else "-"
    bool ignorable = false;
    bool operator==(const SchemaLine&) const = default;
    // All of it in one line, columns separated by tabs.
    [[nodiscard]] std::string text() const;
};

class Schema {
public:
    template <class M> [[nodiscard]] static std::vector<SchemaLine> of() {
        Schema schema;
        const M sample{};
        M::fields(sample, schema);
        return std::move(schema.lines_);
    }

    template <class T> void operator()(std::string_view name, const T& value, const Field& field) {
        SchemaLine line = described(name, field);
        line.path = prefix_ + line.path;
        line.type = type<T>();
        if constexpr (Integer<T>) line.absent = number<T>(field.absent);
        // A struct whose member begins with another value than its list says describes itself
        // wrongly.
        if (!absent(value, field)) line.absent += " but the member begins otherwise";
        lines_.push_back(std::move(line));
        nested<T>(name);
    }

private:
    static SchemaLine described(std::string_view name, const Field& field);
    template <class T> static std::string number(int64_t value) {
        if constexpr (std::same_as<T, bool>) return value != 0 ? "true" : "false";
        else return std::to_string(value);
    }
    template <class T> static std::string type() {
        if constexpr (std::same_as<T, bool>) return "bool";
        else if constexpr (Integer<T>) {
            return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
        } else if constexpr (Float<T>) return "float64";
        else if constexpr (Id<T>) return "uuid";
        else if constexpr (Text<T>) return "string";
        else if constexpr (Bytes<T>) return "bytes";
        else if constexpr (Records<T>) return "records";
        else if constexpr (Nullable<T>) return type<typename T::value_type>();
        else if constexpr (Array<T>) return "[]" + type<typename T::value_type>();
        else return "struct";
    }
    template <class T> void nested(std::string_view name) {
        if constexpr (Nullable<T>) nested<typename T::value_type>(name);
        else if constexpr (Array<T>) inside<typename T::value_type>(name, "[].");
        else inside<T>(name, ".");
    }
    template <class T> void inside(std::string_view name, std::string_view joint) {
        if constexpr (Struct<T>) {
            const std::string outer = prefix_;
            prefix_.append(name).append(joint);
            const T sample{};
            T::fields(sample, *this);
            prefix_ = outer;
        }
    }

    std::string prefix_;
    std::vector<SchemaLine> lines_;
};

}  // namespace cambium::wire
