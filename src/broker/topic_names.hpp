// Topics that belong to the server itself: clients see them, but do not write to them.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace cambium::broker {

inline constexpr std::array<std::string_view, 3> internal_topics{
    "__consumer_offsets", "__share_group_state", "__transaction_state"};

[[nodiscard]] constexpr bool is_internal(std::string_view topic) {
    return std::ranges::find(internal_topics, topic) != internal_topics.end();
}

}  // namespace cambium::broker
