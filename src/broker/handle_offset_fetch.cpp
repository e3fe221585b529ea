// OffsetFetch: where groups are. One group up to version 7, many from 8 on, topics by id from 10
// on.
//
// A group that does not exist has committed nothing: offset -1 and no error, as in Kafka. Only what
// is durable is told, and nothing is ever unstable, since transactions have no coordinator yet:
// RequireStable asks for what is the case anyway.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/mentions.hpp"
#include "broker/services.hpp"
#include "wire/messages/group_offsets.hpp"

namespace cambium::broker {

namespace {

using FetchedRequest = wire::OffsetFetchRequest;
using FetchedGroup = wire::OffsetFetchResponse::Group;
using FetchedTopic = FetchedGroup::Topic;

constexpr int fetch_with_group_error = 2;
constexpr int fetch_of_many = 8;
constexpr int fetch_with_topic_ids = 10;

FetchedTopic::Partition nothing(int32_t index, Errc code) {
    return {.partition_index = index,
            .committed_offset = -1,
            .committed_leader_epoch = -1,
            .metadata = "",
            .error_code = wire_code(code)};
}

FetchedTopic::Partition something(int32_t index, const coord::Committed& committed) {
    return {.partition_index = index,
            .committed_offset = committed.offset,
            .committed_leader_epoch = committed.leader_epoch,
            .metadata = committed.metadata,
            .error_code = 0};
}

class Reading {
public:
    Reading(const Services& services, int version)
        : services_(services), version_(version), image_(services.controller->image()) {}

    // In the form of version 8 and later.
    [[nodiscard]] FetchedGroup group(const FetchedRequest::Group& asked) const {
        FetchedGroup out;
        out.group_id = asked.group_id;
        const Result<const coord::GroupOffsets*> offsets =
            services_.groups->offsets(asked.group_id);
        Errc code = offsets.code();
        if (offsets.ok())
            code =
                services_.groups->check_fetch(asked.group_id, asked.member_id, asked.member_epoch);
        out.error_code = wire_code(code);
        if (code != Errc::none) return out;
        if (!asked.topics) return everything(*offsets, std::move(out));
        Told told;
        for (const FetchedRequest::Group::Topic& topic : *asked.topics)
            out.topics.push_back(one_topic(*offsets, topic, told));
        return out;
    }

private:
    // Of partitions, for which there is metadata.
    using Told = Mentions<std::pair<std::string, int32_t>>;

    [[nodiscard]] bool by_id() const { return version_ >= fetch_with_topic_ids; }

    // What was committed for a topic of that name that is gone says nothing about this one.
    [[nodiscard]] bool stale(const std::string& name, const coord::Committed& committed) const {
        const meta::TopicRef topic = image_->topic(name);
        return topic != nullptr && !committed.topic_id.zero() && topic->id != committed.topic_id;
    }

    [[nodiscard]] FetchedGroup everything(const coord::GroupOffsets* offsets,
                                          FetchedGroup out) const {
        if (offsets == nullptr) return out;
        for (const auto& [name, partitions] : *offsets) {
            const meta::TopicRef topic = image_->topic(name);
            if (by_id() && topic == nullptr) continue;
            FetchedTopic& answered = out.topics.emplace_back();
            answered.name = name;
            if (by_id()) answered.topic_id = topic->id;
            for (const auto& [index, committed] : partitions)
                if (!stale(name, committed))
                    answered.partitions.push_back(something(index, committed));
        }
        return out;
    }

    [[nodiscard]] FetchedTopic one_topic(const coord::GroupOffsets* offsets,
                                         const FetchedRequest::Group::Topic& asked,
                                         Told& told) const {
        FetchedTopic out;
        out.name = asked.name;
        out.topic_id = asked.topic_id;
        std::string name = asked.name;
        if (by_id()) {
            const meta::TopicRef topic = image_->topic(asked.topic_id);
            if (topic == nullptr) {
                for (const int32_t index : asked.partition_indexes)
                    out.partitions.push_back(nothing(index, Errc::unknown_topic_id));
                return out;
            }
            name = topic->name;
        }
        const coord::TopicOffsets* partitions = nullptr;
        if (offsets != nullptr) {
            const auto found = offsets->find(name);
            if (found != offsets->end()) partitions = &found->second;
        }
        for (const int32_t index : asked.partition_indexes) {
            const bool there = partitions != nullptr && partitions->contains(index) &&
                               !stale(name, partitions->at(index));
            if (there && !told.answered({name, index})) continue;
            out.partitions.push_back(there ? something(index, partitions->at(index))
                                           : nothing(index, Errc::none));
        }
        return out;
    }

    const Services& services_;
    int version_;
    meta::ImageRef image_;
};

// The form of up to version 7, where one group is asked for. Version 1 has no place for what
// concerns the group but its partitions.
wire::OffsetFetchResponse as_one(FetchedGroup group, const FetchedRequest& asked, int version) {
    wire::OffsetFetchResponse response;
    response.error_code = group.error_code;
    for (FetchedTopic& topic : group.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = std::move(topic.name);
        for (FetchedTopic::Partition& one : topic.partitions)
            answered.partitions.push_back({.partition_index = one.partition_index,
                                           .committed_offset = one.committed_offset,
                                           .committed_leader_epoch = one.committed_leader_epoch,
                                           .metadata = std::move(one.metadata),
                                           .error_code = one.error_code});
    }
    if (group.error_code == 0 || version >= fetch_with_group_error || !asked.topics)
        return response;
    for (const FetchedRequest::Topic& topic : *asked.topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const int32_t index : topic.partition_indexes)
            answered.partitions.push_back({.partition_index = index,
                                           .committed_offset = -1,
                                           .committed_leader_epoch = -1,
                                           .metadata = "",
                                           .error_code = group.error_code});
    }
    return response;
}

FetchedRequest::Group the_group(const FetchedRequest& asked) {
    FetchedRequest::Group group;
    group.group_id = asked.group_id;
    if (!asked.topics) return group;
    group.topics.emplace();
    for (const FetchedRequest::Topic& topic : *asked.topics)
        group.topics->push_back(
            {.name = topic.name, .topic_id = {}, .partition_indexes = topic.partition_indexes});
    return group;
}

}  // namespace

io::Task<Reply> handle_offset_fetch(Services* services, Request* request) {
    const auto decoded = wire::decode<FetchedRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const Reading reading(*services, request->version());
    if (request->version() < fetch_of_many) {
        const wire::OffsetFetchResponse response =
            as_one(reading.group(the_group(*decoded)), *decoded, request->version());
        co_return answer_with(response, *request);
    }
    wire::OffsetFetchResponse response;
    Mentions<std::string_view> mentions;
    for (const FetchedRequest::Group& group : decoded->groups)
        if (mentions.answered(group.group_id)) response.groups.push_back(reading.group(group));
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
