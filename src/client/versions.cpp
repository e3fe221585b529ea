#include "client/versions.hpp"

#include <algorithm>

#include "wire/messages/produce.hpp"

namespace cambium::client {

void Versions::apply(const wire::ApiVersionsResponse& response) {
    common_.clear();
    for (const auto& api : response.api_keys) {
        const wire::ApiInfo* const known = wire::find_api(api.api_key);
        if (known == nullptr) continue;
        int first = std::max<int>(api.min_version, known->versions.first);
        // Advertised from 0 for the sake of old clients, served by nobody (wire/apis.inc).
        if (known->key == wire::ApiKey::produce)
            first = std::max(first, wire::lowest_produce_version);
        const int last = std::min<int>(api.max_version, known->versions.last);
        if (first <= last) common_[known->key] = {first, last};
    }
}

std::optional<int16_t> Versions::highest(wire::ApiKey api, int16_t at_most) const {
    const auto found = common_.find(api);
    if (found == common_.end() || found->second.first > at_most) return std::nullopt;
    return static_cast<int16_t>(std::min<int>(found->second.last, at_most));
}

}  // namespace cambium::client
