// What the core of a coordinator is told with every call, and what it wants done afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "coord/records.hpp"
#include "io/clock.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::coord {

struct Now {
    io::Monotonic monotonic;
    Timestamp wall;
};

// Names a request that waits for its answer; 0: none does.
using Ticket = uint64_t;
// Names records on their way into the log.
using WriteId = uint64_t;

// Who sent a request.
struct Caller {
    std::string client_id;
    std::string host;  // "/127.0.0.1", as Kafka writes it
    int version = 0;   // of the request
};

// Records that go into the log together. GroupCore::written() or refused() is called once for each,
// in the order in which they were wanted.
struct Write {
    WriteId id = 0;
    std::vector<Record> records;
};

struct Effects {
    // Answers; a ticket that nobody waits for any more is passed over.
    std::vector<std::pair<Ticket, wire::JoinGroupResponse>> joined;
    std::vector<std::pair<Ticket, wire::SyncGroupResponse>> synced;
    std::vector<std::pair<Ticket, wire::LeaveGroupResponse>> left;
    std::vector<std::pair<Ticket, wire::ConsumerGroupHeartbeatResponse>> beaten;
    std::vector<std::pair<Ticket, Errc>> done;  // commits and deletions: durable, or why not
    std::vector<Write> writes;
};

}  // namespace cambium::coord
