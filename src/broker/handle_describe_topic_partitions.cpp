// DescribeTopicPartitions: topics and their partitions in pages, by name. Unlike Metadata it
// creates nothing, and its answer has a bounded size.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/described_partition.hpp"
#include "broker/handlers.hpp"
#include "broker/operations.hpp"
#include "broker/services.hpp"
#include "broker/topic_names.hpp"
#include "control/topics.hpp"
#include "wire/messages/describe_topic_partitions.hpp"

namespace cambium::broker {

namespace {

using PageRequest = wire::DescribeTopicPartitionsRequest;
using PageResponse = wire::DescribeTopicPartitionsResponse;

class Pages {
public:
    Pages(const Services& services, const PageRequest& asked)
        : services_(services), asked_(asked), image_(services.controller->image()) {
        const int64_t most = services.settings->integer("max.request.partition.size.limit");
        left_ = std::clamp<int64_t>(asked.response_partition_limit, 1, most);
    }

    PageResponse build();

private:
    [[nodiscard]] bool cursor_makes_sense() const;
    void refuse();
    [[nodiscard]] bool add(std::string_view name);
    void add_known(const meta::Topic& topic, PageResponse::Topic& out);
    [[nodiscard]] size_t first_of(std::string_view name) const;

    const Services& services_;
    const PageRequest& asked_;
    meta::ImageRef image_;
    int64_t left_;
    PageResponse response_;
};

// A cursor comes from an answer to the same topics.
bool Pages::cursor_makes_sense() const {
    if (!asked_.cursor) return true;
    if (asked_.cursor->partition_index < 0) return false;
    return asked_.topics.empty() ||
           std::ranges::find(asked_.topics, asked_.cursor->topic_name, &PageRequest::Topic::name) !=
               asked_.topics.end();
}

void Pages::refuse() {
    for (const PageRequest::Topic& topic : asked_.topics) {
        PageResponse::Topic& out = response_.topics.emplace_back();
        out.error_code = wire_code(Errc::invalid_request);
        out.name = topic.name;
    }
}

PageResponse Pages::build() {
    if (!cursor_makes_sense()) {
        refuse();
        return std::move(response_);
    }
    const std::string from = asked_.cursor ? asked_.cursor->topic_name : std::string();
    if (asked_.topics.empty()) {
        const auto& all = image_->topics;
        for (auto at = all.lower_bound(from); at != all.end() && add(at->first); ++at) {}
        return std::move(response_);
    }
    std::set<std::string_view> names;
    for (const PageRequest::Topic& topic : asked_.topics) names.insert(topic.name);
    for (auto at = names.lower_bound(from); at != names.end() && add(*at); ++at) {}
    return std::move(response_);
}

// False when the page is full and the cursor says where the next one begins.
bool Pages::add(std::string_view name) {
    if (left_ == 0) {
        response_.next_cursor = {std::string(name), 0};
        return false;
    }
    PageResponse::Topic& out = response_.topics.emplace_back();
    out.name = name;
    out.is_internal = is_internal(name);
    out.topic_authorized_operations = topic_operations;
    if (const meta::TopicRef topic = image_->topic(name)) {
        add_known(*topic, out);
        return !response_.next_cursor;
    }
    const bool valid = control::check_topic_name(name).ok();
    out.error_code =
        wire_code(valid ? Errc::unknown_topic_or_partition : Errc::invalid_topic_exception);
    return true;
}

void Pages::add_known(const meta::Topic& topic, PageResponse::Topic& out) {
    out.topic_id = topic.id;
    for (size_t i = first_of(topic.name); i < topic.partitions.size(); ++i) {
        if (left_ == 0) {
            response_.next_cursor = {topic.name, static_cast<int32_t>(i)};
            return;
        }
        --left_;
        DescribedPartition one = described(services_, topic, i);
        out.partitions.push_back({.error_code = one.error_code,
                                  .partition_index = static_cast<int32_t>(i),
                                  .leader_id = one.leader,
                                  .leader_epoch = one.leader_epoch,
                                  .replica_nodes = std::move(one.replicas),
                                  .isr_nodes = std::move(one.in_sync),
                                  .eligible_leader_replicas = std::vector<int32_t>{},
                                  .last_known_elr = std::vector<int32_t>{},
                                  .offline_replicas = std::move(one.offline)});
    }
}

size_t Pages::first_of(std::string_view name) const {
    const bool here = asked_.cursor && asked_.cursor->topic_name == name;
    return here ? static_cast<size_t>(asked_.cursor->partition_index) : 0;
}

}  // namespace

io::Task<Reply> handle_describe_topic_partitions(Services* services, Request* request) {
    const auto decoded = wire::decode<PageRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    Pages pages(*services, *decoded);
    co_return answer_with(pages.build(), *request);
}

}  // namespace cambium::broker
