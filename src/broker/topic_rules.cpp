#include "broker/topic_rules.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/topic_names.hpp"
#include "bytes/compression.hpp"

namespace cambium::broker {

namespace {

// compression.type says "uncompressed" for what batches call "none"; "producer" names no codec.
std::optional<Codec> stored_codec(const std::string& type) {
    return type == "uncompressed" ? Codec::none : codec_named(type);
}

// When segments begin and go, and when what is written is durable.
void fill_times(const Settings& from, std::string_view topic, const meta::Configs& configs,
                log::LogConfig& log) {
    const auto large = [&](std::string_view name) { return from.topic_integer(name, configs); };
    log.segment_ms = large("segment.ms");
    log.segment_jitter_ms = large("segment.jitter.ms");
    log.retention_ms = large("retention.ms");
    log.retention_bytes = large("retention.bytes");
    log.file_delete_delay_ms = large("file.delete.delay.ms");
    log.flush_messages = large("flush.messages");
    log.flush_ms = large("flush.ms");
    // What the server keeps for itself is never taken back by a power cut.
    log.always_sync = is_internal(topic);
    const bool os = !log.always_sync && from.topic_text("flush.policy", configs) == "os";
    log.flush_policy = os ? log::FlushPolicy::os : log::FlushPolicy::ack;
}

}  // namespace

replica::TopicSettings TopicRules::settings(std::string_view topic,
                                            const meta::Configs& configs) const {
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
    settings.log.deletes = std::ranges::find(policy, "delete") != policy.end();
    fill_times(from, topic, configs, settings.log);
    settings.flush_policy = settings.log.flush_policy;
    settings.min_insync_replicas = small("min.insync.replicas");
    settings.max_message_bytes = small("max.message.bytes");
    settings.decompressed_max_bytes =
        std::max(from.integer("decompressed.max.bytes"), expansion * settings.max_message_bytes);
    settings.compacted = std::ranges::find(policy, "compact") != policy.end();
    settings.log_append_time =
        from.topic_text("message.timestamp.type", configs) == "LogAppendTime";
    settings.log.producer_expiration_ms = from.integer("producer.id.expiration.ms");
    settings.log.producer_check_ms = from.integer("producer.id.expiration.check.interval.ms");
    settings.stored_codec = stored_codec(std::string(from.topic_text("compression.type", configs)));
    if (const auto codec = settings.stored_codec; codec && has_levels(*codec))
        settings.compression_level = small("compression." + std::string(name(*codec)) + ".level");
    settings.timestamp_before_max_ms =
        from.topic_integer("message.timestamp.before.max.ms", configs);
    settings.timestamp_after_max_ms = from.topic_integer("message.timestamp.after.max.ms", configs);
    return settings;
}

}  // namespace cambium::broker
