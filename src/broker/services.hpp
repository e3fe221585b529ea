// What handlers work with. Everything belongs to the Broker and outlives every request.
#pragma once

#include <cstdint>

#include "base/settings.hpp"
#include "broker/auto_creation.hpp"
#include "broker/producer_ids.hpp"
#include "bytes/compression.hpp"
#include "control/controller.hpp"
#include "io/world.hpp"
#include "replica/manager.hpp"
#include "replica/waiting.hpp"

namespace cambium::broker {

struct Services {
    io::World world;
    NodeId node;
    const Settings* settings;
    replica::Manager* replicas;
    replica::WaitingRoom* waiting;
    control::Controller* controller;
    ProducerIds* producer_ids;
    AutoCreation* auto_creation;
    // For the payloads of batches; used within one call, never across a wait.
    Decompressor* decompressor;
};

}  // namespace cambium::broker
