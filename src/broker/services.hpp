// What handlers work with. Everything belongs to the Broker and outlives every request.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/settings.hpp"
#include "broker/auto_creation.hpp"
#include "broker/producer_ids.hpp"
#include "bytes/compression.hpp"
#include "control/controller.hpp"
#include "coord/coordinator.hpp"
#include "io/world.hpp"
#include "log/directories.hpp"
#include "replica/manager.hpp"
#include "replica/waiting.hpp"

namespace cambium::broker {

class FetchSessions;
class Instruments;

// Settings that handlers ask for with every request, read once.
struct HandlerLimits {
    int64_t fetch_bytes_max = 0;
    bool auto_create_topics = false;
    bool delete_topics = false;
    bool consumer_protocol = true;  // whether groups may have such members

    [[nodiscard]] static HandlerLimits from(const Settings& settings) {
        const std::vector<std::string> protocols =
            settings.list("group.coordinator.rebalance.protocols");
        return {.fetch_bytes_max = settings.integer("fetch.max.bytes"),
                .auto_create_topics = settings.boolean("auto.create.topics.enable"),
                .delete_topics = settings.boolean("delete.topic.enable"),
                .consumer_protocol = std::ranges::find(protocols, "consumer") != protocols.end()};
    }
};

struct Services {
    io::World world;
    NodeId node;
    const Settings* settings;
    HandlerLimits limits;
    Instruments* instruments;
    const log::Directories* directories;
    replica::Manager* replicas;
    replica::WaitingRoom* waiting;
    control::Controller* controller;
    ProducerIds* producer_ids;
    AutoCreation* auto_creation;
    coord::GroupCoordinator* groups;
    FetchSessions* fetch_sessions;
    // For the payloads of batches; used within one call, never across a wait.
    Decompressor* decompressor;
};

}  // namespace cambium::broker
