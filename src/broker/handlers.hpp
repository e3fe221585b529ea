// The handler table: one row per API that is served (HOUSE 8).
//
// It generates what ApiVersions answers, tells the connection which requests it may take, and is
// where permissions and quotas will hang. A handler is a Task that lives in one file per API family
// (handle_*.cpp).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "broker/request.hpp"
#include "io/task.hpp"
#include "wire/api.hpp"

namespace cambium::broker {

struct Services;

using Handler = io::Task<Reply> (*)(Services* services, Request* request);

// What a request costs, for quotas.
enum class QuotaClass : uint8_t { none, produce, fetch, request, controller_mutation };

struct HandlerRow {
    wire::ApiKey api;
    wire::Versions advertised;
    wire::Versions served;
    Handler handler;
    QuotaClass quota = QuotaClass::request;
    // The feature that must be finalised before this row exists for clients; empty: none.
    std::string_view feature;
    // A request may begin while earlier ones of the same kind on its connection are not answered
    // yet. All others run alone, in the order in which they came.
    bool overlaps = false;
    // Its waiting is what the client asked for, and not slowness.
    bool waits_for_records = false;
};

// By API key.
[[nodiscard]] std::span<const HandlerRow> handler_table();
// Null: not served.
[[nodiscard]] const HandlerRow* find_handler(wire::ApiKey api);

// The answer to ApiVersions in a version that nobody knows: body and header of version 0, with
// UNSUPPORTED_VERSION and the versions of ApiVersions itself (KIP-511). The request's body is not
// looked at.
[[nodiscard]] Reply unknown_api_versions(const Request& request);

// The handlers.
io::Task<Reply> handle_api_versions(Services* services, Request* request);
io::Task<Reply> handle_metadata(Services* services, Request* request);
io::Task<Reply> handle_create_topics(Services* services, Request* request);
io::Task<Reply> handle_delete_topics(Services* services, Request* request);
io::Task<Reply> handle_delete_records(Services* services, Request* request);
io::Task<Reply> handle_produce(Services* services, Request* request);
io::Task<Reply> handle_fetch(Services* services, Request* request);
io::Task<Reply> handle_list_offsets(Services* services, Request* request);
io::Task<Reply> handle_init_producer_id(Services* services, Request* request);
io::Task<Reply> handle_describe_configs(Services* services, Request* request);
io::Task<Reply> handle_alter_configs(Services* services, Request* request);
io::Task<Reply> handle_incremental_alter_configs(Services* services, Request* request);
io::Task<Reply> handle_list_config_resources(Services* services, Request* request);
io::Task<Reply> handle_create_partitions(Services* services, Request* request);
io::Task<Reply> handle_describe_cluster(Services* services, Request* request);
io::Task<Reply> handle_describe_quorum(Services* services, Request* request);
io::Task<Reply> handle_update_features(Services* services, Request* request);
io::Task<Reply> handle_unregister_broker(Services* services, Request* request);
io::Task<Reply> handle_describe_topic_partitions(Services* services, Request* request);
io::Task<Reply> handle_offset_for_leader_epoch(Services* services, Request* request);
io::Task<Reply> handle_describe_producers(Services* services, Request* request);
io::Task<Reply> handle_describe_log_dirs(Services* services, Request* request);
io::Task<Reply> handle_alter_replica_log_dirs(Services* services, Request* request);
io::Task<Reply> handle_elect_leaders(Services* services, Request* request);
io::Task<Reply> handle_alter_partition_reassignments(Services* services, Request* request);
io::Task<Reply> handle_list_partition_reassignments(Services* services, Request* request);
io::Task<Reply> handle_find_coordinator(Services* services, Request* request);
io::Task<Reply> handle_join_group(Services* services, Request* request);
io::Task<Reply> handle_sync_group(Services* services, Request* request);
io::Task<Reply> handle_heartbeat(Services* services, Request* request);
io::Task<Reply> handle_leave_group(Services* services, Request* request);
io::Task<Reply> handle_describe_groups(Services* services, Request* request);
io::Task<Reply> handle_list_groups(Services* services, Request* request);
io::Task<Reply> handle_delete_groups(Services* services, Request* request);
io::Task<Reply> handle_consumer_group_heartbeat(Services* services, Request* request);
io::Task<Reply> handle_consumer_group_describe(Services* services, Request* request);
io::Task<Reply> handle_offset_commit(Services* services, Request* request);
io::Task<Reply> handle_offset_fetch(Services* services, Request* request);
io::Task<Reply> handle_offset_delete(Services* services, Request* request);

}  // namespace cambium::broker
