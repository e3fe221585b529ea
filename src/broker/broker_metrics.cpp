// The broker's gauges: what is cheaper to ask than to count. The names that begin with kafka_ are
// those that dashboards for Kafka's JMX exporter look for.
#include "broker/broker.hpp"

namespace cambium::broker {

namespace {

void gauge(MetricsWriter& writer, std::string_view name, std::string_view help, size_t value) {
    writer.family(name, "gauge", help);
    writer.sample({}, static_cast<int64_t>(value));
}

void budget(MetricsWriter& writer, const Budget& budget) {
    writer.sample({{"budget", budget.name()}}, budget.used());
}

}  // namespace

void Broker::tell_metrics(MetricsWriter& writer) const {
    const size_t partitions = replicas_->partitions();
    const size_t offline = replicas_->partitions_offline();
    gauge(writer, "kafka_server_replicamanager_partitioncount", "Partitions on this node.",
          partitions);
    gauge(writer, "kafka_server_replicamanager_leadercount", "Partitions that this node leads.",
          partitions - offline);
    gauge(writer, "kafka_server_replicamanager_offlinereplicacount",
          "Partitions whose log cannot be served.", offline);
    gauge(writer, "kafka_controller_kafkacontroller_globaltopiccount", "Topics.",
          controller_->image()->topics.size());
    gauge(writer, "kafka_controller_kafkacontroller_globalpartitioncount", "Partitions.",
          controller_->image()->partition_count);
    gauge(writer, "cambium_connections", "Open connections.", server_->connections());
    gauge(writer, "cambium_waiting_requests", "Requests that wait for acks or for bytes.",
          waiting_.waiters());
    gauge(writer, "cambium_waiting_keys", "What these requests wait for.", waiting_.keys());
    gauge(writer, "cambium_fetch_sessions", "Incremental fetch sessions.",
          fetch_sessions_->sessions());
    gauge(writer, "cambium_fetch_session_partitions", "Partitions that these remember.",
          fetch_sessions_->partitions());
    writer.family("cambium_fetch_session_evictions_total", "counter",
                  "Sessions that were pushed out of their slots.");
    writer.sample({}, static_cast<int64_t>(fetch_sessions_->evictions()));
    writer.family("cambium_budget_used_bytes", "gauge", "Memory charged to a budget.");
    for (const Budget& lane : traffic_->lanes) budget(writer, lane);
    for (const Budget* one :
         {&traffic_->answers, &traffic_->cold_reads, &traffic_->batch_work.converted})
        budget(writer, *one);
    writer.family("cambium_tail_cache_bytes", "gauge", "Memory of the newest records.");
    writer.sample({}, directories_->common().tail.bytes());
    writer.family("cambium_read_cache_bytes", "gauge", "Memory of what was read from files.");
    writer.sample({}, directories_->common().reads.bytes());
    writer.family("cambium_log_read_bytes_total", "counter",
                  "Bytes for clients that were read from files.");
    writer.sample({}, directories_->common().reads.bytes_read());
    gauge(writer, "cambium_segments_open", "Segments that hold a descriptor or an index.",
          directories_->common().segments.size());
    tell_groups(writer);
    tell_retention(writer);
    tell_directories(writer);
}

void Broker::tell_retention(MetricsWriter& writer) const {
    const replica::Retention::Totals& totals = retention_->totals();
    const auto count = [&](std::string_view name, std::string_view help, int64_t value) {
        writer.family(name, "counter", help);
        writer.sample({}, value);
    };
    count("cambium_retention_passes_total", "Looks at what retention no longer keeps.",
          totals.passes);
    count("cambium_retention_segments_total", "Segments that retention removed.", totals.segments);
    count("cambium_retention_bytes_total", "Bytes that retention removed.", totals.bytes);
    count("cambium_retention_failures_total", "Partitions that could not, once per pass.",
          totals.failed);
}

void Broker::tell_directories(MetricsWriter& writer) const {
    const std::vector<DirectoryState> states = directory_states();
    const auto each = [&](std::string_view name, std::string_view type, std::string_view help,
                          const auto& value) {
        writer.family(name, type, help);
        for (size_t i = 0; i < states.size(); ++i)
            writer.sample({{"directory", states[i].path}}, value(i));
    };
    each("cambium_directory_online", "gauge", "1 when the data directory takes records.",
         [&](size_t i) { return int64_t{states[i].trouble.empty()}; });
    each("cambium_sync_under_way_seconds", "gauge", "Age of the sync that has not ended yet.",
         [&](size_t i) { return static_cast<double>(states[i].sync_age.count()) * 1e-9; });
    writer.family("cambium_sync_stalls_total", "counter", "Syncs that took more than 2 s.");
    writer.sample({}, sync_stalls_);
    const auto stats = [this](size_t i) {
        const log::Directory* const directory = directories_->entries()[i].directory.get();
        return directory == nullptr ? log::SyncStats{} : directory->sync_stats();
    };
    each("cambium_sync_rounds_total", "counter", "Syncs of the data directory.",
         [&](size_t i) { return stats(i).rounds; });
    each("cambium_sync_logs_total", "counter",
         "Logs in these syncs: by rounds, the size of a group commit.",
         [&](size_t i) { return stats(i).logs_synced; });
    each("cambium_sync_batches_total", "counter", "Batches that became durable.",
         [&](size_t i) { return stats(i).batches; });
}

}  // namespace cambium::broker
