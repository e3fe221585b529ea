// Codes of the protocol that answers tell and nothing in here reacts to: they are not in the error
// table (base/errors.inc), which is for what callers tell apart.
#pragma once

#include <cstdint>
#include <string_view>

namespace cambium::broker::told {

inline constexpr int16_t preferred_leader_not_available = 80;
inline constexpr int16_t eligible_leaders_not_available = 83;
inline constexpr int16_t election_not_needed = 84;
inline constexpr int16_t no_reassignment_in_progress = 85;
inline constexpr int16_t invalid_update_version = 95;
inline constexpr int16_t broker_id_not_registered = 102;
inline constexpr int16_t fetch_session_topic_id_error = 106;
inline constexpr int16_t mismatched_endpoint_type = 114;
inline constexpr int16_t unsupported_endpoint_type = 115;

// Kafka's words for UNKNOWN_TOPIC_OR_PARTITION, where an answer has room for them.
inline constexpr std::string_view no_such_partition =
    "This server does not host this topic-partition.";

}  // namespace cambium::broker::told
