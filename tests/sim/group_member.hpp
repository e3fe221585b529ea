// A member of a consumer group in a history: it joins, assigns when it leads, commits, and now and
// then does what members should not: it falls silent, forgets who it was, commits for a generation
// that is over.
//
// It speaks the classic protocol through our client library, on a node of its own, and tells the
// ledger everything it is told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/client.hpp"
#include "group_ledger.hpp"
#include "io/gate.hpp"
#include "io/random.hpp"
#include "server_clients.hpp"
#include "sim/node.hpp"

namespace cambium::history {

class GroupMember {
public:
    struct Options {
        std::string group;
        std::optional<std::string> instance;  // of a static member
        int32_t session_ms = 1'000;
        int32_t rebalance_ms = 2'000;
        io::Duration pause_max{50'000'000};  // between two things that it does
    };
    using Complaint = std::function<void(std::string checker, std::string what)>;

    GroupMember(sim::Node& node, io::Address server, Options options, KnownTopic topic,
                GroupLedger* ledger, io::Random random, Complaint complain);

    void start() { io::spawn(gate_, live()); }
    // From now on it does what a member should, so that its group comes to rest.
    void behave() { wild_ = false; }
    // It dies and does not come back.
    void vanish() { gone_ = true; }
    [[nodiscard]] bool gone() const { return gone_; }
    // It has its share of the present generation, as far as it knows.
    [[nodiscard]] bool settled() const { return assigned_ && !wild_; }
    [[nodiscard]] const GroupIdentity& identity() const { return me_; }
    [[nodiscard]] const std::vector<int32_t>& partitions() const { return mine_; }
    io::Task<void> close();

private:
    io::Task<void> live();
    io::Task<void> pause(io::Duration time);
    io::Task<void> join();
    io::Task<void> sync(const wire::JoinGroupResponse* joined);
    io::Task<void> work();
    io::Task<void> heartbeat();
    io::Task<void> commit(GroupIdentity who);
    io::Task<void> read();
    io::Task<void> leave();
    void lose(Errc code);
    void forget();
    // One attempt; without an answer the code of what became of it.
    template <class Response, class Request>
    io::Task<Result<client::Reply<Response>>> ask(Request request);

    sim::Node& node_;
    Options options_;
    KnownTopic topic_;
    GroupLedger* ledger_;
    io::Random random_;
    Complaint complain_;
    client::Client client_;
    GroupIdentity me_;
    std::vector<int32_t> mine_;
    std::vector<int32_t> before_;  // what it had in the generation before
    GroupIdentity ghost_;          // who it was before it came back, for whom it still commits
    bool assigned_ = false;
    bool wild_ = true;
    bool gone_ = false;
    bool closing_ = false;
    io::Gate gate_;
};

}  // namespace cambium::history
