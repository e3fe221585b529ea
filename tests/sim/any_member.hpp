// What members of groups in a history have in common, whichever protocol they speak: a node and a
// client of their own, commits and reads that the ledger is told of, and the times at which they do
// what members should not.
#pragma once

#include <cstdint>
#include <functional>
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

class AnyMember {
public:
    struct Options {
        std::string group;
        std::optional<std::string> instance;  // of a static member
        int32_t session_ms = 1'000;
        int32_t rebalance_ms = 2'000;
        io::Duration pause_max{50'000'000};  // between two things that it does
    };
    using Complaint = std::function<void(std::string checker, std::string what)>;
    // All outlive the member.
    struct Surroundings {
        sim::Node* node;
        io::Address server;
        KnownTopic topic;
        GroupLedger* ledger;
        Complaint complain;
    };

    AnyMember(Surroundings around, Options options, io::Random random);
    virtual ~AnyMember() = default;
    AnyMember(const AnyMember&) = delete;
    AnyMember& operator=(const AnyMember&) = delete;

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

protected:
    virtual io::Task<void> join() = 0;
    virtual io::Task<void> work() = 0;

    io::Task<void> live();
    io::Task<void> pause(io::Duration time);
    [[nodiscard]] io::Monotonic now() const { return node_.world().clock.now(); }
    // The answer; without one what became of it.
    io::Task<Errc> commit(GroupIdentity who, int32_t partition);
    io::Task<void> read();
    // One attempt; without an answer the code of what became of it.
    template <class Response, class Request>
    io::Task<Result<client::Reply<Response>>> ask(Request request) {
        const io::Monotonic deadline = now() + client_.options().request_timeout;
        co_return co_await client_.call_any<Response>(std::move(request), deadline);
    }

    sim::Node& node_;
    Options options_;
    KnownTopic topic_;
    GroupLedger* ledger_;
    io::Random random_;
    Complaint complain_;
    client::Client client_;
    GroupIdentity me_;
    std::vector<int32_t> mine_;
    bool assigned_ = false;
    bool wild_ = true;
    bool gone_ = false;
    bool closing_ = false;
    io::Gate gate_;
};

}  // namespace cambium::history
