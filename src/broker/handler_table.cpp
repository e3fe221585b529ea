#include <algorithm>
#include <array>
#include <functional>

#include "broker/handlers.hpp"
#include "wire/messages/produce.hpp"

namespace cambium::broker {

namespace {

using wire::ApiKey;

constexpr wire::Versions all_of(ApiKey api) { return wire::info(api).versions; }

constexpr HandlerRow row(ApiKey api, Handler handler, QuotaClass quota = QuotaClass::request) {
    return {.api = api,
            .advertised = all_of(api),
            .served = all_of(api),
            .handler = handler,
            .quota = quota,
            .feature = {}};
}

constexpr HandlerRow produce_row() {
    HandlerRow produce = row(ApiKey::produce, handle_produce, QuotaClass::produce);
    produce.served.first = wire::lowest_produce_version;
    produce.overlaps = true;
    return produce;
}

constexpr HandlerRow waiting_row(ApiKey api, Handler handler,
                                 QuotaClass quota = QuotaClass::request) {
    HandlerRow waiting = row(api, handler, quota);
    waiting.waits_for_records = true;
    return waiting;
}

constexpr std::array table{
    produce_row(),
    waiting_row(ApiKey::fetch, handle_fetch, QuotaClass::fetch),
    row(ApiKey::list_offsets, handle_list_offsets),
    row(ApiKey::metadata, handle_metadata),
    row(ApiKey::offset_commit, handle_offset_commit),
    row(ApiKey::offset_fetch, handle_offset_fetch),
    row(ApiKey::find_coordinator, handle_find_coordinator),
    waiting_row(ApiKey::join_group, handle_join_group),
    row(ApiKey::heartbeat, handle_heartbeat),
    row(ApiKey::leave_group, handle_leave_group),
    waiting_row(ApiKey::sync_group, handle_sync_group),
    row(ApiKey::describe_groups, handle_describe_groups),
    row(ApiKey::list_groups, handle_list_groups),
    row(ApiKey::api_versions, handle_api_versions, QuotaClass::none),
    row(ApiKey::create_topics, handle_create_topics, QuotaClass::controller_mutation),
    row(ApiKey::delete_topics, handle_delete_topics, QuotaClass::controller_mutation),
    row(ApiKey::delete_records, handle_delete_records),
    row(ApiKey::init_producer_id, handle_init_producer_id),
    row(ApiKey::offset_for_leader_epoch, handle_offset_for_leader_epoch),
    row(ApiKey::describe_configs, handle_describe_configs),
    row(ApiKey::alter_configs, handle_alter_configs),
    row(ApiKey::alter_replica_log_dirs, handle_alter_replica_log_dirs),
    row(ApiKey::describe_log_dirs, handle_describe_log_dirs),
    row(ApiKey::create_partitions, handle_create_partitions, QuotaClass::controller_mutation),
    row(ApiKey::delete_groups, handle_delete_groups),
    row(ApiKey::elect_leaders, handle_elect_leaders),
    row(ApiKey::incremental_alter_configs, handle_incremental_alter_configs),
    row(ApiKey::alter_partition_reassignments, handle_alter_partition_reassignments),
    row(ApiKey::list_partition_reassignments, handle_list_partition_reassignments),
    row(ApiKey::offset_delete, handle_offset_delete),
    row(ApiKey::describe_quorum, handle_describe_quorum),
    row(ApiKey::update_features, handle_update_features),
    row(ApiKey::describe_cluster, handle_describe_cluster),
    row(ApiKey::describe_producers, handle_describe_producers),
    row(ApiKey::unregister_broker, handle_unregister_broker),
    row(ApiKey::consumer_group_heartbeat, handle_consumer_group_heartbeat),
    row(ApiKey::consumer_group_describe, handle_consumer_group_describe),
    row(ApiKey::list_config_resources, handle_list_config_resources),
    row(ApiKey::describe_topic_partitions, handle_describe_topic_partitions),
};
static_assert(std::ranges::is_sorted(table, std::less_equal{}, &HandlerRow::api));

}  // namespace

std::span<const HandlerRow> handler_table() { return table; }

const HandlerRow* find_handler(wire::ApiKey api) {
    const auto* const found = std::ranges::lower_bound(table, api, {}, &HandlerRow::api);
    return found != table.end() && found->api == api ? found : nullptr;
}

}  // namespace cambium::broker
