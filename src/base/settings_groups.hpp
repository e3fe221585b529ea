// Settings of groups of consumers and of what they commit, which nothing serves yet. Private to
// settings_table.cpp.
#pragma once

#include "base/settings.hpp"

namespace cambium::settings_groups {

using enum SettingType;

inline constexpr Setting rows[] = {
    {.name = "group.initial.rebalance.delay.ms",
     .type = integer,
     .standard = "3000",
     .ignored = true,
     .text = "How long the first generation of a group waits for more members to come: without "
             "effect until groups are served."},
    {.name = "group.min.session.timeout.ms",
     .type = integer,
     .standard = "6000",
     .ignored = true,
     .text =
         "The shortest session that a member may ask for: without effect until groups are served."},
    {.name = "group.max.session.timeout.ms",
     .type = integer,
     .standard = "1800000",
     .ignored = true,
     .text =
         "The longest session that a member may ask for: without effect until groups are served."},
    {.name = "group.max.size",
     .type = integer,
     .standard = "2147483647",
     .least = 1,
     .ignored = true,
     .text = "The most members that a group may have: without effect until groups are served."},
    {.name = "offset.metadata.max.bytes",
     .type = integer,
     .standard = "4096",
     .ignored = true,
     .text = "The most that a client may note with an offset it commits: without effect until "
             "groups are served."},
    {.name = "offsets.retention.minutes",
     .type = integer,
     .standard = "10080",
     .least = 1,
     .ignored = true,
     .text = "How long offsets are kept after their group lost its last member: without effect "
             "until groups are served."},
    {.name = "offsets.retention.check.interval.ms",
     .type = large,
     .standard = "600000",
     .least = 1,
     .ignored = true,
     .text = "How often it is looked for offsets that are no longer kept: without effect until "
             "groups are served."},
    {.name = "offsets.topic.num.partitions",
     .type = integer,
     .standard = "50",
     .least = 1,
     .ignored = true,
     .text = "Partitions of __consumer_offsets when it is made; each is a coordinator: without "
             "effect until groups are served."},
    {.name = "offsets.topic.replication.factor",
     .type = small,
     .standard = "3",
     .least = 1,
     .ignored = true,
     .text = "Replicas of __consumer_offsets when it is made; not more than there are servers: "
             "without effect until groups are served."},
    {.name = "offsets.topic.segment.bytes",
     .type = integer,
     .standard = "104857600",
     .least = 1,
     .ignored = true,
     .text = "The size of its segments: without effect until groups are served."},
};

}  // namespace cambium::settings_groups
