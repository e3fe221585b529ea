// Scenario `groups`: one server whose lives end at any step, and groups of members that join, share
// a topic, commit, fall silent, die, lie and come back.
#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.hpp"
#include "claims.hpp"
#include "client/admin.hpp"
#include "consumer_member.hpp"
#include "group_ledger.hpp"
#include "group_member.hpp"
#include "history.hpp"
#include "report.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"
#include "wire/messages/find_coordinator.hpp"

namespace cambium::history {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint16_t port = 9092;
constexpr int64_t groups_max = 2;
constexpr int64_t members_max = 4;
constexpr int64_t server_lives_max = 4;
constexpr int start_tries_max = 50;
constexpr int coordinator_tries_max = 50;

class GroupHistory {
public:
    GroupHistory(uint64_t seed, bool consumers)
        : simulation_(seed, calm_bits(sim::Config::draw(io::Random(seed)))),
          random_(simulation_.random("group history")),
          ledger_([this](std::string checker, std::string what) {
              violate(std::move(checker), std::move(what));
          }),
          claims_([this](std::string checker,
                         std::string what) { violate(std::move(checker), std::move(what)); },
                  [this] { return simulation_.now(); }),
          consumers_(consumers),
          server_(simulation_.add_node("server")) {
        draw_settings();
    }

    Outcome run() {
        // The first life is calm until the topics are there.
        simulation_.decide_faults([this](std::string_view) {
            return faulty_ ? std::nullopt : std::optional<bool>(false);
        });
        const sim::DiskFaults faults = std::exchange(server_.disk().faults, sim::DiskFaults{});
        if (start() && create_topics()) {
            server_.disk().faults = faults;
            add_members();
            chaos();
            heal();
            if (outcome_.violations.empty()) quiet();
        }
        for (auto& member : members_) sim::wait(simulation_, member->close());
        stop();
        finish(simulation_, outcome_);
        return std::move(outcome_);
    }

private:
    void violate(std::string checker, std::string what) {
        add_violation(simulation_, outcome_, std::move(checker), std::move(what));
    }
    void set(std::string_view name, const std::string& value) {
        const Status status = settings_.set(name, value);
        if (!status.ok()) violate("harness", status.error().text());
    }
    void draw_settings() {
        set("node.id", "1");
        set("log.dirs", "data");
        set("listeners", "PLAINTEXT://server:" + std::to_string(port));
        // What a group is must fit into a segment.
        set("internal.segment.bytes", std::to_string(random_.between(4096, 65536)));
        // Commits are acknowledged when they are on the disk, whatever the other topics have.
        set("log.flush.policy", random_.chance(0.7) ? "ack" : "os");
        set("offsets.topic.num.partitions", std::to_string(random_.between(1, 3)));
        set("group.min.session.timeout.ms", "1");
        set("group.initial.rebalance.delay.ms", std::to_string(random_.between(0, 500)));
        // Cleaned all the time, or never.
        if (random_.chance(0.8))
            set("offsets.topic.dirty.max.bytes", std::to_string(random_.between(200, 5'000)));
        if (!consumers_) return;
        // There a session is the server's to say.
        consumer_session_ms_ = static_cast<int32_t>(random_.between(300, 3'000));
        set("group.consumer.session.timeout.ms", std::to_string(consumer_session_ms_));
        set("group.consumer.assignment.interval.ms", std::to_string(random_.between(0, 500)));
        set("group.consumer.assignors", random_.chance(0.7) ? "uniform,range" : "range,uniform");
    }

    // ---- the server's lives

    bool start() {
        broker_ = std::make_unique<broker::Broker>(server_.world(),
                                                   broker::BrokerOptions{settings_, nullptr, {}});
        const Status started = sim::wait(simulation_, broker_->start());
        if (started.ok()) return true;
        if (server_.alive() && !faulty_)
            violate("6 recovery", "the server did not start: " + started.error().text());
        stop();
        return false;
    }
    void stop() {
        if (!broker_) return;
        (void)sim::wait(simulation_, broker_->close());
        broker_.reset();
        server_.restart();
        ledger_.server_gone();
    }
    void start_again() {
        for (int i = 0; i < start_tries_max && outcome_.violations.empty(); ++i) {
            sim::EventId sudden = sim::EventId::none;
            if (faulty_ && random_.chance(0.2)) {
                sudden = simulation_.after(io::Duration(random_.between(1, 20'000'000)),
                                           [this] { end_life(); });
            }
            const bool up = start();
            simulation_.cancel(sudden);
            if (up) return;
        }
    }
    void end_life() {
        if (!server_.alive()) return;
        if (random_.chance(0.6)) server_.crash();
        else server_.kill();
        ledger_.server_gone();
    }

    // ---- topics and members

    bool create_topics() {
        sim::Node& node = simulation_.add_node("operator");
        client::Client client(node.world(), client_options({"server", port}, random_));
        client::Admin admin(client);
        client::NewTopic wanted;
        wanted.name = "work";
        wanted.partitions = static_cast<int32_t>(random_.between(1, 6));
        const Result<client::CreatedTopic> created =
            sim::wait(simulation_, admin.create_topic(wanted));
        if (!created.ok()) violate("7 metadata", "no topic: " + created.error().text());
        else topic_ = {wanted.name, broker_->image()->topic(wanted.name)->id, wanted.partitions};
        // Whoever asks for a coordinator first has the topic of the offsets made.
        Status found = Errc::request_timed_out;
        for (int i = 0; i < coordinator_tries_max && !found.ok(); ++i)
            found = sim::wait(simulation_, find_coordinator(&client));
        if (!found.ok()) violate("8 groups", "no coordinator: " + found.error().text());
        sim::wait(simulation_, client.close());
        return outcome_.violations.empty();
    }
    static io::Task<Status> find_coordinator(client::Client* client) {
        wire::FindCoordinatorRequest request;
        request.coordinator_keys = {"somebody"};
        const io::Monotonic deadline = client->operation_deadline();
        const auto reply =
            co_await client->call_any<wire::FindCoordinatorResponse>(std::move(request), deadline);
        co_return reply.ok() ? Status() : Status(reply.error());
    }
    void add_members() {
        const int64_t groups = random_.between(1, groups_max);
        for (int64_t group = 0; group < groups; ++group) {
            const int64_t count = random_.between(1, members_max);
            const bool of_names = random_.chance(0.4);
            for (int64_t i = 0; i < count; ++i) add_member(group, i, of_names);
        }
        for (auto& member : members_) member->start();
    }
    void add_member(int64_t group, int64_t number, bool of_names) {
        const std::string name = "member" + std::to_string(group) + std::to_string(number);
        AnyMember::Options options;
        options.group = "group" + std::to_string(group);
        if (of_names && random_.chance(0.7)) options.instance = "i" + std::to_string(number);
        options.session_ms =
            consumers_ ? consumer_session_ms_ : static_cast<int32_t>(random_.between(300, 3'000));
        options.rebalance_ms = static_cast<int32_t>(random_.between(500, 5'000));
        options.pause_max = milliseconds(random_.between(5, options.session_ms / 6));
        sim::Node& node = simulation_.add_node(name);
        nodes_.push_back(&node);
        const AnyMember::Surroundings around{&node, io::Address{"server", port}, topic_, &ledger_,
                                             [this](std::string checker, std::string what) {
                                                 violate(std::move(checker), std::move(what));
                                             }};
        if (consumers_)
            members_.push_back(std::make_unique<ConsumerMember>(around, std::move(options),
                                                                &claims_, random_.split()));
        else
            members_.push_back(
                std::make_unique<GroupMember>(around, std::move(options), random_.split()));
    }

    // ---- what happens

    void chaos() {
        faulty_ = true;
        const int64_t lives = random_.between(1, server_lives_max);
        for (int64_t i = 0; i < lives && outcome_.violations.empty(); ++i) {
            const int64_t scenes = random_.between(1, 6);
            for (int64_t scene = 0; scene < scenes; ++scene) {
                disturb();
                (void)simulation_.run_for(milliseconds(random_.between(1, 2'000)));
            }
            if (random_.chance(0.8)) end_life();
            stop();
            (void)simulation_.run_for(milliseconds(random_.between(0, 500)));
            start_again();
        }
    }
    void disturb() {
        for (sim::Node* node : nodes_) {
            if (random_.chance(0.1)) simulation_.net().reset_between(node->name(), "server");
            if (random_.chance(0.05)) simulation_.net().silence_between(node->name(), "server");
            if (random_.chance(0.05)) simulation_.net().cut(node->name(), "server");
            // It comes back and does not know that its session is over.
            if (random_.chance(0.1)) node->pause(milliseconds(random_.between(1, 5'000)));
        }
        if (random_.chance(0.6)) simulation_.net().heal_all();
    }
    void heal() {
        faulty_ = false;
        simulation_.net().heal_all();
        simulation_.config().network.reset = 0;
        simulation_.config().network.accept_error = 0;
        server_.disk().faults = sim::DiskFaults{};
        server_.disk().mend();
        stop();
        start_again();
    }
    // Nothing fails and nobody lies any more: every group comes to one generation, in which each
    // partition has an owner; what was committed is there.
    void quiet() {
        for (auto& member : members_) member->behave();
        if (!settles()) return;
        if (ledger_.commits() > 0) sometimes("history.committed");
        // Others take over from who dies.
        if (members_.size() > 1 && members_[0]->identity().group == members_[1]->identity().group)
            members_[0]->vanish();
        if (!settles()) return;
        (void)simulation_.run_for(seconds(20));  // everybody reads and commits on
    }
    bool settles() {
        const io::Monotonic limit = simulation_.now() + seconds(600);
        (void)simulation_.run_until([&] { return agreed() || simulation_.now() > limit; });
        if (!agreed()) violate("8 groups", "a group does not settle: " + picture());
        return agreed();
    }
    // Who thinks to have what.
    [[nodiscard]] std::string picture() const {
        std::string out;
        for (const auto& member : members_) {
            const GroupIdentity& who = member->identity();
            out += who.group + " " + who.owner() + " generation " + std::to_string(who.generation) +
                   (member->settled() ? " has" : " lacks");
            for (const int32_t each : member->partitions()) out += " " + std::to_string(each);
            out += "; ";
        }
        return out;
    }
    [[nodiscard]] bool agreed() const {
        std::map<std::string, std::pair<int32_t, std::multiset<int32_t>>> seen;
        for (const auto& member : members_) {
            if (member->gone()) continue;
            if (!member->settled()) return false;
            const GroupIdentity& who = member->identity();
            auto& [generation, shares] =
                seen.try_emplace(who.group, who.generation, std::multiset<int32_t>()).first->second;
            if (generation != who.generation) return false;
            shares.insert(member->partitions().begin(), member->partitions().end());
        }
        return std::ranges::all_of(seen, [this](const auto& group) {
            const auto& shares = group.second.second;
            const std::set<int32_t> different(shares.begin(), shares.end());
            return shares.size() == different.size() &&
                   different.size() == static_cast<size_t>(topic_.partitions);
        });
    }

    sim::Simulation simulation_;
    io::Random random_;
    Outcome outcome_;
    GroupLedger ledger_;
    Claims claims_;
    bool consumers_;  // members speak the consumer protocol (KIP-848)
    int32_t consumer_session_ms_ = 0;
    sim::Node& server_;
    Settings settings_;
    std::unique_ptr<broker::Broker> broker_;
    KnownTopic topic_;
    std::vector<std::unique_ptr<AnyMember>> members_;
    std::vector<sim::Node*> nodes_;
    bool faulty_ = false;
};

}  // namespace

Outcome run_groups(uint64_t seed) {
    GroupHistory history(seed, false);
    return history.run();
}

Outcome run_consumer_groups(uint64_t seed) {
    GroupHistory history(seed, true);
    return history.run();
}

}  // namespace cambium::history
