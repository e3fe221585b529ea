// The scenarios, the planted bugs with their budgets, and what many seeds must reach.
#include <array>

#include "history.hpp"

namespace cambium::history {
namespace {

constexpr std::array all_scenarios{
    Scenario{"log", "one data directory: power cuts, kills, full disks, failing syncs", run_log},
    Scenario{"metadata", "the controller over the metadata log: power cuts inside changes",
             run_metadata},
    Scenario{"server", "the whole server and its clients over a network that breaks", run_server},
    Scenario{"disks", "the same on several disks that die, are taken out and come back", run_disks},
    Scenario{"groups", "members that die, lie and come back; a server that restarts at any step",
             run_groups},
};

constexpr std::array all_mutants{
    Mutant{"log.ack_before_sync", "log", 300},
    Mutant{"log.sync_error_ignored", "log", 1000},
    Mutant{"log.directory_entry_not_synced", "log", 1000},
    Mutant{"log.roll_without_sync", "log", 1000},
    Mutant{"log.torn_tail_not_cut", "log", 1000},
    Mutant{"log.batches_after_hole_kept", "log", 3000},
    Mutant{"log.durable_end_ahead", "log", 1000},
    Mutant{"log.duplicate_not_detected", "log", 300},
    Mutant{"log.taken_back_keeps_sequences", "log", 1000},
    Mutant{"log.duplicate_answered_elsewhere", "log", 300},
    Mutant{"log.sequence_wraps_to_one", "log", 1000},
    Mutant{"log.expiry_forgets_active", "log", 1000},
    Mutant{"log.producers_go_with_segments", "log", 1000},
    Mutant{"log.snapshot_not_replayed", "log", 2000},
    Mutant{"log.retention_above_durable_end", "log", 1000},
    Mutant{"log.start_answered_before_durable", "log", 1000},
    Mutant{"log.record_skipped_before_removal", "log", 5000},
    Mutant{"log.deleted_file_cut", "log", 1000},
    Mutant{"log.retention_by_first_record", "log", 1000},
    Mutant{"meta.change_half_applied", "metadata", 1000},
    Mutant{"meta.settings_merged", "metadata", 300},
    Mutant{"meta.snapshot_without_node_settings", "metadata", 1000},
    Mutant{"control.producer_id_block_given_twice", "metadata", 300},
    Mutant{"quorum.ack_before_durable", "metadata", 300},
    Mutant{"quorum.torn_change_completed", "metadata", 2000},
    Mutant{"quorum.snapshot_not_synced", "metadata", 2000},
    Mutant{"replica.hw_above_durable_end", "server", 300},
    Mutant{"replica.waiters_not_failed_on_take_back", "server", 1000},
    Mutant{"broker.ack_before_high_watermark", "server", 300},
    Mutant{"broker.fetch_above_high_watermark", "server", 3000},
    Mutant{"broker.answers_out_of_order", "server", 300},
    Mutant{"broker.duplicate_acked_early", "server", 3000},
    Mutant{"log.sync_retried", "disks", 1000},
    Mutant{"log.missing_directory_made_anew", "disks", 1000},
    Mutant{"replica.partition_made_elsewhere", "disks", 1000},
    Mutant{"record.conversion_loses_timestamps", "server", 300},
    Mutant{"coord.commit_of_old_generation", "groups", 300},
    Mutant{"coord.commit_of_fenced", "groups", 1000},
    Mutant{"coord.commit_answered_before_durable", "groups", 1000},
    Mutant{"coord.every_topic_gone", "groups", 300},
    Mutant{"coord.generation_not_raised", "groups", 300},
    Mutant{"coord.share_of_another", "groups", 300},
    Mutant{"coord.session_never_over", "groups", 300},
    Mutant{"coord.offset_not_replayed", "groups", 300},
    Mutant{"coord.refused_write_applied", "groups", 3000},
    Mutant{"coord.smaller_offset_ignored", "groups", 300},
    Mutant{"coord.last_range_not_loaded", "groups", 1000},
    Mutant{"coord.serves_while_loading", "groups", 1000},
    Mutant{"coord.cleaned_before_rewritten_durable", "groups", 1000},
    Mutant{"coord.cleaning_overtakes", "groups", 1000},
};

constexpr auto required = std::to_array<std::string_view>({
    "log.rolled",
    "log.torn_tail_cut",
    "log.hole_above_durable_end",
    "log.zeros_cut",
    "log.index_rebuilt",
    "log.enospc",
    "log.fenced",
    "log.duplicate_answered",
    "log.sequence_wrapped",
    "log.producer_expired",
    "history.old_batch_sent_again",
    "record.converted",
    "broker.batch_job",
    "broker.produce_waited_in_line",
    "log.group_commit",
    "log.first_batch_refused",
    "log.segment_deleted",
    "log.segment_deleted_while_read",
    "log.reader_passed_by_start",
    "log.old_segment_left",
    "log.directory_missing",
    "log.reserve_released",
    "replica.directory_offline",
    "history.disk_died",
    "history.disk_unplugged",
    "history.settings_altered",
    "quorum.snapshot_taken",
    "quorum.torn_change_dropped",
    "replica.taken_back",
    "broker.long_poll_woken",
    "broker.answer_waited_for_socket",
    "coord.session_over",
    "coord.sync_never_came",
    "coord.nobody_joined",
    "coord.write_refused",
    "coord.cleaned",
    "history.committed",
    "history.old_generation_committed",
    "history.fenced_committed",
    "fault:log.roll.created",
    "fault:log.recovery.synced",
    "fault:log.written",
});

}  // namespace

std::span<const Scenario> scenarios() { return all_scenarios; }
std::span<const Mutant> mutants() { return all_mutants; }
std::span<const std::string_view> must_happen() { return required; }

}  // namespace cambium::history
