// Metadata: who is there and who leads what, and the creation of topics that somebody asks for.
#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/described_partition.hpp"
#include "broker/endpoints.hpp"
#include "broker/handlers.hpp"
#include "broker/operations.hpp"
#include "broker/services.hpp"
#include "broker/topic_names.hpp"
#include "control/topics.hpp"
#include "wire/messages/metadata.hpp"

namespace cambium::broker {

namespace {

using MetadataRequest = wire::MetadataRequest;
using MetadataAnswer = wire::MetadataResponse;

class Builder {
public:
    Builder(Services& services, const Request& request, const MetadataRequest& asked)
        : services_(services),
          request_(request),
          asked_(asked),
          image_(services.controller->image()) {}

    // Names in `missing_` are to be created.
    MetadataAnswer build();
    std::vector<std::string> take_missing() { return std::move(missing_); }

private:
    void brokers();
    void asked_topics();
    void by_name(const std::string& name);
    void by_id(const Uuid& id);
    void refuse_ids_and_nulls();
    [[nodiscard]] MetadataAnswer::Topic known(const meta::Topic& topic) const;
    [[nodiscard]] bool everything() const {
        return !asked_.topics || (request_.version() == 0 && asked_.topics->empty());
    }
    // Before version 12 topics have names, and ids are for answers only.
    [[nodiscard]] bool malformed() const;

    Services& services_;
    const Request& request_;
    const MetadataRequest& asked_;
    meta::ImageRef image_;
    MetadataAnswer response_;
    std::vector<std::string> missing_;
};

bool Builder::malformed() const {
    if (request_.version() >= 12 || everything()) return false;
    return std::ranges::any_of(*asked_.topics, [](const MetadataRequest::Topic& topic) {
        return !topic.name || !topic.topic_id.zero();
    });
}

MetadataAnswer Builder::build() {
    if (malformed()) {
        refuse_ids_and_nulls();
        return std::move(response_);
    }
    brokers();
    response_.cluster_id = image_->cluster_id.text();
    response_.controller_id = services_.node.value();
    if (asked_.include_cluster_authorized_operations)
        response_.cluster_authorized_operations = cluster_operations;
    if (everything()) {
        for (const auto& [name, topic] : image_->topics) response_.topics.push_back(known(*topic));
    } else {
        asked_topics();
    }
    return std::move(response_);
}

void Builder::refuse_ids_and_nulls() {
    for (const MetadataRequest::Topic& topic : *asked_.topics) {
        response_.topics.push_back({.error_code = wire_code(Errc::invalid_request),
                                    .name = topic.name.value_or(""),
                                    .topic_id = topic.topic_id});
    }
    response_.error_code = wire_code(Errc::invalid_request);
}

void Builder::brokers() {
    for (const auto& [id, node] : image_->nodes) {
        const io::Address address = endpoint_of(node, *request_.peer);
        response_.brokers.push_back({.node_id = id.value(),
                                     .host = address.host,
                                     .port = address.port,
                                     .rack = services_.settings->find("broker.rack")});
    }
}

void Builder::asked_topics() {
    // Whoever asks for one by its id asks for all by their ids. Each is answered once.
    const bool ids = std::ranges::any_of(
        *asked_.topics, [](const MetadataRequest::Topic& topic) { return !topic.topic_id.zero(); });
    std::set<Uuid> seen_ids;
    std::set<std::string_view> seen;
    for (const MetadataRequest::Topic& topic : *asked_.topics) {
        if (ids) {
            if (!topic.topic_id.zero() && seen_ids.insert(topic.topic_id).second)
                by_id(topic.topic_id);
        } else if (topic.name && seen.insert(*topic.name).second) {
            by_name(*topic.name);
        }
    }
}

void Builder::by_id(const Uuid& id) {
    if (const meta::TopicRef topic = image_->topic(id)) {
        response_.topics.push_back(known(*topic));
        return;
    }
    response_.topics.push_back(
        {.error_code = wire_code(Errc::unknown_topic_id), .name = std::nullopt, .topic_id = id});
}

void Builder::by_name(const std::string& name) {
    if (const meta::TopicRef topic = image_->topic(name)) {
        response_.topics.push_back(known(*topic));
        return;
    }
    const bool valid = control::check_topic_name(name).ok();
    const Errc code = valid ? Errc::unknown_topic_or_partition : Errc::invalid_topic_exception;
    MetadataAnswer::Topic unknown{
        .error_code = wire_code(code), .name = name, .is_internal = is_internal(name)};
    if (asked_.include_topic_authorized_operations)
        unknown.topic_authorized_operations = topic_operations;
    response_.topics.push_back(std::move(unknown));
    // Internal topics come into being with their coordinators, not because a client looks for them.
    if (valid && !is_internal(name) && asked_.allow_auto_topic_creation) missing_.push_back(name);
}

MetadataAnswer::Topic Builder::known(const meta::Topic& topic) const {
    MetadataAnswer::Topic out{
        .name = topic.name, .topic_id = topic.id, .is_internal = is_internal(topic.name)};
    if (asked_.include_topic_authorized_operations)
        out.topic_authorized_operations = topic_operations;
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        DescribedPartition one = described(services_, topic, i);
        out.partitions.push_back({.error_code = one.error_code,
                                  .partition_index = static_cast<int32_t>(i),
                                  .leader_id = one.leader,
                                  .leader_epoch = one.leader_epoch,
                                  .replica_nodes = std::move(one.replicas),
                                  .isr_nodes = std::move(one.in_sync),
                                  .offline_replicas = std::move(one.offline)});
    }
    return out;
}

}  // namespace

io::Task<Reply> handle_metadata(Services* services, Request* request) {
    const auto decoded = wire::decode<MetadataRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    Builder builder(*services, *request, *decoded);
    const MetadataAnswer response = builder.build();
    if (services->limits.auto_create_topics) services->auto_creation->want(builder.take_missing());
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
