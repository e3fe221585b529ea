#include "broker/topic_rules.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bytes/compression.hpp"

namespace cambium::broker {

namespace {

// compression.type says "uncompressed" for what batches call "none"; "producer" names no codec.
std::optional<Codec> stored_codec(const std::string& type) {
    return type == "uncompressed" ? Codec::none : codec_named(type);
}

}  // namespace

replica::TopicSettings TopicRules::settings(const meta::Configs& configs) const {
    const Settings& from = *settings_;
    const auto small = [&](std::string_view name) {
        return static_cast<int32_t>(from.topic_integer(name, configs));
    };
    // However low the broker's cap is set, a batch may be some times larger than what it is sent
    // as.
    constexpr int64_t expansion = 16;
    const std::vector<std::string> policy = from.topic_list("cleanup.policy", configs);
    replica::TopicSettings settings;
    settings.log.segment_bytes = from.topic_segment_bytes(configs);
    settings.log.index_interval_bytes = small("index.interval.bytes");
    settings.log.segment_index_bytes = small("segment.index.bytes");
    settings.flush_policy = from.topic_text("flush.policy", configs) == "os"
                                ? replica::FlushPolicy::os
                                : replica::FlushPolicy::ack;
    settings.min_insync_replicas = small("min.insync.replicas");
    settings.max_message_bytes = small("max.message.bytes");
    settings.decompressed_max_bytes =
        std::max(from.integer("decompressed.max.bytes"), expansion * settings.max_message_bytes);
    settings.compacted = std::ranges::find(policy, "compact") != policy.end();
    settings.log_append_time =
        from.topic_text("message.timestamp.type", configs) == "LogAppendTime";
    settings.stored_codec = stored_codec(std::string(from.topic_text("compression.type", configs)));
    if (const auto codec = settings.stored_codec; codec && has_levels(*codec))
        settings.compression_level = small("compression." + std::string(name(*codec)) + ".level");
    settings.timestamp_before_max_ms =
        from.topic_integer("message.timestamp.before.max.ms", configs);
    settings.timestamp_after_max_ms = from.topic_integer("message.timestamp.after.max.ms", configs);
    return settings;
}

}  // namespace cambium::broker
