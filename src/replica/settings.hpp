// What the settings of a topic mean to its partitions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bytes/compression.hpp"
#include "log/log.hpp"
#include "meta/image.hpp"
#include "replica/leader.hpp"

namespace cambium::replica {

struct TopicSettings {
    log::LogConfig log;
    FlushPolicy flush_policy = FlushPolicy::ack;
    int32_t min_insync_replicas = 1;
    int32_t max_message_bytes = 1'048'588;
    int64_t decompressed_max_bytes = int64_t{64} << 20;
    bool compacted = false;        // cleanup.policy names compact: a record needs a key
    bool log_append_time = false;  // message.timestamp.type
    // compression.type and the level for it; none: as the producer sent it.
    std::optional<Codec> stored_codec;
    int32_t compression_level = 0;
    int64_t timestamp_before_max_ms = INT64_MAX;
    int64_t timestamp_after_max_ms = 3'600'000;
};

// Fills in what a topic does not set itself. The settings table stands behind it
// (broker/settings.hpp).
class TopicSettingsRule {
public:
    virtual ~TopicSettingsRule() = default;
    [[nodiscard]] virtual TopicSettings settings(std::string_view topic,
                                                 const meta::Configs& configs) const = 0;
};

}  // namespace cambium::replica
