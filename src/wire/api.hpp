// The APIs of the protocol: key, name, versions, and from which version on an API is flexible.
//
// One table (wire/apis.inc). What a server serves is its own handler table; this one says what the
// protocol knows. Constants only; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "wire/field.hpp"

namespace cambium::wire {

enum class ApiKey : int16_t {
#define API(name, Name, key, first, last, flexible) name = key,
#include "wire/apis.inc"
#undef API
};

struct ApiInfo {
    ApiKey key;
    std::string_view name;  // "Metadata"
    Versions versions;
    int flexible_from;  // `not_flexible` when no version is

    [[nodiscard]] constexpr Form form(int version) const {
        return {version, version >= flexible_from};
    }
};

inline constexpr std::array apis{
#define API(name, Name, key, first, last, flexible) \
    ApiInfo{ApiKey::name, #Name, {first, last}, flexible},
#include "wire/apis.inc"
#undef API
};
static_assert(std::ranges::is_sorted(apis, std::less_equal{}, &ApiInfo::key));

// Null when the protocol has no such API (a key from the network).
[[nodiscard]] constexpr const ApiInfo* find_api(int16_t key) {
    const auto* const found = std::ranges::lower_bound(apis, ApiKey{key}, {}, &ApiInfo::key);
    return found != apis.end() && found->key == ApiKey{key} ? found : nullptr;
}
[[nodiscard]] constexpr const ApiInfo& info(ApiKey key) {
    return *find_api(static_cast<int16_t>(key));
}
[[nodiscard]] constexpr std::string_view name(ApiKey key) { return info(key).name; }

}  // namespace cambium::wire
