// Settings of groups of consumers and of what they commit. Private to settings_table.cpp.
#pragma once

#include "base/settings.hpp"

namespace cambium::settings_groups {

using enum SettingType;

inline constexpr Setting rows[] = {
    {.name = "group.initial.rebalance.delay.ms",
     .type = integer,
     .standard = "3000",
     .text = "How long the first generation of a group waits for more members to come."},
    {.name = "group.min.session.timeout.ms",
     .type = integer,
     .standard = "6000",
     .text = "The shortest session that a member may ask for."},
    {.name = "group.max.session.timeout.ms",
     .type = integer,
     .standard = "1800000",
     .text = "The longest session that a member may ask for."},
    {.name = "group.max.size",
     .type = integer,
     .standard = "2147483647",
     .least = 1,
     .text = "The most members that a group may have."},
    {.name = "offset.metadata.max.bytes",
     .type = integer,
     .standard = "4096",
     .text = "The most that a client may note with an offset it commits."},
    {.name = "offsets.retention.minutes",
     .type = integer,
     .standard = "10080",
     .least = 1,
     .text = "How long offsets are kept after their group lost its last member."},
    {.name = "offsets.retention.check.interval.ms",
     .type = large,
     .standard = "600000",
     .least = 1,
     .text = "How often it is looked for offsets that are no longer kept."},
    {.name = "offsets.topic.num.partitions",
     .type = integer,
     .standard = "50",
     .least = 1,
     .text = "Partitions of __consumer_offsets when it is made; each is a coordinator."},
    {.name = "offsets.topic.replication.factor",
     .type = small,
     .standard = "3",
     .least = 1,
     .text = "Replicas of __consumer_offsets when it is made; not more than there are servers."},
    {.name = "offsets.topic.segment.bytes",
     .type = integer,
     .standard = "104857600",
     .least = 1,
     .text = "The size of its segments."},
};

}  // namespace cambium::settings_groups
