// The leader's rules as a table of calls: ends in, effects out.
#include "replica/leader.hpp"

#include <doctest/doctest.h>

namespace cambium::replica {
namespace {

log::Ends ends(int64_t durable, int64_t written, int64_t appended) {
    return {.start = Offset{0},
            .durable = Offset{durable},
            .written = Offset{written},
            .appended = Offset{appended}};
}

LeaderCore leader(FlushPolicy policy = FlushPolicy::ack) {
    return {LeaderConfig{.flush_policy = policy}, LeaderEpoch{3}, ends(10, 10, 10)};
}

TEST_CASE("what_recovery_found_is_the_high_watermark") {
    CHECK(leader().high_watermark() == Offset{10});
}

TEST_CASE("the_high_watermark_follows_the_durable_end_and_never_passes_it") {
    LeaderCore core = leader();
    core.appended(Offset{12}, 100);
    core.appended(Offset{15}, 50);
    CHECK_FALSE(core.ends_moved(ends(10, 15, 15)).high_watermark);
    CHECK(core.ends_moved(ends(12, 15, 15)).high_watermark == Offset{12});
    CHECK(core.visible_bytes() == 100);
    CHECK_FALSE(core.ends_moved(ends(12, 15, 15)).high_watermark);
    CHECK(core.ends_moved(ends(15, 15, 15)).high_watermark == Offset{15});
    CHECK(core.visible_bytes() == 150);
}

TEST_CASE("with_flush_policy_os_the_high_watermark_follows_the_written_end") {
    LeaderCore core = leader(FlushPolicy::os);
    core.appended(Offset{12}, 100);
    CHECK(core.ends_moved(ends(10, 12, 12)).high_watermark == Offset{12});
}

TEST_CASE("a_take_back_fails_who_waits_above_it_and_the_high_watermark_stays") {
    LeaderCore core = leader();
    core.appended(Offset{12}, 100);
    core.appended(Offset{15}, 50);
    (void)core.ends_moved(ends(12, 12, 15));
    const LeaderEffects effects = core.taken_back(Offset{12}, Errc::no_space);
    REQUIRE(effects.failed);
    CHECK(effects.failed->above == Offset{12});
    CHECK(effects.failed->why == Errc::kafka_storage_error);
    CHECK(core.high_watermark() == Offset{12});
    CHECK(core.may_append(acks_all, LeaderEpoch{}).ok());
    // The offsets are given out again, and their bytes count once.
    core.appended(Offset{13}, 7);
    CHECK(core.ends_moved(ends(13, 13, 13)).high_watermark == Offset{13});
    CHECK(core.visible_bytes() == 107);
}

TEST_CASE("a_fenced_directory_stops_the_partition") {
    LeaderCore core = leader();
    core.appended(Offset{12}, 100);
    const LeaderEffects effects = core.taken_back(Offset{10}, Errc::directory_fenced);
    REQUIRE(effects.failed);
    CHECK(effects.failed->why == Errc::kafka_storage_error);
    CHECK(core.may_append(acks_all, LeaderEpoch{}).code() == Errc::kafka_storage_error);
    CHECK(core.may_read(LeaderEpoch{}).code() == Errc::kafka_storage_error);
    (void)core.stop(Errc::unknown_topic_or_partition);
    CHECK(core.may_read(LeaderEpoch{}).code() == Errc::unknown_topic_or_partition);
}

TEST_CASE("epochs_of_others_are_refused_both_ways") {
    const LeaderCore core = leader();
    CHECK(core.may_read(LeaderEpoch{}).ok());
    CHECK(core.may_read(LeaderEpoch{3}).ok());
    CHECK(core.may_read(LeaderEpoch{2}).code() == Errc::fenced_leader_epoch);
    CHECK(core.may_read(LeaderEpoch{4}).code() == Errc::unknown_leader_epoch);
    CHECK(core.may_append(acks_all, LeaderEpoch{2}).code() == Errc::fenced_leader_epoch);
}

TEST_CASE("a_new_epoch_fails_the_acks_of_the_old_one") {
    LeaderCore core = leader();
    core.appended(Offset{12}, 100);
    const LeaderEffects same = core.lead(LeaderConfig{}, LeaderEpoch{3});
    CHECK_FALSE(same.failed);
    const LeaderEffects effects = core.lead(LeaderConfig{}, LeaderEpoch{4});
    REQUIRE(effects.failed);
    CHECK(effects.failed->above == Offset{10});
    CHECK(effects.failed->why == Errc::not_leader_or_follower);
}

TEST_CASE("acks_all_needs_min_insync_replicas_and_never_more_than_there_are_replicas") {
    LeaderCore core = leader();
    const LeaderConfig wants_two{.min_insync_replicas = 2, .replicas = 3, .replicas_in_sync = 1};
    (void)core.lead(wants_two, LeaderEpoch{3});
    CHECK(core.may_append(acks_all, LeaderEpoch{}).code() == Errc::not_enough_replicas);
    CHECK(core.may_append(acks_leader, LeaderEpoch{}).ok());
    const LeaderConfig alone{.min_insync_replicas = 2, .replicas = 1, .replicas_in_sync = 1};
    (void)core.lead(alone, LeaderEpoch{3});
    CHECK(core.may_append(acks_all, LeaderEpoch{}).ok());
}

TEST_CASE("offsets_between_high_watermark_and_end_are_in_range") {
    LeaderCore core = leader();
    core.appended(Offset{12}, 100);
    const ReadWindow window = *core.may_read(LeaderEpoch{});
    CHECK(LeaderCore::check_offset(window, Offset{11}).ok());
    CHECK(LeaderCore::check_offset(window, Offset{12}).ok());
    CHECK(LeaderCore::check_offset(window, Offset{13}).code() == Errc::offset_out_of_range);
    CHECK(LeaderCore::check_offset(window, Offset{-1}).code() == Errc::offset_out_of_range);
}

}  // namespace
}  // namespace cambium::replica
