// Gauges of groups: how many there are in which state, and how far each is behind. The names are
// those that published dashboards look for: Kafka's JMX exporter (kafka_coordinator_...) and
// kafka_exporter (kafka_consumergroup_...).
//
// A group is named by its clients, so that the number of series is bounded: the first ones are
// told, group_series_max of each family, always in the same order; the rest is in the totals only,
// and how many were left out is told.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/broker.hpp"

namespace cambium::broker {

namespace {

constexpr size_t group_series_max = 2'000;  // of each family

// One partition that a group committed for.
struct Progress {
    std::string group;
    std::string topic;
    int32_t partition = 0;
    int64_t committed = 0;
    int64_t lag = -1;  // not known: the partition is not there, or offline
};

struct Gathered {
    std::vector<Progress> partitions;
    std::vector<std::pair<std::string, int64_t>> members;
    int64_t left_out = 0;
};

int64_t lag_of(const replica::Manager& replicas, const Progress& one) {
    const replica::LocalTopic* const topic = replicas.topic(one.topic);
    const replica::Partition* const partition =
        topic == nullptr ? nullptr : topic->partition(PartitionIndex(one.partition));
    if (partition == nullptr || partition->offline() || one.committed < 0) return -1;
    return std::max<int64_t>(0, partition->window().high_watermark.value() - one.committed);
}

void gather(const replica::Manager& replicas, const coord::GroupCoordinator::GroupView& view,
            Gathered& out) {
    if (out.members.size() < group_series_max)
        out.members.emplace_back(view.group, static_cast<int64_t>(view.members));
    else ++out.left_out;
    if (view.offsets == nullptr) return;
    for (const auto& [topic, partitions] : *view.offsets) {
        for (const auto& [partition, committed] : partitions) {
            if (out.partitions.size() >= group_series_max) {
                ++out.left_out;
                continue;
            }
            Progress one{.group = std::string(view.group),
                         .topic = topic,
                         .partition = partition,
                         .committed = committed.offset};
            one.lag = lag_of(replicas, one);
            out.partitions.push_back(std::move(one));
        }
    }
}

// As Kafka 4 has them (group-coordinator-metrics), of both protocols. No group here is ever Dead:
// one that nothing is left of is not there.
void tell_protocols(MetricsWriter& writer, const coord::GroupCoordinator::Totals& totals) {
    const auto count = [&](std::string_view label, std::string_view value, size_t groups) {
        writer.sample({{label, value}}, static_cast<int64_t>(groups));
    };
    const size_t classic = totals.groups - totals.consumer_groups;
    writer.family("kafka_server_group_coordinator_metrics_group_count", "gauge",
                  "Groups of this protocol.");
    count("protocol", "classic", classic);
    count("protocol", "consumer", totals.consumer_groups);
    constexpr std::array<std::string_view, 5> classic_states{
        "Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"};
    constexpr std::array<std::string_view, 5> consumer_states{"Empty", "Assigning", "Reconciling",
                                                              "Stable", "Dead"};
    const auto tell = [&](std::string_view name, const auto& states, const auto& by_state) {
        writer.family(name, "gauge", "Groups of this protocol in this state.");
        for (size_t i = 0; i < states.size(); ++i)
            count("state", states[i], i < by_state.size() ? by_state[i] : 0);
    };
    tell("kafka_server_group_coordinator_metrics_classic_group_count", classic_states,
         totals.by_state);
    tell("kafka_server_group_coordinator_metrics_consumer_group_count", consumer_states,
         totals.consumer_by_state);
}

void tell_states(MetricsWriter& writer, const coord::GroupCoordinator::Totals& totals) {
    const auto gauge = [&](std::string_view name, std::string_view help, size_t value) {
        writer.family(name, "gauge", help);
        writer.sample({}, static_cast<int64_t>(value));
    };
    gauge("kafka_coordinator_group_groupmetadatamanager_numgroups", "Groups.", totals.groups);
    gauge("kafka_coordinator_group_groupmetadatamanager_numoffsets", "Offsets that are committed.",
          totals.offsets);
    constexpr std::pair<std::string_view, size_t> states[] = {
        {"kafka_coordinator_group_groupmetadatamanager_numgroupsempty", 0},
        {"kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance", 1},
        {"kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance", 2},
        {"kafka_coordinator_group_groupmetadatamanager_numgroupsstable", 3}};
    for (const auto& [name, state] : states)
        gauge(name, "Classic groups in this state.", totals.by_state[state]);
    tell_protocols(writer, totals);
    gauge("cambium_consumer_protocol_groups", "Groups of the consumer protocol (KIP-848).",
          totals.consumer_groups);
    gauge("cambium_consumer_protocol_members", "Members of the groups of the consumer protocol.",
          totals.consumer_members);
    gauge("cambium_group_members", "Members of all groups.", totals.members);
    writer.family("cambium_group_log_cleanings_total", "counter",
                  "Times that a partition of __consumer_offsets was made shorter.");
    writer.sample({}, totals.cleaned);
}

void tell_partitions(MetricsWriter& writer, const std::vector<Progress>& partitions) {
    const auto each = [&](std::string_view name, std::string_view help, auto value) {
        writer.family(name, "gauge", help);
        for (const Progress& one : partitions)
            writer.sample({{"consumergroup", one.group},
                           {"topic", one.topic},
                           {"partition", std::to_string(one.partition)}},
                          value(one));
    };
    each("kafka_consumergroup_current_offset", "What the group committed.",
         [](const Progress& one) { return one.committed; });
    each("kafka_consumergroup_lag", "Records behind the end; -1: not known.",
         [](const Progress& one) { return one.lag; });
}

// By group and topic; partitions lie together.
void tell_sums(MetricsWriter& writer, const std::vector<Progress>& partitions) {
    const auto each = [&](std::string_view name, std::string_view help, auto value) {
        writer.family(name, "gauge", help);
        for (size_t i = 0; i < partitions.size();) {
            const Progress& first = partitions[i];
            int64_t sum = 0;
            for (; i < partitions.size() && partitions[i].group == first.group &&
                   partitions[i].topic == first.topic;
                 ++i)
                sum += std::max<int64_t>(0, value(partitions[i]));
            writer.sample({{"consumergroup", first.group}, {"topic", first.topic}}, sum);
        }
    };
    each("kafka_consumergroup_current_offset_sum", "What the group committed, of a topic.",
         [](const Progress& one) { return one.committed; });
    each("kafka_consumergroup_lag_sum", "Records behind the ends of a topic.",
         [](const Progress& one) { return one.lag; });
}

}  // namespace

void Broker::tell_groups(MetricsWriter& writer) const {
    tell_states(writer, groups_->totals());
    Gathered all;
    groups_->each_group(
        [&](const coord::GroupCoordinator::GroupView& view) { gather(*replicas_, view, all); });
    std::ranges::sort(all.members);
    tell_partitions(writer, all.partitions);
    tell_sums(writer, all.partitions);
    writer.family("kafka_consumergroup_members", "gauge", "Members of the group.");
    for (const auto& [group, members] : all.members)
        writer.sample({{"consumergroup", group}}, members);
    writer.family("cambium_group_series_left_out", "gauge",
                  "Series of groups that are not told, because there are too many.");
    writer.sample({}, all.left_out);
}

}  // namespace cambium::broker
