// A core with members of the consumer protocol that is driven by hand: writes become durable when
// the test says so, or at once.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "coord/core.hpp"

namespace cambium::coord {

using BeatRequest = wire::ConsumerGroupHeartbeatRequest;
using BeatAnswer = wire::ConsumerGroupHeartbeatResponse;

// A member as its client has it.
struct Client {
    std::string id;
    std::optional<std::string> instance{};
    std::vector<std::string> topics{"t"};
    std::optional<std::string> regex{};
    std::optional<std::string> assignor{};
    int32_t rebalance_ms = 60'000;
    std::string group = "g";
    // What it was told.
    int32_t epoch = 0;
    Target has{};
    Errc code = Errc::none;
};

class ConsumerDriver {
public:
    explicit ConsumerDriver(const GroupLimits& with = limits()) : limits_(with) {
        add_topic("t", 4);
        start();
    }
    // Assignments are not put off.
    static GroupLimits limits() {
        GroupLimits out;
        out.consumer.assignment_ms = {.standard = 0, .least = 0, .most = 15'000};
        out.initial_delay_ms = 0;
        return out;
    }

    // ---- topics

    static Uuid id_of(const std::string& name) {
        Uuid id;
        std::copy_n(name.begin(), std::min(name.size(), size_t{16}), id.bytes.begin());
        return id;
    }
    void add_topic(const std::string& name, size_t partitions) {
        auto topic = std::make_shared<meta::Topic>();
        topic->name = name;
        topic->id = id_of(name);
        topic->partitions.resize(partitions);
        image_.topics[name] = topic;
        image_.topics_by_id[topic->id] = topic;
        show();
    }
    void delete_topic(const std::string& name) {
        image_.topics.erase(name);
        image_.topics_by_id.erase(id_of(name));
        show();
    }

    // ---- time and the log

    [[nodiscard]] Now now() const {
        return {.monotonic = {clock_ms_ * 1'000'000}, .wall = Timestamp(1'000'000 + clock_ms_)};
    }
    void pass(int64_t ms) {
        const int64_t until = clock_ms_ + ms;
        while (core->next_deadline().nanoseconds <= until * 1'000'000) {
            clock_ms_ = std::max(clock_ms_, core->next_deadline().nanoseconds / 1'000'000);
            run([this](Effects& effects) { core->step(now(), effects); });
        }
        clock_ms_ = until;
    }
    // Another coordinator reads the log.
    void restart() {
        waiting.clear();
        start();
    }
    void make_durable() {
        while (!waiting.empty()) {
            const Write write = waiting.front();
            waiting.erase(waiting.begin());
            logged.insert(logged.end(), write.records.begin(), write.records.end());
            Effects effects;
            core->written(write.id, now(), effects);
            keep(std::move(effects));
        }
    }
    void refuse_all(Errc why) {
        while (!waiting.empty()) refuse_next(why);
    }
    void refuse_next(Errc why) {
        const WriteId id = waiting.front().id;
        waiting.erase(waiting.begin());
        Effects effects;
        core->refused(id, why, now(), effects);
        keep(std::move(effects));
    }

    // ---- members

    Ticket send(const BeatRequest& request, int version = 1) {
        const Ticket ticket = ++tickets_;
        const Caller caller{.client_id = "c", .host = "/h", .version = version};
        run([&](Effects& effects) {
            core->consumer_heartbeat(ticket, request, caller, now(), effects);
        });
        return ticket;
    }
    static BeatRequest request_of(const Client& client) {
        BeatRequest request;
        request.group_id = client.group;
        request.member_id = client.id;
        request.member_epoch = client.epoch;
        request.instance_id = client.instance;
        if (client.epoch == 0) {
            request.rebalance_timeout_ms = client.rebalance_ms;
            request.subscribed_topic_names = client.topics;
            request.subscribed_topic_regex = client.regex;
            request.server_assignor = client.assignor;
        }
        auto& owned = request.topic_partitions.emplace();
        for (const auto& [topic, partitions] : client.has)
            owned.push_back({topic, {partitions.begin(), partitions.end()}});
        return request;
    }
    // Sends what the client has and does what it is told: what it loses it gives up at once.
    Errc beat(Client& client) { return beat(client, request_of(client)); }
    Errc beat(Client& client, const BeatRequest& request) {
        const Ticket ticket = send(request);
        if (!beaten.contains(ticket)) return client.code = Errc::would_block;
        return hear(client, beaten.at(ticket));
    }
    static Errc hear(Client& client, const BeatAnswer& answer) {
        client.code = from_wire_code(answer.error_code);
        if (client.code != Errc::none) return client.code;
        client.epoch = answer.member_epoch;
        if (!answer.assignment) return client.code;
        client.has.clear();
        for (const auto& topic : answer.assignment->topic_partitions)
            client.has[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
        return client.code;
    }
    // Until nobody is told anything new; never do two have the same.
    void settle(const std::vector<Client*>& clients) {
        for (int i = 0; i < 10; ++i) {
            for (Client* const client : clients) {
                REQUIRE(beat(*client) == Errc::none);
                check_owners(clients);
            }
        }
    }
    static void check_owners(const std::vector<Client*>& clients) {
        std::map<std::pair<Uuid, int32_t>, std::string> owners;
        for (const Client* const client : clients)
            for (const auto& [topic, partitions] : client->has)
                for (const int32_t partition : partitions)
                    CHECK(owners.emplace(std::pair(topic, partition), client->id).second);
    }
    Errc leave(Client& client, int32_t epoch = -1) {
        BeatRequest request = request_of(client);
        request.member_epoch = epoch;
        const Ticket ticket = send(request);
        return beaten.contains(ticket) ? from_wire_code(beaten.at(ticket).error_code)
                                       : Errc::would_block;
    }
    Errc commit(const Client& client, int32_t partition, int64_t offset, int version = 9) {
        Commit wanted{.group = client.group,
                      .member_id = client.id,
                      .instance_id = client.instance,
                      .generation = client.epoch,
                      .partitions = {},
                      .retention_ms = -1};
        wanted.partitions.push_back({.name = {"t", PartitionIndex(partition)},
                                     .topic = id_of("t"),
                                     .offset = offset,
                                     .leader_epoch = -1,
                                     .metadata = ""});
        const Ticket ticket = ++tickets_;
        Errc refused = Errc::none;
        run([&](Effects& effects) {
            refused = core->commit(ticket, wanted, version, now(), effects);
        });
        if (refused != Errc::none) return refused;
        return done.contains(ticket) ? done.at(ticket) : Errc::would_block;
    }
    [[nodiscard]] wire::ConsumerGroupDescribeResponse::Group described() const {
        return core->describe_consumer("g");
    }
    [[nodiscard]] std::string state() const { return described().group_state; }

    void run(const auto& call) {
        Effects effects;
        call(effects);
        keep(std::move(effects));
        if (at_once) make_durable();
    }

    std::unique_ptr<GroupCore> core;
    bool at_once = true;
    std::vector<Write> waiting;
    std::vector<Record> logged;
    std::map<Ticket, BeatAnswer> beaten;
    std::map<Ticket, wire::JoinGroupResponse> joined;
    std::map<Ticket, wire::SyncGroupResponse> synced;
    std::map<Ticket, wire::LeaveGroupResponse> left;
    std::map<Ticket, Errc> done;
    Ticket next_ticket() { return ++tickets_; }

private:
    void start() {
        core = std::make_unique<GroupCore>(limits_, io::Random(7));
        show();
        for (const Record& record : logged) core->replay(record);
        run([this](Effects& effects) { core->loaded(now(), effects); });
    }
    void show() {
        if (core) core->look_at(std::make_shared<const meta::Image>(image_));
    }
    void keep(Effects effects) {
        for (Write& write : effects.writes) waiting.push_back(std::move(write));
        for (auto& [ticket, answer] : effects.beaten) beaten[ticket] = std::move(answer);
        for (auto& [ticket, answer] : effects.joined) joined[ticket] = std::move(answer);
        for (auto& [ticket, answer] : effects.left) left[ticket] = std::move(answer);
        for (auto& [ticket, answer] : effects.synced) synced[ticket] = std::move(answer);
        for (const auto& [ticket, code] : effects.done) done[ticket] = code;
    }

    GroupLimits limits_;
    meta::Image image_;
    int64_t clock_ms_ = 0;
    Ticket tickets_ = 0;
};

}  // namespace cambium::coord
